"""What a person gives as source or target: understood, read, kept.

One box takes everything; what it is, is told by what it looks like: a path, a model specification, Python source, or text that lists keys.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app import definitions, messages, readers
from app.definitions import Spec, TextError
from app.errors import KeygraftError, LimitError
from app.keys import KeyTree, parse_token
from app.services import browse, lent, models, remote, roles, sidebook
from app.services.cards import SideCard
from app.services.house import LOCAL, House, new_id
from app.services.plain import is_text, plain
from app.services.sidebook import Given
from app.sources import is_remote

_MODEL = re.compile(r"(?:timm|transformers|diffusers|torchvision|python):")
_PATH = re.compile(r"(?:/|~/|\.{1,2}/|[A-Za-z]:[\\/])")


def understand(house: House, text: str, *, against: str | None = None, by: str = LOCAL, reading: str = "") -> SideCard:
    """Understand what was typed or pasted.

    against -- the other side: what an error message of `load_state_dict` is read against
    reading -- name under which reading an address can be watched and cancelled
    Raises KeygraftError: what was given cannot be read, and why.
    """
    if len(text) > house.settings.text_bytes:
        raise LimitError("text_too_long", limit=house.settings.text_bytes >> 20)
    text = plain(text)
    line = text.strip()
    if "\n" not in line and line:
        if is_remote(line):
            return remote.from_address(house, line, reading=reading, by=by)
        if _MODEL.match(line):
            return models.from_spec(house, line, by=by)
        path = _as_path(house, line)
        if path is not None:
            return from_path(house, path, against=against, by=by)
    return _from_text(house, text, "", against=against, by=by)


def _as_path(house: House, line: str) -> str | None:
    """The path that a line names; None where it is no path."""
    if len(line) > 4096 or "\0" in line:
        return None
    if _PATH.match(line):
        return line
    for root in house.settings.roots:
        if _exists(root / line):
            return str(root / line)
    looks = Path(line).suffix.lower() in browse.CHECKPOINT_SUFFIXES and " " not in line
    return line if looks and "/" in line else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file can have: too long, or in a folder that may not be looked into
        return False


def from_path(house: House, path: str, *, against: str | None = None, by: str = LOCAL) -> SideCard:
    """Read a file or folder under an allowed root. Raises RefusedError, NotFoundError, KeygraftError."""
    real = browse.allowed(house, path)
    suffix = real.suffix.lower()
    if real.is_file() and suffix == ".py" and len(files := _with_neighbours(house, real)) > 1:
        return models.from_files(house, files, real.name, by=by)
    if real.is_file() and (suffix in _SOURCES or is_text(real.name)):
        return _from_text(house, _text_of(house, real), real.name, against=against, by=by)
    given = Given("path", real.name, path=str(real), stamp=stamp_of(real))
    try:
        found = _read(house, given)
    except KeygraftError as unread:
        if unread.code != "unknown_format" or not real.is_dir():
            raise
        return _project(house, real, unread, by)
    return sidebook.keep_tree(house, given, found, by=by)


def _with_neighbours(house: House, path: Path) -> dict[str, bytes]:
    """A Python file with the local modules that it imports; none where one of them may not be opened, or they are too many."""
    try:
        given = definitions.from_spec(Spec("python", path=str(path)))
        top = path.parents[given.file.count("/")]
        for name in given.files:
            browse.allowed(house, str(top / name))
    except KeygraftError:
        return {}  # the file is read alone
    return given.files


def _project(house: House, folder: Path, unread: KeygraftError, by: str) -> SideCard:
    """The Python project in a folder that is no checkpoint; where there is none, why it cannot be read."""
    try:
        files = definitions.from_spec(Spec("python", path=str(folder))).files
        return models.from_files(house, files, folder.name, by=by)
    except KeygraftError as error:
        raise (unread if error.code in {"no_model", "upload_without_code"} else error) from error


_SOURCES = frozenset({".py", ".ipynb"})


def _decoded(name: str, data: bytes) -> str:
    """Source, the code of a notebook, or other text. Raises UploadError for a notebook that is none."""
    match Path(name).suffix.lower():
        case ".py":
            return definitions.source_text(data)
        case ".ipynb":
            return definitions.notebook_source(data)
        case _:
            return definitions.plain_text(data)


def _text_of(house: House, path: Path) -> str:
    if path.stat().st_size > house.settings.text_bytes:
        raise LimitError("text_too_long", limit=house.settings.text_bytes >> 20)
    return _decoded(path.name, path.read_bytes())


def stamp_of(path: Path) -> tuple[int, int]:
    """Size and modification time: by these a file that changed is noticed."""
    about = path.stat()
    return about.st_size, about.st_mtime_ns


def _read(house: House, given: Given) -> KeyTree:
    browse.check_links(house, Path(given.path))
    nesting = None if given.nesting is None else tuple(map(parse_token, given.nesting))
    return readers.read_limited(given.path, nesting=nesting, limits=sidebook.limits(house))


def _from_text(house: House, text: str, label: str, *, against: str | None, by: str) -> SideCard:
    if Path(label).suffix.lower() in _SOURCES:
        return models.from_source(house, text, label, by=by)
    other = _other(house, against, by) if against else None
    try:
        found = definitions.from_text(text, source=other)
    except TextError as error:
        if error.code == "text_is_config":
            return models.from_config(house, text, label, by=by)
        if error.code != "text_is_code":
            raise
        return models.from_source(house, text, label, by=by)
    given = Given("text", label or _name_of(text, found), text=text, against=against or "")
    return sidebook.keep_tree(house, given, found, by=by)


def _other(house: House, side: str, by: str) -> KeyTree:
    """The tree of the side that a text is read against; only of one that the person may see. Raises NotFoundError."""
    with house.database.read() as tx:
        roles.check_side(tx, by, side)
    return tree(house, side)


_LOADED = re.compile(r"loading state_dict for (\w{1,60}):")


def _name_of(text: str, tree: KeyTree) -> str:
    """What a pasted text is called: the model that its error message names, else how much it holds."""
    model = _LOADED.search(text[:2000])
    return model[1] if model else messages.text("side-pasted", count=len(tree.tensors))


def upload(house: House, name: str, data: bytes, *, against: str | None = None, by: str = LOCAL) -> SideCard:
    """Take a whole small file: Python source, text, or a checkpoint, which is kept in the data folder. Raises KeygraftError."""
    if len(data) > house.settings.upload_bytes:
        raise LimitError("upload_too_large", file=name[:200], limit=house.settings.upload_bytes >> 20)
    label = plain(Path(name.replace("\\", "/")).name, 200) or "upload"
    suffix = Path(label).suffix.lower()
    if suffix in _SOURCES or is_text(label):
        return _from_text(house, _decoded(label, data), label, against=against, by=by)
    path = house.folder("uploads", new_id()) / ("checkpoint" + (suffix if suffix.isascii() and len(suffix) < 16 else ""))
    path.write_bytes(data)
    given = Given("upload", label, path=str(path), stamp=stamp_of(path))
    try:
        return _taken(house, given, by)
    except KeygraftError:
        path.unlink()
        path.parent.rmdir()
        raise


def _taken(house: House, given: Given, by: str) -> SideCard:
    """A checkpoint, or where a zip is none, the Python project in it."""
    try:
        found = _read(house, given)
    except KeygraftError as unread:
        if not given.path.endswith(".zip"):
            raise
        try:
            return models.from_archive(house, Path(given.path), given.label, by=by)
        except KeygraftError as error:
            raise (unread if error.code in {"no_model", "upload_without_code"} else error) from error
    return sidebook.keep_tree(house, given, found, by=by)


def build(house: House, side: str, candidate: str, arguments: str = "", *, edits: str = "", module: str = "", python: str = "") -> SideCard:
    """Build the model: the class or factory that was chosen, with arguments written as Python expressions. Raises KeygraftError."""
    return models.build(house, side, models.Choice(candidate, arguments, edits, module, python))


def nest(house: House, side: str, nesting: Sequence[str], *, by: str = LOCAL) -> SideCard:
    """Read another tree of the same file; a new side, for the old one may be in use. Raises KeygraftError."""
    with house.database.read() as tx:
        given = sidebook.given_of(sidebook.row_of(tx, side))
    changed = _with_nesting(given, tuple(nesting))
    if given.kind == "lent":
        return lent.read_again(house, side, changed, by=by)
    if given.remote:
        return remote.read_again(house, side, changed, by=by)
    if given.kind not in {"path", "upload"}:
        raise KeygraftError("nesting_not_there", nesting=".".join(nesting))
    return sidebook.keep_tree(house, changed, _read(house, changed), by=by)


def _with_nesting(given: Given, nesting: tuple[str, ...]) -> Given:
    return msgspec.structs.replace(given, nesting=nesting)


def named(house: House, side: str, *, by: str = LOCAL) -> SideCard:
    """What was understood of a side that a person names by its id; only of one that they may see. Raises NotFoundError."""
    with house.database.read() as tx:
        roles.check_side(tx, by, side)
        return sidebook.card_of(sidebook.row_of(tx, side))


def card(house: House, side: str) -> SideCard:
    """What was understood of a side. Raises NotFoundError."""
    with house.database.read() as tx:
        return sidebook.card_of(sidebook.row_of(tx, side))


def tree(house: House, side: str) -> KeyTree:
    """The key tree of a side. Raises NotFoundError, ConflictError where it is not complete."""
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    if row.tree is None:
        raise KeygraftError("side_not_ready", label=row.label)
    return sidebook.tree_of(house, row.tree)
