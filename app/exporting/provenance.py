"""Where a remapped file comes from, as entries of its metadata: the same inputs give the same text, no clock, no names of people."""

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from app.exporting.writing import CHUNK, HasDescriptor
from app.keys import FileInfo, KeyTree
from app.mapping import Plan, freeze, plan_to_json
from app.sources import FileSet

_PACKAGES = ("keygraft", "numpy", "torch")
"""What made the bytes: ours, and what computes."""


def provenance(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, files: Mapping[str, FileSet] | None = None) -> dict[str, str]:
    """Return `keygraft.sources`, `keygraft.plan` and `keygraft.versions`.

    files -- source name -> its files: those of this machine are hashed whole (`sha256`); of lent and remote ones, and where `files` is
             None, the hash of the header that was read stands there (`header`)
    The plan's hash is that of its frozen JSON, as `keygraft export plan` writes it.
    """
    listed = {name: [_described(file, (files or {}).get(name)) for file in tree.files] for name, tree in sources.items()}
    return {
        "keygraft.sources": _json(listed),
        "keygraft.plan": "sha256:" + hashlib.sha256(plan_to_json(freeze(plan, sources, target))).hexdigest(),
        "keygraft.versions": _json({name: found for name in _PACKAGES if (found := _version(name))}),
    }


def _described(file: FileInfo, files: FileSet | None) -> dict[str, str | int]:
    opened: object = files.open(file.name) if files is not None and file.name in files.names() else None
    known: dict[str, str | int] = {"file": file.name, "size": file.size}
    if not isinstance(opened, HasDescriptor):
        return known | {"header": file.header_hash}
    return known | {"sha256": _sha256(opened.fileno())}


def _sha256(descriptor: int) -> str:
    """Hash a whole file."""
    digest, at = hashlib.sha256(), 0
    while data := os.pread(descriptor, CHUNK, at):
        digest.update(data)
        at += len(data)
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
