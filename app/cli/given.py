"""SIDE on the command line: a checkpoint, a model, a list of keys."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from app.errors import KeygraftError, NotFoundError
from app.keys import KeyTree, parse_token
from app.sources import FileSet, LocalFiles, is_remote

if TYPE_CHECKING:
    from app.definitions import Definition

_NAMED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<side>.+)\Z", re.DOTALL)
_VARIABLE = "env:"
_MODEL = re.compile(r"(?:timm|transformers|diffusers|torchvision|python):")
_TEXTS = frozenset({".txt", ".csv", ".log", ".json", ".md"})


class Side(NamedTuple):
    """A side: its tree, and the files that hold its bytes (None: nothing does).

    text -- how it may be shown: of an address without what may be secret in it
    """

    text: str
    tree: KeyTree
    files: FileSet | None = None

    @property
    def held(self) -> FileSet:
        """Its bytes. Raises KeygraftError where there are none."""
        if self.files is None:
            raise KeygraftError("export_not_held", label=self.text[:200])
        return self.files


def sources(given: Sequence[str], *, python: Path | None = None, nestings: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Side]:
    """Read `--source`, once as SIDE or repeated as NAME=SIDE. Raises KeygraftError.

    nestings -- source name -> which tree of its file is meant, tokens as spelt; else the reader chooses
    """
    found: dict[str, Side] = {}
    for text in given:
        match = None if Path(text).exists() else _NAMED.match(text)
        name, side = (match["name"], match["side"]) if match else ("", text)
        if name in found:
            raise KeygraftError("source_named_twice", name=name or text[:80])
        found[name] = read(side, python=python, nesting=(nestings or {}).get(name))
    return found


def read(text: str, *, source: KeyTree | None = None, python: Path | None = None, nesting: tuple[str, ...] | None = None) -> Side:
    """Read a SIDE.

    source -- what an error message of `load_state_dict` is read against
    python -- interpreter of another environment to build a model in
    nesting -- which tree of a file is meant, tokens as spelt
    Raises KeygraftError.
    """
    if text.startswith(_VARIABLE):
        text = os.environ.get(text[len(_VARIABLE) :], "") or text
    if is_remote(text):
        return _remote(text, nesting)
    if _MODEL.match(text):
        return Side(text, _built(text, python))
    if text == "-":
        return Side(text, _text(sys.stdin.read(), source, python))
    if text.lstrip().startswith("{") or "\n" in text:
        return Side(text, _text(text, source, python))
    return _file(text, source, python, nesting)


def _file(text: str, source: KeyTree | None, python: Path | None, nesting: tuple[str, ...] | None) -> Side:
    path = Path(text).expanduser()
    if not path.exists():
        raise NotFoundError("file_not_found", file=text[:200])
    if path.suffix == ".py":
        return Side(text, _built(f"python:{text}", python))
    if path.is_file() and path.suffix.lower() in _TEXTS and not path.name.endswith(".index.json"):
        return Side(text, _text(path.read_text("utf-8", errors="replace"), source, python))
    files = LocalFiles(path)
    try:
        return Side(text, _limited(files, nesting), files)
    except KeygraftError:
        if not _holds_code(path):
            raise
    return Side(text, _built(f"python:{text}", python))


def _holds_code(path: Path) -> bool:
    """Whether a folder or zip that is no checkpoint may be a Python project."""
    return next(path.rglob("*.py"), None) is not None if path.is_dir() else path.suffix.lower() == ".zip"


def _limited(files: FileSet, nesting: tuple[str, ...] | None) -> KeyTree:
    """Read in the limited child: a hostile file ends there, within the settings' seconds and bytes."""
    from app import settings
    from app.readers import Limits, read_limited

    found = settings.load()
    tokens = None if nesting is None else tuple(map(parse_token, nesting))
    return read_limited(files, nesting=tokens, limits=Limits(seconds=found.read_seconds, memory_bytes=found.read_memory))


def _remote(text: str, nesting: tuple[str, ...] | None) -> Side:
    from app import settings
    from app.services import remote
    from app.sources.remote import in_rounds

    files = remote.opened(settings.load(host="127.0.0.1", allowed_hosts=()), text)
    tree = in_rounds(files, lambda found: _limited(found, nesting))
    return Side(files.label, msgspec.structs.replace(tree, bytes_read=files.received), files)


def _text(text: str, source: KeyTree | None, python: Path | None) -> KeyTree:
    from app.definitions.text import from_text

    try:
        return from_text(text, source=source)
    except KeygraftError as error:
        if error.code not in {"text_is_config", "text_is_code"}:
            raise
        is_config = error.code == "text_is_config"
    from app import definitions

    return _in_sandbox(definitions.from_config(text) if is_config else definitions.from_code(text), python)


def _built(spec: str, python: Path | None) -> KeyTree:
    from app import definitions

    return _in_sandbox(definitions.from_spec(definitions.parse_spec(spec)), python)


def _in_sandbox(definition: "Definition", python: Path | None) -> KeyTree:
    """Build a model in the environment that was named, or in that of the settings. Raises KeygraftError."""
    from app import definitions
    from app.sandbox import Limits, Sandbox
    from app.settings import load

    settings = load()
    chosen = python or settings.python
    if chosen is not None and chosen.is_dir():
        chosen = chosen / "bin" / "python"  # the folder of a virtual environment
    limits = msgspec.structs.replace(Limits(), seconds=settings.build_seconds, memory=settings.build_memory)
    with Sandbox(python=chosen.absolute() if chosen else None, limits=limits) as sandbox:
        return definitions.build(definition, sandbox=sandbox)
