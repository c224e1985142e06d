"""Live: whoever looks at a transfer hears of every change within a second. One connection of a browser carries what all its tabs show."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from app.gate import still_heard, tabs_of
from app.services import presence
from app.services.live import HOUSE, own
from app.services.plain import plain
from app.services.present import Present, Screen, Tab
from app.web import telling
from app.web.asking import Body, House, Visitor, parse
from app.web.rendering import data as answer
from app.web.telling import May, Told

router = APIRouter()
BEAT = 15.0
"""Seconds after which a comment is sent, so that proxies keep the line open."""
ASKED_AGAIN = 2.0
"""Seconds after which it is asked again what the listener may hear: not for each of many events, and at each beat. Where somebody's rights
changed it is asked at once; this is for what ends by itself, and for what another program did to the database."""
GRACE = 1.5
"""Seconds that a browser has to begin another connection before its tabs count as gone."""
COME_AGAIN = b"retry: 100\n\n"
"""Who is no longer let in by what they brought may bring something else by now: another session, after a new password. If not, they learn why."""

Ask = Callable[[], Awaitable[May | None]]


@router.get("/events")
async def events(request: Request, house: House, visitor: Visitor, at: str = "") -> Response:
    """Stream what happens to the transfers that tabs show (`?tab=transfer.client`, several times); with the stream the tabs go too.

    at -- places up to which everything was heard. After a lost connection the browser names the last one by itself.
    """
    places = ",".join((request.headers.get("last-event-id", ""), at))

    async def ask() -> May | None:
        return await still_heard(request)

    stream = _stream(house, tabs_of(request), places, request.state.heard, ask, person=visitor.person)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def _topics(tabs: tuple[Tab, ...], person: str) -> frozenset[str]:
    """Where events stand that a visitor's tabs hear."""
    return frozenset({HOUSE, *(tab.transfer for tab in tabs), *([own(person)] if person else [])})


async def _stream(house: Any, tabs: tuple[Tab, ...], places: str, may: May, ask: Ask, *, person: str) -> AsyncIterator[bytes]:
    """Every event, for as long as its listener may hear it."""
    topics, asked = _topics(tabs, person), time.monotonic()
    number = house.hub.number(places)
    house.presence.carry(tabs)
    try:
        async with house.hub.listen(topics) as listener:
            yield b"retry: 1500\n\n"
            for each in (*telling.gone({tab.transfer for tab in tabs} - may.keys()), *telling.rights(may)):
                yield _written(each)
            while not house.hub.closed:
                happened = house.hub.since(topics, number)
                if happened.turned or time.monotonic() - asked > ASKED_AGAIN:
                    now, asked = await ask(), time.monotonic()
                    if now is None:
                        yield COME_AGAIN
                        return
                    for each in telling.turned(may, now):
                        yield _written(each)
                    may = now
                    if not may:
                        return
                for each in await run_in_threadpool(telling.news, house, may, happened, person):
                    yield _written(each)
                number = happened.at
                if not await listener.wait(BEAT):
                    yield b": still here\n\n"
    finally:
        _let_go(house, tabs, person)


def _written(told: Told) -> bytes:
    number = b"id: " + told.at.encode() + b"\n" if told.at else b""
    return number + b"data: " + msgspec.json.encode(told) + b"\n\n"


def _let_go(house: Any, tabs: tuple[Tab, ...], person: str) -> None:
    """The connection stands for its tabs no more; those that no other takes over in time are gone."""
    house.presence.let_go(tabs)
    loop = asyncio.get_running_loop()
    wait = 0 if house.hub.closed else GRACE
    loop.call_later(wait, loop.run_in_executor, None, presence.leave, house, tabs, person)


class News(msgspec.Struct, frozen=True):
    """What happened since a place, for browsers whose tabs cannot share a connection."""

    told: tuple[Told, ...]
    at: str


@router.get("/happened")
def happened(request: Request, house: House, visitor: Visitor, at: str = "") -> Response:
    """Tell at once what happened to the transfers that tabs show."""
    may: May = request.state.heard
    tabs = tabs_of(request)
    happened = house.hub.since(_topics(tabs, visitor.person), house.hub.number(at))
    lost = {tab.transfer for tab in tabs} - may.keys()
    told = (*telling.rights(may), *telling.news(house, may, happened, visitor.person), *telling.gone(lost))
    return answer(News(told, house.hub.spelled(happened.at)))


class HereAsk(msgspec.Struct, frozen=True):
    """A tab says that it is here, and what it has selected."""

    client: str
    screen: Screen
    side: str = ""
    nodes: tuple[int, ...] = ()
    folded: bool = True


@router.post("/t/{transfer}/here")
def here(house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Note that a tab is here; answer who else is."""
    asked = parse(body, HereAsk)
    me = Present(plain(asked.client, 64), visitor.person, visitor.name, asked.screen, asked.side[:1], asked.nodes, asked.folded)
    return answer([present for present in presence.come(house, transfer, me) if present.client != me.client])


class GoneAsk(msgspec.Struct, frozen=True):
    """A tab says that it goes; where a connection stands for it, that one's end counts."""

    client: str


@router.post("/t/{transfer}/gone")
def gone(house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Note that a tab is gone."""
    presence.leave(house, (Tab(transfer, plain(parse(body, GoneAsk).client, 64)),), visitor.person)
    return answer(None)
