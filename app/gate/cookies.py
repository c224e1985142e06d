"""The cookies that let somebody in: of a session, of share links. One name for each port: cookies know no ports."""

from http.cookies import CookieError, SimpleCookie

from app.settings import Settings

LINKS = 8
"""Share links that one browser holds at once; older ones are opened again from where they were sent."""


def session_name(settings: Settings) -> str:
    """Name of the session's cookie."""
    return f"keygraft-session-{settings.port}"


def links_name(settings: Settings) -> str:
    """Name of the cookie of share links."""
    return f"keygraft-share-{settings.port}"


def once_name(settings: Settings) -> str:
    """Name of the cookie that carries what is told once over to the page that tells it."""
    return f"keygraft-once-{settings.port}"


def read(header: str, name: str) -> str:
    """The value of a cookie; empty where there is none."""
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def links(value: str) -> tuple[str, ...]:
    """The words in the cookie of share links."""
    return tuple(word for word in value.split(".") if word)[:LINKS]


def with_link(value: str, word: str) -> str:
    """The cookie with one more link, the newest first."""
    return ".".join((word, *(each for each in links(value) if each != word))[:LINKS])


def written(settings: Settings, name: str, value: str, seconds: int, below: str = "") -> str:
    """The header that sets a cookie, for all pages or those below a path; with no value it is taken away."""
    path = settings.base_path + below or "/"
    secure = "; Secure" if settings.secure_cookie else ""
    return f"{name}={value}; Path={path}; Max-Age={seconds if value else 0}; HttpOnly; SameSite=Lax{secure}"
