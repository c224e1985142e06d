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
    from app.definitions import Definition, Preview
    from app.sandbox import Sandbox

_NAMED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<side>.+)\Z", re.DOTALL)
_VARIABLE = "env:"
_MODEL = re.compile(r"(?:timm|transformers|diffusers|torchvision|python):")
_TEXTS = frozenset({".txt", ".csv", ".tsv", ".log", ".json", ".md"})


class Side(NamedTuple):
    """A side: its tree, and the files that hold its bytes (None: nothing does).

    text -- how it may be shown: of an address without what may be secret in it
    definition -- how the model is built, where it was
    """

    text: str
    tree: KeyTree
    files: FileSet | None = None
    definition: "Definition | None" = None

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
    text, chosen = parted(text)
    nesting = nesting if chosen is None else chosen
    if is_remote(text):
        return _remote(text, nesting)
    if _MODEL.match(text):
        return _built(text, text, python)
    if text == "-":
        return _text(text, sys.stdin.read(), source, python)
    if text.lstrip().startswith("{") or "\n" in text:
        return _text(text, text, source, python)
    return _file(text, source, python, nesting)


def parted(text: str) -> tuple[str, tuple[str, ...] | None]:
    """Part `FILE#ema` into the side and the tree inside it; what is there by its whole name is no such thing."""
    side, mark, path = text.rpartition("#")
    if not mark or "\n" in text or _MODEL.match(text) or text.lstrip().startswith("{") or Path(text).expanduser().exists():
        return text, None
    return side, nested(path)


def nested(path: str) -> tuple[str, ...]:
    """Tokens of a tree's path: parted by slashes where there are any (`model/state.dict`), else by dots; `/` is the whole file."""
    return tuple(token for token in path.split("/" if "/" in path else ".") if token)


def inside(given: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Write `--nesting PATH`, or NAME=PATH, behind the sources that are meant. Raises KeygraftError where there is no such source."""
    paths = dict(map(_name_and_rest, chosen))
    named = [("" if Path(text).exists() else _name_and_rest(text)[0], text) for text in given]
    unknown = next((name for name in paths if name not in dict(named)), None)
    if unknown is not None:
        raise KeygraftError("nesting_without_source", name=unknown or "-")
    return [f"{text}#{paths[name]}" if name in paths else text for name, text in named]


def _name_and_rest(text: str) -> tuple[str, str]:
    match = _NAMED.match(text)
    return (match["name"], match["side"]) if match else ("", text)


def _file(text: str, source: KeyTree | None, python: Path | None, nesting: tuple[str, ...] | None) -> Side:
    path = Path(text).expanduser()
    if not path.exists():
        raise NotFoundError("file_not_found", file=text[:200])
    if path.suffix.lower() in {".py", ".ipynb"}:
        return _built(text, f"python:{text}", python)
    if path.is_file() and path.suffix.lower() in _TEXTS and not path.name.endswith(".index.json"):
        from app.definitions.decoding import plain_text

        return _text(text, plain_text(path.read_bytes()), source, python)
    files = LocalFiles(path)
    try:
        return Side(text, _limited(files, nesting), files)
    except KeygraftError as unread:
        if unread.code != "unknown_format" or not _holds_code(path):
            raise
    return _built(text, f"python:{text}", python)


def _holds_code(path: Path) -> bool:
    """Whether a folder or zip that is no checkpoint may be a Python project."""
    return next(path.rglob("*.py"), None) is not None if path.is_dir() else path.suffix.lower() == ".zip"


def _limited(files: FileSet, nesting: tuple[str, ...] | None) -> KeyTree:
    """Read in the limited child: a hostile file ends there, within the settings' seconds and bytes."""
    from app import settings
    from app.readers import read_limited
    from app.services import reading

    tokens = None if nesting is None else tuple(map(parse_token, nesting))
    return read_limited(files, nesting=tokens, limits=reading.limits(settings.load()))


def _remote(text: str, nesting: tuple[str, ...] | None) -> Side:
    from app import settings
    from app.services import remote
    from app.sources.remote import in_rounds

    files = remote.opened(settings.load(), text, alone=True)
    tree = in_rounds(files, lambda found: _limited(found, nesting))
    return Side(files.label, msgspec.structs.replace(tree, bytes_read=files.received), files)


def _text(name: str, text: str, source: KeyTree | None, python: Path | None) -> Side:
    from app.definitions.text import from_text

    try:
        return Side(name, from_text(text, source=source))
    except KeygraftError as error:
        if error.code not in {"text_is_config", "text_is_code"}:
            raise
        is_config = error.code == "text_is_config"
    from app import definitions

    return _in_sandbox(name, definitions.from_config(text) if is_config else definitions.from_code(text), python)


def _built(name: str, spec: str, python: Path | None) -> Side:
    from app import definitions

    return _in_sandbox(name, definitions.from_spec(definitions.parse_spec(spec)), python)


def _in_sandbox(name: str, definition: "Definition", python: Path | None) -> Side:
    """Build a model in the environment that was named, or in that of the settings. Raises KeygraftError."""
    from app import definitions, messages
    from app.cli.output import note

    chosen = definitions.resolved(definition)
    if chosen.call != definition.call:
        note(messages.text("cli-configured", call=f"{chosen.name}{chosen.call}"[:400]))
    with sandbox(python) as walls:
        return Side(name, definitions.build(definition, sandbox=walls), definition=definition)


def told(text: str) -> "Preview":
    """What the source of a model tells of its keys; nothing runs. Raises KeygraftError where SIDE is no code."""
    from app import definitions

    path = Path(text).expanduser()
    if not text.startswith("python:") and not (path.exists() and (path.suffix.lower() in {".py", ".ipynb"} or _holds_code(path))):
        raise KeygraftError("preview_needs_code", label=text[:200])
    return definitions.preview(definitions.from_spec(definitions.parse_spec(text if text.startswith("python:") else f"python:{text}")))


def sandbox(python: Path | None) -> "Sandbox":
    """The sandbox of an environment, not yet started; to be closed."""
    from app.sandbox import Limits, Sandbox
    from app.settings import load

    settings = load()
    chosen = python or settings.python
    if chosen is not None and chosen.is_dir():
        chosen = chosen / "bin" / "python"  # the folder of a virtual environment
    limits = msgspec.structs.replace(Limits(), seconds=settings.build_seconds, memory=settings.build_memory)
    return Sandbox(python=chosen.absolute() if chosen else None, limits=limits)
