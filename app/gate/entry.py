"""The link that lets a browser in.

Single user: a token is made when the process starts and printed as a link; who opens the link gets a cookie. Programs send the token as
`Authorization: Bearer`. With KEYGRAFT_TOKEN the token is the one that was set.
"""

import hashlib
import hmac
import json
import os
import secrets
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import ClassVar

from app.errors import KeygraftError
from app.settings import Settings

PATH = "/enter"
_RECORD = "running.json"
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- a link needs an address that can be opened


class EntryError(KeygraftError):
    """Not let in: the link was not opened, or its token is not the one of this process."""

    status: ClassVar[int] = 401


class StrangerError(KeygraftError):
    """Not let in: people have accounts here, and this is nobody that is known."""

    status: ClassVar[int] = 401


class Entry:
    """The token of this process, and what follows from it.

    given -- the token was set by whoever runs the server: then it stays a way in when people have accounts. One that was made at start does not.
    """

    def __init__(self, settings: Settings) -> None:
        self.given = bool(settings.token.get_secret_value())
        self._token = settings.token.get_secret_value() or secrets.token_urlsafe(24)
        self._settings = settings

    @property
    def cookie_name(self) -> str:
        """One for each port: cookies know no ports, and two servers on one machine must not overwrite each other's."""
        return f"keygraft-{self._settings.port}"

    @property
    def cookie_value(self) -> str:
        """Follows from the token, but does not tell it."""
        return hmac.new(self._token.encode(), b"keygraft cookie", hashlib.sha256).hexdigest()

    def matches(self, token: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token.encode())

    def admits(self, cookie: str, authorization: str) -> bool:
        """Whether a request with these headers may come in."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and self.matches(token.strip()):
            return True
        try:
            found = SimpleCookie(cookie).get(self.cookie_name)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self.cookie_value.encode())

    def set_cookie(self) -> str:
        """The header that gives the cookie."""
        path = self._settings.base_path or "/"
        secure = "; Secure" if self._settings.secure_cookie else ""
        return f"{self.cookie_name}={self.cookie_value}; Path={path}; HttpOnly; SameSite=Lax{secure}"

    def home(self, port: int, after: str = "") -> str:
        """The address of the page, or of a path in it."""
        host = _WILDCARDS.get(self._settings.host, self._settings.host)
        return (self._settings.public_url.rstrip("/") or f"http://{host}:{port}{self._settings.base_path}") + (after or "/")

    def link(self, port: int, after: str = "") -> str:
        """The link; `after` is the page to land on."""
        host = _WILDCARDS.get(self._settings.host, self._settings.host)
        landing = f"&next={after}" if after else ""
        return f"http://{host}:{port}{self._settings.base_path}{PATH}?token={self._token}{landing}"

    def record(self, port: int, link: str = "") -> Path:
        """Write down where this process can be reached, for `keygraft link`; readable by its owner only."""
        path = self._settings.data / _RECORD
        content = json.dumps({"pid": os.getpid(), "link": link or self.link(port)})
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        return path


def running_link(data: Path) -> str | None:
    """The link of the process that runs on this data folder; None where none does."""
    try:
        found = json.loads((data / _RECORD).read_text("utf-8"))
        os.kill(int(found["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(found["link"])
