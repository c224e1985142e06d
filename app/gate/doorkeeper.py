"""Who is at the door: the one person of single-user mode by the link, people by session or token, strangers by share links."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from app.gate import cookies
from app.gate.entry import Entry
from app.services.house import House
from app.services.recognising import Brought, recognise
from app.services.visitors import NOBODY, Visitor
from app.settings import Settings


class Doorkeeper:
    """Knows people by what their requests bring. Where there are accounts, a link that was made at start opens nothing."""

    def __init__(self, settings: Settings, entry: Entry, house: House, local: Visitor) -> None:
        self._settings = settings
        self._entry = entry
        self._house = house
        self._local = local

    async def team(self) -> bool:
        """Whether people have accounts; asks the database in a thread, and seldom."""
        known = self._house.mode.remembered()
        return await run_in_threadpool(self._house.mode.team, self._house.database) if known is None else known

    async def who(self, headers: Headers, *, team: bool) -> Visitor:
        """Who sent a request with these headers; NOBODY where that is not known."""
        cookie, authorization = headers.get("cookie", ""), headers.get("authorization", "")
        if (self._entry.given or not team) and self._entry.admits(cookie, authorization):
            return self._local
        brought = self._brought(cookie, authorization)
        if not (brought.session or brought.token or brought.links):
            return NOBODY
        return await run_in_threadpool(recognise, self._house, brought) or NOBODY

    def _brought(self, cookie: str, authorization: str) -> Brought:
        scheme, _, word = authorization.partition(" ")
        token = word.strip() if scheme.lower() == "bearer" else ""
        links = cookies.links(cookies.read(cookie, cookies.links_name(self._settings)))
        return Brought(cookies.read(cookie, cookies.session_name(self._settings)), token, links)
