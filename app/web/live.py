"""The live stream of a transfer: who looks at it hears of every change within a second."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from app.services import transfers
from app.services.live import Event
from app.web.asking import House

router = APIRouter()
BEAT = 15.0
"""Seconds after which a comment is sent, so that proxies keep the line open."""


@router.get("/t/{transfer}/events")
async def events(house: House, transfer: str) -> Response:
    """Stream changes as server-sent events."""
    transfers.get(house, transfer)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(house, transfer), media_type="text/event-stream", headers=headers)


async def _stream(house: Any, transfer: str) -> AsyncIterator[bytes]:
    async with house.hub.subscribe(transfer) as heard:
        yield b"retry: 1500\n\n"
        while not house.hub.closed:
            event = await heard.next(BEAT)
            if event is None:
                if house.hub.closed:
                    return
                yield b": still here\n\n"
            else:
                yield _written(event)


def _written(event: Event) -> bytes:
    data = msgspec.json.encode({"version": event.version, "client": event.client})
    return b"event: " + event.kind.encode() + b"\ndata: " + data + b"\n\n"
