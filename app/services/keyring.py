"""What a person may show to remote hosts: kept in one file of the data folder that only its owner may read, by person.

It leaves this file only as `Credentials` for the guarded client. Nothing lists, exports, logs or shows the secrets themselves.
"""

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from app.errors import KeygraftError, NotFoundError
from app.settings import Settings
from app.sources.addresses import parse_web
from app.sources.credentials import NO_SECRET, Credentials, S3Access, Secret

HUB, STORE = "hf", "s3"
_FILE = "credentials.json"
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9.\-\[\]:]+\Z")


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the file.

    secret   -- token, or the secret key of an object store
    key_id, session, region -- of an object store
    endpoint -- of an object store or hub that is not the usual one
    """

    secret: str
    kept: datetime
    key_id: str = ""
    session: str = ""
    region: str = ""
    endpoint: str = ""

    def __repr__(self) -> str:
        return "_Kept(...)"


class Entry(msgspec.Struct, frozen=True):
    """What may be told of a credential: for which place, since when, and what is no secret about it."""

    place: str
    kept: datetime
    key_id: str = ""
    region: str = ""
    endpoint: str = ""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as a person gives it; what belongs to an object store stays empty elsewhere."""

    secret: Secret
    key_id: str = ""
    session: Secret = NO_SECRET
    region: str = ""
    endpoint: str = ""


_File = dict[str, dict[str, _Kept]]
_decoder = msgspec.json.Decoder(_File)


def listed(settings: Settings, by: str) -> tuple[Entry, ...]:
    """A person's credentials by place, without the secrets."""
    mine = _read(settings).get(by, {})
    return tuple(Entry(place, each.kept, each.key_id, each.region, each.endpoint) for place, each in sorted(mine.items()))


def keep(settings: Settings, place: str, given: Given, *, at: datetime, by: str) -> Entry:
    """Keep a credential for `hf`, `s3` or a host, in the place of the one before. Raises KeygraftError."""
    spelt = place_of(place)
    if not given.secret:
        raise KeygraftError("credential_empty")
    if spelt == STORE and not given.key_id:
        raise KeygraftError("credential_without_id")
    if given.endpoint:
        parse_web(given.endpoint if "://" in given.endpoint else f"https://{given.endpoint}/")
    for part in (given.key_id, given.region, given.endpoint):
        Secret(part)
    kept = _Kept(given.secret.reveal(), at, given.key_id, given.session.reveal(), given.region, given.endpoint)
    found = _read(settings)
    found.setdefault(by, {})[spelt] = kept
    _write(settings, found)
    return Entry(spelt, at, given.key_id, given.region, given.endpoint)


def remove(settings: Settings, place: str, *, by: str) -> None:
    """Forget a credential. Raises NotFoundError."""
    spelt, found = place_of(place), _read(settings)
    if found.get(by, {}).pop(spelt, None) is None:
        raise NotFoundError("credential_not_found", place=spelt)
    _write(settings, {person: held for person, held in found.items() if held})


def credentials(settings: Settings, by: str, base: Credentials) -> Credentials:
    """What a person may show: what is kept for them, and in its absence what `base` holds."""
    mine = _read(settings).get(by, {})
    hub, store = mine.get(HUB), mine.get(STORE)
    bearer = {place: Secret(each.secret) for place, each in mine.items() if place not in {HUB, STORE}}
    return Credentials(
        bearer={**base.bearer, **bearer},
        hub=base.hub if hub is None else Secret(hub.secret),
        hub_endpoint=base.hub_endpoint if hub is None or not hub.endpoint else hub.endpoint,
        s3=base.s3 if store is None else _access(store, base.s3),
    )


def _access(kept: _Kept, base: S3Access) -> S3Access:
    return S3Access(
        endpoint=kept.endpoint or base.endpoint,
        region=kept.region or base.region,
        key_id=Secret(kept.key_id),
        key=Secret(kept.secret),
        session=Secret(kept.session),
    )


def place_of(text: str) -> str:
    """`hf`, `s3`, or `host` or `host:port` in lower case. Raises KeygraftError where it is none of them."""
    spelt = text.strip().lower().removeprefix("https://").rstrip("/")
    if spelt in {HUB, STORE}:
        return spelt
    if not _HOST.match(spelt):
        raise KeygraftError("credential_place", place=ascii(text[:80])[1:-1])
    try:
        parse_web(f"https://{spelt}/")
    except KeygraftError as error:
        raise KeygraftError("credential_place", place=ascii(text[:80])[1:-1]) from error
    return spelt


def _path(settings: Settings) -> Path:
    return settings.data / _FILE


def _read(settings: Settings) -> _File:
    try:
        return _decoder.decode(_path(settings).read_bytes())
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise KeygraftError("credentials_unreadable") from error


def _write(settings: Settings, found: Mapping[str, Mapping[str, _Kept]]) -> None:
    """Write beside and put in place: readers see the old file or the new one, nobody else sees either."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = _path(settings)
    beside = path.with_name(f"{_FILE}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(msgspec.json.encode(found))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
