"""Errors as JSON: code, message, hint and parameters."""

import json
from typing import Any, ClassVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import messages
from app.errors import KeygraftError


class UnexpectedError(KeygraftError):
    """A defect of ours."""

    status: ClassVar[int] = 500


class RequestError(KeygraftError):
    """A request that is not what the API asks for."""

    status: ClassVar[int] = 422


class NoRouteError(KeygraftError):
    """Nothing at this address."""

    status: ClassVar[int] = 404


class Failure(BaseModel):
    """What every failed request answers with."""

    code: str
    message: str
    hint: str
    params: dict[str, str | int | float]
    log: str = ""
    traceback: str = ""


def failure(error: KeygraftError) -> Response:
    """Answer an error."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    told = {name: text for name in ("log", "traceback") if (text := getattr(error, name, ""))}  # of code that was built: cut and escaped
    content = json.dumps({**messages.describe(error), **told})  # escapes what a key may hold and no encoding has
    return Response(content, error.status, headers=headers, media_type="application/json")


def refused(error: RequestValidationError) -> KeygraftError:
    """Say which part of a request is wrong, without repeating it."""
    first: dict[str, Any] = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return RequestError("request_invalid", where=where[:200], why=str(first["msg"])[:200])


def of_status(request: Request, error: HTTPException) -> KeygraftError:
    """Turn the framework's own refusals into ours."""
    if error.status_code == 404:
        return NoRouteError("no_such_page", path=request.url.path[:200])
    if error.status_code == 405:
        return MethodError("method_not_allowed", method=request.method)
    return RequestError("request_invalid", where="body", why=str(error.detail)[:200])


class MethodError(KeygraftError):
    """Another verb is wanted."""

    status: ClassVar[int] = 405
