"""Lent files: the page says what it has, we say which ranges we want, it sends just these."""

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services import attaching, lent
from app.services.attaching import Back
from app.services.cards import LentFile, SideCard
from app.sources.rounds import inflate, unpack
from app.web.asking import Body, House, Visitor, parse
from app.web.rendering import data, sentence

router = APIRouter()


class Lending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names and sizes of files that stay in the browser."""

    files: tuple[LentFile, ...]
    folder: str = ""


class Returning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files that are given again after a reload; `again`: the side that was read of them anew."""

    files: tuple[Back, ...]
    again: str = ""


@router.post("/lent")
def lend(house: House, visitor: Visitor, body: Body) -> Response:
    """Take note of files; answer with the first ranges that are wanted."""
    asked = parse(body, Lending)
    return data(_card(lent.lend(house, asked.files, folder=asked.folder, by=visitor.person)))


@router.post("/lent/{side}")
def feed(request: Request, house: House, visitor: Visitor, side: str, body: Body) -> Response:
    """Take one round of ranges, as `app.sources.rounds` has it; `X-Encoding: gzip` says that it is packed."""
    sent = len(body)
    if request.headers.get("X-Encoding") == "gzip":
        body = inflate(body)
    return data(_card(lent.feed(house, side, unpack(body), sent=sent, by=visitor.person)))


@router.get("/lent/{side}")
def record(house: House, side: str) -> Response:
    """Say by what the files of a side are known again, and what is still wanted of them."""
    return data({**msgspec.to_builtins(attaching.record(house, side)), "card": _card(lent.card(house, side))})


@router.post("/lent/{side}/attach")
def attach(house: House, visitor: Visitor, side: str, body: Body) -> Response:
    """Judge files that are given again."""
    given = parse(body, Returning)
    found = attaching.attach(house, side, given.files, again=given.again, by=visitor.person)
    return data({"verdict": found.verdict, "files": found.files, "said": sentence(found.said)})


def _card(card: SideCard) -> dict[str, object]:
    wanted = card.wanted if card.state == "wanted" else None
    return {
        "id": card.id,
        "state": card.state,
        "sent": card.sent,
        "round": wanted.round if wanted else 0,
        "wanted": [(part.file, part.offset, part.length) for part in wanted.ranges] if wanted else [],
    }
