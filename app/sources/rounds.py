"""How ranges of lent files travel: one body a round, gzipped where that helps.

A body is four bytes, big endian, the length of a JSON list of [file, offset, length]; that list; the bytes of all ranges, one after another.
"""

import gzip
import zlib
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from app.errors import KeygraftError, LimitError

INFLATED = 512 << 20
"""Bytes that one round may inflate to."""
_LEAST = 2048
"""Bytes from which on packing is worth it."""

Part = tuple[str, int, bytes]
"""File, offset, bytes."""


class RoundError(KeygraftError):
    """A body that is no round."""

    status: ClassVar[int] = 422


class _Sent(msgspec.Struct, frozen=True, array_like=True):
    file: str
    offset: int
    length: int


_listed = msgspec.json.Decoder(list[_Sent])


def pack(parts: Sequence[Part]) -> tuple[bytes, bool]:
    """Return a round's body, and whether it is gzipped."""
    head = msgspec.json.encode([(name, offset, len(data)) for name, offset, data in parts])
    whole = b"".join((len(head).to_bytes(4, "big"), head, *(data for _, _, data in parts)))
    return (whole, False) if len(whole) < _LEAST else (gzip.compress(whole, 6), True)


def unpack(body: bytes) -> list[Part]:
    """Split a body into its parts. Raises RoundError."""
    size = int.from_bytes(body[:4], "big")
    try:
        listed = _listed.decode(body[4 : 4 + size])
    except msgspec.DecodeError as problem:
        raise RoundError("request_unreadable", detail=str(problem)) from problem
    at = 4 + size
    parts = []
    for part in listed:
        if part.length < 0 or part.offset < 0 or at + part.length > len(body):
            raise RoundError("request_unreadable", detail="lent ranges")
        parts.append((part.file, part.offset, body[at : at + part.length]))
        at += part.length
    return parts


def inflate(body: bytes, most: int = INFLATED) -> bytes:
    """Unpack a gzipped body. Raises RoundError, LimitError where it grows beyond `most` bytes."""
    machine = zlib.decompressobj(wbits=31)
    try:
        inflated = machine.decompress(body, most)
    except zlib.error as problem:
        raise RoundError("request_unreadable", detail="gzip") from problem
    if machine.unconsumed_tail:
        raise LimitError("lent_too_much", limit=most >> 20)
    return inflated
