"""Lends a checkpoint of this machine to a server: names and sizes first, then just the ranges that it asks for."""

import json
import os
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from app.errors import KeygraftError
from app.sources import FileSet
from app.sources.rounds import pack

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

    def lend(self, files: FileSet, folder: str = "") -> dict[str, Any]:
        """Hand over what the server's reader asks for, of a `folder` or of one file; the card of the side that it made. Raises ServerError."""
        opened = {name: files.open(name) for name in files.names()}
        announced = [{"name": name, "size": file.size} for name, file in opened.items()]
        card: dict[str, Any] = self.ask("/lent", {"files": announced, "folder": folder})
        while card["state"] == "wanted":
            ranges = [(each["file"], each["offset"], each["length"]) for each in card["wanted"]["ranges"]]
            body, packed = pack([(name, offset, opened[name].read_at(offset, length)) for name, offset, length in ranges])
            headers = {"Content-Type": "application/octet-stream"} | ({"Content-Encoding": "gzip"} if packed else {})
            card = self._send(f"/sides/{card['id']}/rounds", body, headers)
        return card

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request and return its answer. Raises ServerError."""
        return self._send(path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **headers}
        request = urllib.request.Request(f"{self._base}/api/v1{path}", data, headers)  # noqa: S310 -- http or https, see above
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, ValueError) as error:
            raise ServerError("server_unreachable", address=self._base, why=str(getattr(error, "reason", error))[:200]) from error


def _refusal(error: urllib.error.HTTPError) -> KeygraftError:
    """The server's own words; who was not let in is told how."""
    try:
        said = json.load(error)
        code = "server_stranger" if error.status == HTTPStatus.UNAUTHORIZED else "server_refused"
        return ServerError(code, why=str(said["message"]), hint=str(said["hint"]))
    except (ValueError, KeyError, TypeError):
        return ServerError("server_refused", why=str(error.status), hint="")
