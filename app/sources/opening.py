"""From an address to its files."""

from collections.abc import Callable, Mapping

import msgspec

from app.sources.addresses import Address, HubAddress, S3Address, WebAddress, base_name, parse_address, parse_web
from app.sources.credentials import Credentials
from app.sources.errors import AddressError, RemoteError, RemoteLimitError
from app.sources.guard import Resolver, resolve
from app.sources.hub import Bearer, hub_files
from app.sources.local import MAX_FILES
from app.sources.policy import RemotePolicy
from app.sources.remote import FIRST, RemoteFiles
from app.sources.s3 import s3_files
from app.sources.web import WebClient
from app.sources.webfile import WebFile

MAX_INDEX = 64 << 20
INDEX_SUFFIX = ".index.json"


class _Index(msgspec.Struct, frozen=True):
    weight_map: dict[str, str]


def open_remote(
    url: str,
    policy: RemotePolicy | None = None,
    credentials: Credentials | None = None,
    *,
    resolver: Resolver = resolve,
    begun: Callable[[WebClient], None] | None = None,
) -> RemoteFiles:
    """Return the files of an https://, s3:// or hf:// address; an index stands for itself and its shards. Raises KeygraftError.

    Without a policy only the open internet is reached, by https; without credentials nothing is shown to anybody.
    begun -- is handed the client before the first request, so that opening, too, can be watched and cancelled
    """
    address = parse_address(url)
    client = WebClient(policy or RemotePolicy(), resolver)
    try:
        if begun is not None:
            begun(client)
        files = RemoteFiles(address.label, _files(client, address, credentials or Credentials()), client)
        if isinstance(address, WebAddress):
            files.leave_missing(files.names()[1:])
    except BaseException:
        client.close()
        raise
    return files


def _files(client: WebClient, address: Address, credentials: Credentials) -> Mapping[str, WebFile]:
    if isinstance(address, S3Address):
        return s3_files(client, address, credentials.s3)
    if isinstance(address, HubAddress):
        return hub_files(client, address, credentials)
    return _web_files(client, address, credentials)


def _web_files(client: WebClient, address: WebAddress, credentials: Credentials) -> dict[str, WebFile]:
    if not address.name:
        raise AddressError("url_is_folder", url=address.label)
    bearer = Bearer({parse_web(f"https://{host}/").origin: token for host, token in credentials.bearer.items()})
    own = WebFile(client, address, bearer)
    if not address.name.endswith(INDEX_SUFFIX):
        return {address.name: own}
    names = _shards(own)
    return {address.name: own} | {name: WebFile(client, address.beside(name), bearer) for name in names}


def _shards(index: WebFile) -> list[str]:
    """Return the base names of an index's shards: whatever else it says, they lie beside it."""
    data = index.start(FIRST)
    size = index.size or 0
    if size > MAX_INDEX:
        raise RemoteLimitError("remote_index_too_large", url=index.address.label, limit=MAX_INDEX)
    data += index.read(len(data), size - len(data))
    try:
        listed = msgspec.json.decode(data, type=_Index).weight_map.values()
    except (msgspec.DecodeError, UnicodeError):
        raise RemoteError("remote_index_invalid", url=index.address.label) from None
    index.keep(data)
    names = [name for path in dict.fromkeys(listed) if (name := base_name(path)) not in {"", ".", "..", index.address.name}]
    if len(names) > MAX_FILES:
        raise RemoteLimitError("folder_too_large", folder=index.address.name, limit=MAX_FILES)
    return names
