"""The gate itself: one ASGI layer around everything."""

from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import KeygraftError, LimitError
from app.gate.doorkeeper import Doorkeeper
from app.gate.entry import PATH, Entry, EntryError, StrangerError
from app.gate.origins import check_host, check_site
from app.services.visitors import NOBODY
from app.settings import Settings

OPEN_PATHS = frozenset({"/livez", "/readyz"})
"""Asked by machines that know neither our name nor the token."""

DOORS = ("/static/", "/sign-in", "/welcome/", "/share/")
"""Where one may stand without being let in: they show nothing of the house."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

Respond = Callable[[Request, KeygraftError], Response]
Unexpected = Callable[[Exception], KeygraftError]


class Gate:
    """Checks name, site, token and size of a request; adds the headers that bind a browser."""

    def __init__(
        self, app: ASGIApp, settings: Settings, entry: Entry, keeper: Doorkeeper, respond: Respond, unexpected: Unexpected
    ) -> None:
        self._app = app
        self._keeper = keeper
        self._settings = settings
        self._entry = entry
        self._respond = respond
        self._unexpected = unexpected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = self._settle(scope)
        scope.setdefault("state", {}).update(visitor=NOBODY, team=False, rights=frozenset())
        guarded = _guarded(send)
        try:
            answer = await self._check(scope, path)
        except KeygraftError as error:
            answer = self._respond(Request(scope, receive), error)
        if answer is not None:
            await answer(scope, receive, guarded)
            return
        await self._pass_on(scope, _limited(receive, self._settings.upload_bytes), guarded)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The last edge: what nobody expected is answered calmly, while an answer can still be given."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            answer = self._respond(Request(scope, receive), self._unexpected(error))
            if begun:
                raise
            await answer(scope, receive, send)

    def _settle(self, scope: MutableMapping[str, Any]) -> str:
        """Bring both kinds of proxy to one form: those that keep the base path, and those that cut it off."""
        base, path = self._settings.base_path, scope["path"]
        if base and path != base and not path.startswith(base + "/"):
            scope["path"] = base + path
        elif base:
            path = path[len(base) :] or "/"
        scope["root_path"] = base
        return str(path)

    async def _check(self, scope: Scope, path: str) -> Response | None:
        if path in OPEN_PATHS:
            return None
        headers = Headers(scope=scope)
        check_host(self._settings, headers.get("host", ""))
        check_site(self._settings, scope["method"], headers)
        team = await self._keeper.team()
        if path == PATH:
            return self._enter(scope, team=team)
        visitor = await self._keeper.who(headers, team=team)
        scope["state"].update(visitor=visitor, team=team)
        if not visitor.known and not visitor.shared and not path.startswith(DOORS):
            raise StrangerError("sign_in_needed") if team else EntryError("link_needed")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._settings.upload_bytes:
            raise LimitError("request_too_large", limit=self._settings.upload_bytes >> 20)
        return None

    def _enter(self, scope: Scope, *, team: bool) -> Response:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if team and not self._entry.given:
            raise StrangerError("sign_in_needed")
        if not self._entry.matches(query.get("token", [""])[0]):
            raise EntryError("link_outdated")
        after = query.get("next", ["/"])[0]
        landing = after if after.startswith("/") and not after.startswith(("//", "/\\")) else "/"
        answer = RedirectResponse(self._settings.base_path + landing, 303)
        answer.headers["Set-Cookie"] = self._entry.set_cookie()
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return guarded


def _limited(receive: Receive, limit: int) -> Receive:
    """Stop a body that is longer than it may be, also where its length was not announced."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise LimitError("request_too_large", limit=limit >> 20)
        return message

    return limited
