"""What requests carry: the house, a JSON body as a typed value."""

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request

from app.errors import KeygraftError

Asked = TypeVar("Asked")


class RequestError(KeygraftError):
    """A request that is none of the page's own."""

    status = 422


async def _body(request: Request) -> bytes:
    return await request.body()


def _house(request: Request) -> Any:
    return request.app.state.house


Body = Annotated[bytes, Depends(_body)]
"""The raw body, read before the handler's thread starts."""

House = Annotated[Any, Depends(_house)]
"""What every service needs."""


def parse(body: bytes, kind: type[Asked]) -> Asked:
    """Read a JSON body. Raises RequestError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as problem:
        raise RequestError("request_unreadable", detail=str(problem)) from problem
