"""What requests carry: the house, who asks, a JSON body as a typed value."""

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from app.errors import KeygraftError
from app.services.visitors import Visitor as TheVisitor

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


Body = Annotated[bytes, Depends(_body)]
"""The raw body, read before the handler's thread starts."""

House = Annotated[Any, Depends(_house)]
"""What every service needs."""

Visitor = Annotated[TheVisitor, Depends(_visitor)]
"""Who asks; `visitor.person` is the `by` of every service that writes."""


def parse(body: bytes, kind: type[Asked]) -> Asked:
    """Read a JSON body. Raises RequestError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as problem:
        raise RequestError("request_unreadable", detail=str(problem)) from problem
