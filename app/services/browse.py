"""The file picker: folders and checkpoint files under the allowed roots, for people who work over SSH."""

import os
from datetime import UTC, datetime
from pathlib import Path

from app.errors import NotFoundError, RefusedError
from app.services.cards import Entry, Listing
from app.services.house import House
from app.services.plain import plain
from app.sources import LocalFiles

MOST = 2000
"""Entries of one folder that are shown."""

CHECKPOINT_SUFFIXES = frozenset(
    [
        ".bin",
        ".ckpt",
        ".distcp",
        ".gguf",
        ".h5",
        ".hdf5",
        ".index",
        ".keras",
        ".msgpack",
        ".npz",
        ".onnx",
        ".params",
        ".pdparams",
        ".pkl",
        ".pickle",
        ".pt",
        ".pt2",
        ".pth",
        ".safetensors",
        ".tar",
        ".weights",
        ".zip",
    ]
)
MODEL_SUFFIXES = frozenset({".py", ".ipynb", ".json", ".txt", ".csv", ".tsv"})


def roots(house: House) -> Listing:
    """List the allowed roots."""
    return Listing("", None, tuple(Entry(root.name or str(root), str(root), folder=True) for root in _roots(house)))


def folder(house: House, path: str) -> Listing:
    """List a folder: folders first, then files that may be checkpoints or models. Raises NotFoundError, RefusedError."""
    here = allowed(house, path)
    if not here.is_dir():
        raise NotFoundError("folder_not_found", path=here.name)
    entries = []
    try:
        with os.scandir(here) as found:
            entries = [entry for one in found if (entry := _entry(here, one)) is not None]
    except PermissionError as error:
        raise RefusedError("folder_unreadable", path=here.name) from error
    entries.sort(key=lambda entry: (not entry.folder, entry.name.casefold()))
    parent = "" if here in _roots(house) else str(here.parent)
    return Listing(str(here), parent, tuple(entries[:MOST]), shortened=len(entries) > MOST)


def allowed(house: House, path: str) -> Path:
    """Resolve a path that must lie under a root, links followed. Raises RefusedError, NotFoundError."""
    if "\0" in path:
        raise NotFoundError("file_not_found", file="?")
    try:
        real = Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise NotFoundError("file_not_found", file=plain(path, 200)) from error
    if not any(real == root or root in real.parents for root in _roots(house)):
        raise RefusedError("path_outside_roots", path=path)
    if not real.exists():
        raise NotFoundError("file_not_found", file=real.name)
    return real


def check_links(house: House, path: Path) -> None:
    """Look whether a link in a folder, or beside an index, leads outside of the roots. Raises RefusedError, NotFoundError."""
    files = LocalFiles(path)
    paths = map(files.path_of, files.names())
    for each in filter(os.path.islink, paths):
        allowed(house, each)


def _roots(house: House) -> list[Path]:
    return [root.resolve() for root in house.settings.roots if root.is_dir()]


def _entry(here: Path, found: "os.DirEntry[str]") -> Entry | None:
    suffix = Path(found.name).suffix.lower()
    try:
        if found.name.startswith("."):
            return None
        if found.is_dir():
            return Entry(found.name, str(here / found.name), folder=True)
        if not found.is_file() or suffix not in CHECKPOINT_SUFFIXES | MODEL_SUFFIXES:
            return None
        about = found.stat()
    except OSError:
        return None
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    return Entry(
        found.name, str(here / found.name), folder=False, size=about.st_size, modified=modified, checkpoint=suffix in CHECKPOINT_SUFFIXES
    )
