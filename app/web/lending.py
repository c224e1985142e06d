"""Lent files: the page says what it has, we say which ranges we want, it sends just these."""

import zlib

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.errors import LimitError
from app.services import lent
from app.services.cards import LentFile, SideCard
from app.web.asking import Body, House, RequestError, parse
from app.web.rendering import data

router = APIRouter()
INFLATED = 512 << 20
"""Bytes that one round may inflate to."""


class Lending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names and sizes of files that stay in the browser."""

    files: tuple[LentFile, ...]


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """Header of one range in a round's body."""

    file: str
    offset: int
    length: int


@router.post("/lent")
def lend(house: House, body: Body) -> Response:
    """Take note of files; answer with the first ranges that are wanted."""
    return data(_card(lent.lend(house, parse(body, Lending).files)))


@router.post("/lent/{side}")
def feed(request: Request, house: House, side: str, body: Body) -> Response:
    """Take one round of ranges.

    Body: four bytes, big endian, the length of a JSON list of [file, offset, length]; that list; the bytes of all ranges one after the other.
    The body may be gzipped (`X-Encoding: gzip`).
    """
    if request.headers.get("X-Encoding") == "gzip":
        body = _inflate(body)
    return data(_card(lent.feed(house, side, unpack(body))))


def unpack(body: bytes) -> list[tuple[str, int, bytes]]:
    """Split a round's body into (file, offset, bytes). Raises RequestError."""
    size = int.from_bytes(body[:4], "big")
    listed = parse(body[4 : 4 + size], list[Sent])
    at = 4 + size
    parts = []
    for part in listed:
        if part.length < 0 or part.offset < 0 or at + part.length > len(body):
            raise RequestError("request_unreadable", detail="lent ranges")
        parts.append((part.file, part.offset, body[at : at + part.length]))
        at += part.length
    return parts


def _inflate(body: bytes) -> bytes:
    machine = zlib.decompressobj(wbits=31)
    try:
        inflated = machine.decompress(body, INFLATED)
    except zlib.error as problem:
        raise RequestError("request_unreadable", detail="gzip") from problem
    if machine.unconsumed_tail:
        raise LimitError("lent_too_much", limit=INFLATED)
    return inflated


def _card(card: SideCard) -> dict[str, object]:
    wanted = card.wanted if card.state == "wanted" else None
    return {
        "id": card.id,
        "state": card.state,
        "sent": card.sent,
        "round": wanted.round if wanted else 0,
        "wanted": [(part.file, part.offset, part.length) for part in wanted.ranges] if wanted else [],
    }
