"""Checkpoints at https, s3 and hf addresses: only the ranges that a reader asks for are fetched."""

import os
from collections.abc import Sequence

import msgspec

from app import readers
from app.errors import ConflictError, KeygraftError, RefusedError
from app.keys import KeyTree, parse_token
from app.services import sidebook
from app.services.cards import SideCard
from app.services.house import LOCAL, House
from app.services.sidebook import Given
from app.sources import Credentials, FileSet, RangeStore, RemotePolicy, from_environment, parse_address
from app.sources.opening import open_remote
from app.sources.remote import RemoteFiles, in_rounds


def from_address(house: House, text: str, *, by: str = LOCAL) -> SideCard:
    """Read the checkpoint at an address. Raises KeygraftError."""
    store = RangeStore()
    with opened(house, text) as files:
        tree = _read(house, files, None, store)
        label = files.label
    again = text.strip() if _is_whole(label, text) else ""
    given = Given("path", label.rsplit("/", 1)[-1] or label, remote=label, address=again)
    card = sidebook.keep_tree(house, given, msgspec.structs.replace(tree, bytes_read=store.nbytes), by=by)
    sidebook.spool(house, card.id, store)
    return card


def _is_whole(label: str, text: str) -> bool:
    """Whether what may be stored of an address is all of it: a signature in it is a secret, and is not kept."""
    try:
        return parse_address(label) == parse_address(text)
    except KeygraftError:
        return False


def read_again(house: House, side: str, given: Given, *, by: str = LOCAL) -> SideCard:
    """Read another tree of the same files, out of what was fetched or by fetching more. Raises KeygraftError."""
    store = sidebook.spooled(house, side)
    with opened(house, given.address or given.remote) as files:
        tree = _read(house, files, given.nesting, store)
    card = sidebook.keep_tree(house, given, msgspec.structs.replace(tree, bytes_read=store.nbytes), by=by)
    sidebook.spool(house, card.id, store)
    return card


def _read(house: House, files: RemoteFiles, nesting: Sequence[str] | None, store: RangeStore) -> KeyTree:
    tokens = None if nesting is None else tuple(map(parse_token, nesting))

    def act(found: FileSet) -> KeyTree:
        return readers.read_limited(found, nesting=tokens, limits=sidebook.limits(house))

    return in_rounds(files, act, store)


def opened(house: House, address: str) -> RemoteFiles:
    """The files at an address. Raises RefusedError where addresses are switched off, KeygraftError."""
    settings = house.settings
    if not settings.remote:
        raise RefusedError("remote_switched_off")
    policy = RemotePolicy(
        allow_private=settings.remote_private,
        allow_http=settings.remote_http,
        max_bytes=settings.remote_bytes,
        proxy=settings.remote_proxy,
        ca_file=settings.remote_ca_file,
    )
    # what is in the environment of a server belongs to whoever runs it, not to everybody who may reach it
    return open_remote(address, policy, from_environment(os.environ) if settings.loopback else Credentials())


def unchanged(house: House, given: Given, tree: KeyTree) -> RemoteFiles:
    """The files again, for their bytes. Raises ConflictError where a size is not what it was."""
    files = opened(house, given.address)
    sizes = files.sizes()
    if any(sizes.get(file.name, file.size) != file.size for file in tree.files):
        files.close()
        raise ConflictError("source_changed", file=given.label)
    return files
