"""Layout of safetensors files: header first, then the tensors without gaps.

Source of the format: https://github.com/huggingface/safetensors#format
"""

import json
from collections.abc import Mapping, Sequence

from app.exporting.content import Entry, ExportError
from app.exporting.piece import Literal, OutputFile, Piece, Range
from app.exporting.ranges import LARGE, PAGE, joined
from app.keys import itemsize

_DTYPES = frozenset(
    [
        "BOOL",
        "F4",
        "F6_E2M3",
        "F6_E3M2",
        "U8",
        "I8",
        "F8_E5M2",
        "F8_E4M3",
        "F8_E8M0",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
        "I16",
        "U16",
        "F16",
        "BF16",
        "I32",
        "U32",
        "F32",
        "C64",
        "F64",
        "I64",
        "U64",
    ]
)
_RESERVED = "__metadata__"
MAX_HEADER = 100_000_000
"""Readers refuse longer headers."""


def safetensors_file(name: str, entries: Sequence[Entry], metadata: Mapping[str, str]) -> OutputFile:
    """Lay out one file.

    Wider element types come first, so that every tensor starts at a multiple of its element; within a type the target's order
    stands. ExportError `key_not_writable` for a key that is no Unicode text, `dtype_not_writable` for a type the format lacks,
    `header_too_large`.
    """
    order = sorted(entries, key=lambda entry: -(itemsize(entry.dtype) or 0))
    header: dict[str, object] = {_RESERVED: {"format": "pt", **metadata}}
    offset = 0
    for entry in order:
        _check(entry)
        header[entry.key] = {"dtype": entry.dtype, "shape": list(entry.shape), "data_offsets": [offset, offset + entry.nbytes]}
        offset += entry.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    text += b" " * _page_padding(order, 8 + len(text))
    if len(text) > MAX_HEADER:
        raise ExportError("header_too_large", size=len(text), limit=MAX_HEADER)
    pieces: list[Piece] = [Literal(len(text).to_bytes(8, "little") + text)]
    for entry in order:
        pieces.extend(entry.pieces)
    return OutputFile(name, joined(pieces), tuple(entry.key for entry in order))


def _page_padding(entries: Sequence[Entry], start: int) -> int:
    """Count the spaces after which the first large range lies as it does in its file: the kernel then copies whole pages."""
    at = start
    for entry in entries:
        for piece in entry.pieces:
            if isinstance(piece, Range) and piece.length >= LARGE:
                padding = (piece.offset - at) % PAGE
                return 0 if padding % 8 else padding
            at += piece.length
    return 0


def _check(entry: Entry) -> None:
    if entry.dtype not in _DTYPES:
        raise ExportError("dtype_not_writable", key=entry.key, dtype=entry.dtype)
    try:
        entry.key.encode()
    except UnicodeEncodeError:
        raise ExportError("key_not_writable", key=ascii(entry.key)) from None
    if entry.key == _RESERVED:
        raise ExportError("key_not_writable", key=entry.key)
