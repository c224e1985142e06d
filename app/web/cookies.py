"""Setting and reading the cookies that let somebody in."""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.gate import cookies
from app.settings import Settings
from app.web.rendering import base_of

_DAY = 24 * 3600
_ONCE = 60
"""Seconds that a page has to tell what is told once."""
_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
LINK_DAYS = 366
"""The cookie of share links lasts; each link in it ends when it says so."""


def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


def session_word(request: Request) -> str:
    """The word of the session that the browser brings; empty where it brings none."""
    return request.cookies.get(cookies.session_name(_settings(request)), "")


def signed_in(request: Request, word: str, after: str = "/") -> Response:
    """Lead on, with the cookie of a new session."""
    settings = _settings(request)
    answer = led_on(request, after)
    answer.headers.append("Set-Cookie", cookies.written(settings, cookies.session_name(settings), word, settings.session_days * _DAY))
    return answer


def signed_out(request: Request) -> Response:
    """Lead to the door, without a session."""
    settings = _settings(request)
    answer = led_on(request, "/sign-in")
    answer.headers.append("Set-Cookie", cookies.written(settings, cookies.session_name(settings), "", 0))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def with_link(request: Request, word: str, after: str) -> Response:
    """Lead on, with one more share link in the browser."""
    settings = _settings(request)
    name = cookies.links_name(settings)
    value = cookies.with_link(request.cookies.get(name, ""), word)
    answer = led_on(request, after)
    answer.headers.append("Set-Cookie", cookies.written(settings, name, value, LINK_DAYS * _DAY))
    return answer


def tell_once(request: Request, word: str, path: str) -> Response:
    """Lead to a page of ours that tells a word once: whoever loads it anew does nothing a second time, and does not see the word again."""
    settings = _settings(request)
    answer = led_on(request, path)
    answer.headers.append("Set-Cookie", cookies.written(settings, cookies.once_name(settings), word, _ONCE, path))
    return answer


def told_once(request: Request) -> str:
    """The word that the page is to tell; empty where there is none."""
    word = request.cookies.get(cookies.once_name(_settings(request)), "")
    return word if _WORD.fullmatch(word) else ""


def forget_told(request: Request, answer: Response, path: str) -> Response:
    """The same answer; what it told is not told again."""
    settings = _settings(request)
    name = cookies.once_name(settings)
    if name in request.cookies:
        answer.headers.append("Set-Cookie", cookies.written(settings, name, "", 0, path))
    return answer


def led_on(request: Request, after: str) -> Response:
    """Lead to a path of ours; to the start page where it is none."""
    ours = after.startswith("/") and not after.startswith(("//", "/\\")) and after.isprintable()
    return RedirectResponse(base_of(request) + (after if ours else "/"), 303, headers={"Cache-Control": "no-store"})


def address(request: Request) -> str:
    """Where a request came from."""
    return request.client.host if request.client else ""


def agent(request: Request) -> str:
    """The browser, as it calls itself."""
    return request.headers.get("user-agent", "")
