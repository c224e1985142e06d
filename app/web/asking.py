"""What requests carry: the house, who asks, a JSON body as a typed value."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from app import stopping
from app.errors import KeygraftError
from app.services.visitors import Visitor as TheVisitor
from app.stopping import Stop

Asked = TypeVar("Asked")


class RequestError(KeygraftError):
    """A request that is none of the page's own."""

    status = 422


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:  # a tab that was closed while it said so
        raise RequestError("request_broken_off") from error


def _house(request: Request) -> Any:
    return request.app.state.house


async def _visitor(request: Request) -> TheVisitor:
    found: TheVisitor = request.state.visitor
    return found


async def _waited_for(request: Request, _body: Annotated[bytes, Depends(_body)]) -> AsyncIterator[None]:
    """While it is answered: who goes away, or gives it up, need not be answered, and the thread is free for others."""
    stop = Stop()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        stop.ask()

    watching = asyncio.create_task(watch())
    try:
        with stopping.by(stop):
            yield
    finally:
        watching.cancel()


Body = Annotated[bytes, Depends(_body)]
"""The raw body, read before the handler's thread starts."""

House = Annotated[Any, Depends(_house)]
"""What every service needs."""

WAITED_FOR = [Depends(_waited_for)]
"""Dependencies of what is looked at only: given up where nobody waits any more."""

Visitor = Annotated[TheVisitor, Depends(_visitor)]
"""Who asks; `visitor.person` is the `by` of every service that writes."""


def parse(body: bytes, kind: type[Asked]) -> Asked:
    """Read a JSON body. Raises RequestError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as problem:
        raise RequestError("request_unreadable", detail=str(problem)) from problem
