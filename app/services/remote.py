"""Checkpoints elsewhere: https, s3 and hf addresses, read by ranges.

What may be secret in an address (a signature in its query) stays in this process's memory; kept, shown and exported is only its label.
"""

import os
import re
from collections.abc import Callable
from threading import Event

import msgspec

from app import readers
from app.errors import ConflictError, RefusedError
from app.keys import KeyTree, parse_token
from app.services import keyring, sidebook
from app.services.cards import SideCard
from app.services.house import LOCAL, House
from app.services.sidebook import Given
from app.settings import Settings
from app.sources import FileSet, RangeStore, RemotePolicy
from app.sources.addresses import HubAddress, S3Address, WebAddress, parse_address
from app.sources.credentials import Credentials, Secret, from_environment
from app.sources.opening import open_remote
from app.sources.remote import RemoteFiles, in_rounds
from app.sources.web import WebClient

_READING = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


class Reading:
    """One reading while it lasts: how much came, and a way to end it from another thread."""

    def __init__(self) -> None:
        self._client: WebClient | None = None
        self._ended = Event()

    @property
    def received(self) -> int:
        """Bytes that came so far."""
        return self._client.received if self._client else 0

    def begun(self, client: WebClient) -> None:
        """Take note of what fetches."""
        self._client = client
        if self._ended.is_set():
            client.cancel()

    def cancel(self) -> None:
        """End it: `remote_cancelled`, whether it waits or reads."""
        self._ended.set()
        if self._client is not None:
            self._client.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether somebody ended it."""
        return self._ended.is_set()


def policy(settings: Settings) -> RemotePolicy:
    """Whom addresses may reach, and what they may cost."""
    return RemotePolicy(
        allow_private=settings.remote_private,
        allow_http=settings.remote_http,
        max_bytes=settings.remote_bytes,
        proxy=settings.remote_proxy,
        ca_file=settings.remote_ca_file,
    )


def opened(settings: Settings, url: str, *, alone: bool, by: str = LOCAL, begun: Callable[[WebClient], None] | None = None) -> RemoteFiles:
    """Open an address under the settings. Raises RefusedError where addresses are switched off, KeygraftError.

    alone -- whoever asks is the one who started it: only then do the credentials of its environment serve
    by    -- whose kept credentials may be shown to its host
    """
    if not settings.remote:
        raise RefusedError("remote_switched_off")
    base = from_environment(os.environ) if alone else Credentials()
    return open_remote(url, policy(settings), keyring.credentials(settings, by, base), begun=begun)


def from_address(house: House, line: str, *, reading: str = "", by: str = LOCAL) -> SideCard:
    """Read what lies at an address.

    reading -- name that the asker gave to this reading, by which `cancel` ends it
    Raises KeygraftError.
    """
    address = parse_address(line)
    signed = isinstance(address, WebAddress) and bool(address.query)
    given = Given("remote", _short(address), remote=address.label, address="" if signed else address.label)
    return _keep(house, given, Secret(line) if signed else None, RangeStore(), reading, by)


def read_again(house: House, side: str, given: Given, *, by: str = LOCAL) -> SideCard:
    """Read another tree at the same address. Raises KeygraftError."""
    return _keep(house, given, house.addresses.get(side), sidebook.spooled(house, side), "", by)


def _keep(house: House, given: Given, secret: Secret | None, store: RangeStore, reading: str, by: str) -> SideCard:
    tree = _read(house, given, _whole(given, secret), store, _named(reading, by), by)
    card = sidebook.keep_tree(house, given, tree, by=by)
    sidebook.spool(house, card.id, store)
    if secret is not None:
        house.addresses.put(card.id, secret)
    return card


def _whole(given: Given, secret: Secret | None) -> str:
    """The address as it was typed. Raises ConflictError where its secret part is no longer known."""
    if given.address:
        return given.address
    if secret is None:
        raise ConflictError("remote_forgotten", url=given.remote)
    return secret.reveal()


def _read(house: House, given: Given, url: str, store: RangeStore, name: str, by: str) -> KeyTree:
    going = Reading()
    if name:
        house.readings.put(name, going)
    try:
        with opened(house.settings, url, alone=house.alone, by=by, begun=going.begun) as files:
            return tree_of(files, store, sidebook.limits(house), given.nesting, cancelled=lambda: going.cancelled)
    finally:
        house.readings.forget(lambda key: key == name)


def tree_of(
    files: RemoteFiles,
    store: RangeStore,
    limits: readers.Limits,
    nesting: tuple[str, ...] | None = None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> KeyTree:
    """Read a tree in the limited child; waiting for the network is not counted. Raises KeygraftError."""
    tokens = None if nesting is None else tuple(map(parse_token, nesting))

    def act(lent: FileSet) -> KeyTree:
        return readers.read_limited(lent, nesting=tokens, limits=limits, cancelled=cancelled)

    return msgspec.structs.replace(in_rounds(files, act, store), bytes_read=store.brought)


def _named(reading: str, by: str) -> str:
    """A reading is its person's; empty where the asker gave none, or no good name."""
    return f"{by}:{reading}" if _READING.match(reading) else ""


def progress(house: House, reading: str, *, by: str = LOCAL) -> int | None:
    """Bytes that a person's reading brought so far; None where it has ended."""
    found = house.readings.get(_named(reading, by))
    return None if found is None else found.received


def cancel(house: House, reading: str, *, by: str = LOCAL) -> None:
    """End a person's reading that is under way; nothing happens where it has ended."""
    found = house.readings.get(_named(reading, by))
    if found is not None:
        found.cancel()


def address_of(house: House, side: str, given: Given) -> str:
    """The whole address of a side, for reading it again. Raises ConflictError where its secret part is no longer known."""
    return _whole(given, house.addresses.get(side))


def unchanged(house: House, files: RemoteFiles, given: Given, tree: KeyTree) -> None:
    """Check that what lies there is still what was read. Raises ConflictError."""
    now = tree_of(files, RangeStore(), sidebook.limits(house), given.nesting)
    if msgspec.structs.replace(now, bytes_read=0) != msgspec.structs.replace(tree, bytes_read=0):
        raise ConflictError("source_changed", file=given.label)


def _short(address: WebAddress | S3Address | HubAddress) -> str:
    """What a card is headed with: the file, or the repository or bucket where all of it was meant."""
    if isinstance(address, WebAddress):
        return (address.name or address.host)[:200]
    path = address.key if isinstance(address, S3Address) else address.path
    whole = address.bucket if isinstance(address, S3Address) else address.repo
    return (path.rstrip("/").rpartition("/")[2] or whole)[:200]
