"""Options as a form or an address gives them: text by name, read into what the exporters take."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from app.errors import KeygraftError
from app.exporting import FileOptions, ScriptOptions

_SIZE = re.compile(r"(?P<count>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[KMGT]?)(?P<binary>i?)B?\Z", re.IGNORECASE)
_YES = frozenset({"1", "true", "on", "yes"})
_POWERS = " KMGT"
OptionsT = TypeVar("OptionsT", ScriptOptions, FileOptions)


def read(form: type[OptionsT], given: Mapping[str, str]) -> OptionsT:
    """Read options; empty ones keep their default. Raises KeygraftError that names the one that cannot be."""
    filled = {name: _told(name, value) for name, value in given.items() if value and name in form.__struct_fields__}
    for name, value in filled.items():
        try:
            msgspec.convert({name: value}, form, strict=False)
        except msgspec.ValidationError as error:
            raise KeygraftError("export_option", name=name[:40], value=given[name][:40]) from error
    return msgspec.convert(filled, form, strict=False)


def _told(name: str, value: str) -> object:
    if name == "max_shard_size":
        return size_of(value)
    return _by_pattern(value) if name == "dtypes" else value


def _by_pattern(text: str) -> dict[str, str]:
    """Types of `norm.*=F32; head.*=keep`. Raises KeygraftError that names the piece which says no type."""
    pieces = [piece.strip() for piece in re.split(r"[;\n]", text) if piece.strip()]
    halves = [(pattern.strip(), dtype.strip()) for pattern, _, dtype in (piece.rpartition("=") for piece in pieces)]
    for piece, (pattern, dtype) in zip(pieces, halves, strict=True):
        if not pattern or not dtype:
            raise KeygraftError("dtypes_unreadable", text=piece[:40])
    return dict(halves)


def size_of(text: str) -> int:
    """Bytes of a size as people write it: `5GB` in thousands, `5GiB` in 1,024s. Raises KeygraftError."""
    match = _SIZE.match(text.strip())
    if match is None:
        raise KeygraftError("size_unreadable", text=text[:40])
    power = _POWERS.index(match["unit"].upper() or " ")
    return int(float(match["count"]) * (1024 if match["binary"] else 1000) ** power)


def file_options(container: str, given: Mapping[str, str]) -> FileOptions:
    """Options of a remapped file in this format. Raises KeygraftError."""
    return msgspec.structs.replace(read(FileOptions, given), container=container)


def is_inverse(given: Mapping[str, str]) -> bool:
    """Whether the way back is asked for."""
    return given.get("inverse", "").lower() in _YES


def is_approved(given: Mapping[str, str]) -> bool:
    """Whether what is taken out is to carry its approval."""
    return given.get("approval", "").lower() in _YES


def is_signed(given: Mapping[str, str]) -> bool:
    """Whether a file is to say where it comes from."""
    return given.get("provenance", "").lower() in _YES
