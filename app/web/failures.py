"""Errors as the page shows them: a whole page, a fragment, or JSON for its scripts."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import messages
from app.errors import KeygraftError
from app.gate.entry import StrangerError
from app.web.rendering import Context, base_of, data, page


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
    if isinstance(error, StrangerError) and error.code == "sign_in_needed":
        return _to_the_door(request)
    name = "_failure.html" if request.headers.get("HX-Request") else "error.html"
    return page(request, name, failure, error.status)


def _to_the_door(request: Request) -> Response:
    """Lead to where one signs in, and from there back to the page that was wanted."""
    door = f"{base_of(request)}/sign-in"
    if request.headers.get("HX-Request"):
        return Response(status_code=401, headers={"HX-Redirect": door})
    if request.method == "GET":
        wanted = request.url.path.removeprefix(base_of(request)) + (f"?{request.url.query}" if request.url.query else "")
        door += f"?next={quote(wanted, safe='')}"
    return RedirectResponse(door, 303, headers={"Cache-Control": "no-store"})
