"""Errors as the page shows them: a whole page, a fragment, or JSON for its scripts."""

from starlette.requests import Request
from starlette.responses import Response

from app import messages
from app.errors import KeygraftError
from app.web.rendering import Context, data, page


class Failure(Context, frozen=True):
    """What happened, what to do."""

    status: int
    code: str
    message: str
    hint: str


def respond(request: Request, error: KeygraftError) -> Response:
    """Answer a failed request of the page in the form that it asked for."""
    failure = Failure(error.status, error.code, messages.error_text(error), messages.error_hint(error))
    if request.headers.get("X-Keygraft") == "script":
        return data(messages.describe(error), error.status)
    name = "_failure.html" if request.headers.get("HX-Request") else "error.html"
    return page(request, name, failure, error.status)
