"""Lends a checkpoint of this machine to a server: names and sizes first, then just the ranges that it asks for."""

import base64
import json
import os
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from app.errors import KeygraftError
from app.sources import FileSet

_SECONDS = 120


class ServerError(KeygraftError):
    """The server refused, or cannot be reached."""


class Server:
    """A Keygraft server; `address` as in the link, its token or KEYGRAFT_TOKEN lets us in."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ServerError("server_address", address=address[:200])
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/enter').rstrip('/')}"
        found = [value for name, _, value in (pair.partition("=") for pair in parts.query.split("&")) if name == "token"]
        self._token = found[0] if found else os.environ.get("KEYGRAFT_TOKEN", "")

    def lend(self, files: FileSet) -> dict[str, Any]:
        """Hand over what the server's reader asks for; the card of the side that it made. Raises ServerError."""
        opened = {name: files.open(name) for name in files.names()}
        announced = [{"name": name, "size": file.size} for name, file in opened.items()]
        card: dict[str, Any] = self.ask("/lent", {"files": announced})
        while card["state"] == "wanted":
            ranges = [
                {
                    "file": each["file"],
                    "offset": each["offset"],
                    "data": _text(opened[each["file"]].read_at(each["offset"], each["length"])),
                }
                for each in card["wanted"]["ranges"]
            ]
            card = self.ask(f"/sides/{card['id']}/ranges", {"ranges": ranges})
        return card

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request and return its answer. Raises ServerError."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._base}/api/v1{path}", data, headers)  # noqa: S310 -- http or https, see above
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, ValueError) as error:
            raise ServerError("server_unreachable", address=self._base, why=str(getattr(error, "reason", error))[:200]) from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refusal(error: urllib.error.HTTPError) -> KeygraftError:
    try:
        said = json.load(error)
        return ServerError("server_refused", why=f"{said['message']} {said['hint']}")
    except (ValueError, KeyError, TypeError):
        return ServerError("server_refused", why=str(error.status))
