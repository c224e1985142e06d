"""Repositories of models on a Hugging Face hub: one request lists the files and pins the revision, ranges are read from where the hub redirects to.

Source: Hub API, `GET /api/models/{repo}/revision/{revision}?blobs=true` and `GET /{repo}/resolve/{revision}/{path}`.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from app.sources.addresses import HubAddress, WebAddress, parse_web
from app.sources.credentials import Credentials, Secret
from app.sources.errors import RemoteError, RemoteMissingError
from app.sources.local import MAX_FILES
from app.sources.web import WebClient, check_status
from app.sources.webfile import WebFile

MAX_LISTING = 64 << 20
_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")


class _Sibling(msgspec.Struct, frozen=True):
    rfilename: str
    size: int | None = None


class _Model(msgspec.Struct, frozen=True):
    sha: str
    siblings: list[_Sibling]


class Bearer:
    """Shows a token to the hosts it belongs to, and never to where they redirect."""

    def __init__(self, tokens: Mapping[tuple[str, str, int], Secret]) -> None:
        self._tokens = tokens

    def __call__(self, address: WebAddress, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the header for this address, if there is a token for it."""
        del headers
        token = self._tokens.get(address.origin)
        return {"Authorization": f"Bearer {token.reveal()}"} if token else {}


def hub_files(client: WebClient, address: HubAddress, credentials: Credentials) -> dict[str, WebFile]:
    """Return the files that an hf:// address means: a file, an index with its neighbours, or a folder. Raises KeygraftError."""
    hub = parse_web(credentials.hub_endpoint)
    bearer = Bearer({hub.origin: credentials.hub})
    model = _model(client, hub, bearer, address)
    found = {each.rfilename: each.size for each in model.siblings if not {"", ".", ".."} & set(each.rfilename.split("/"))}
    paths = _chosen(list(found), address.path)
    if not paths:
        raise RemoteMissingError("remote_not_found", url=address.label)
    folder = address.path if address.path not in found else address.path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    stem = f"{hub.path.rstrip('/')}/{address.repo}/resolve/{model.sha}/"
    return {
        path.removeprefix(prefix): WebFile(client, msgspec.structs.replace(hub, path=stem + quote(path, safe="/")), bearer, found[path])
        for path in paths
    }


def _model(client: WebClient, hub: WebAddress, bearer: Bearer, address: HubAddress) -> _Model:
    path = f"{hub.path.rstrip('/')}/api/models/{address.repo}/revision/{quote(address.revision, safe='')}"
    answer = client.get(msgspec.structs.replace(hub, path=path, query="blobs=true"), {}, lambda _: MAX_LISTING, bearer)
    if answer.head.status == 404:
        raise RemoteMissingError("remote_not_found", url=address.label)
    check_status(answer.head)
    try:
        model = msgspec.json.decode(answer.body, type=_Model)
    except (msgspec.DecodeError, UnicodeError):
        raise RemoteError("remote_listing", host=hub.host) from None
    if not _COMMIT.match(model.sha) or len(model.siblings) > MAX_FILES or any((each.size or 0) < 0 for each in model.siblings):
        raise RemoteError("remote_listing", host=hub.host)
    return model


def _chosen(paths: list[str], path: str) -> list[str]:
    """Choose what a path means, the file that was pointed at first."""
    if path in paths:
        if not (path.endswith(".index.json") or path.rpartition("/")[2] == ".metadata"):
            return [path]
        folder = path.rpartition("/")[0]
        return [path, *(each for each in sorted(paths) if each != path and each.rpartition("/")[0] == folder)]
    prefix = f"{path}/" if path else ""
    below = [(each, each.removeprefix(prefix).split("/")) for each in sorted(paths) if each.startswith(prefix)]
    return [each for each, parts in below if len(parts) == 1 or (len(parts) == 2 and not parts[0].startswith("."))]
