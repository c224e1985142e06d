"""What may be shown to remote hosts: kept by person, told to nobody, used for its own host."""

import pickle
import stat
from pathlib import Path
from typing import Any

import pytest

from app.errors import KeygraftError, NotFoundError
from app.services import keyring, remote, sides
from app.services.house import House
from app.services.keyring import Given
from app.sources.credentials import Credentials, S3Access, Secret

TOKEN = "geheim-5ec2e7"
BASE = Credentials(hub=Secret("of the environment"), s3=S3Access(region="eu-1"))


def _keep(house: House, place: str, by: str = "local", **more: Any) -> None:
    keyring.keep(house.settings, place, Given(secret=Secret(TOKEN), **more), at=house.clock(), by=by)


def test_each_place_serves_its_own_host_and_its_own_person(house: House) -> None:
    """A host's token is a bearer, hf's the hub's, s3's the store's; another person sees the environment's only."""
    _keep(house, "Files.Example.org:8443/")
    _keep(house, "hf", endpoint="https://hub.example.org")
    _keep(house, "s3", key_id="AKIA", session=Secret("for an hour"))
    mine = keyring.credentials(house.settings, "local", BASE)
    assert mine.bearer == {"files.example.org:8443": Secret(TOKEN)}
    assert (mine.hub, mine.hub_endpoint) == (Secret(TOKEN), "https://hub.example.org")
    assert (mine.s3.key_id, mine.s3.key, mine.s3.session, mine.s3.region) == (Secret("AKIA"), Secret(TOKEN), Secret("for an hour"), "eu-1")
    assert keyring.credentials(house.settings, "ada", BASE) == BASE


def test_the_file_is_its_owners_and_nothing_else_holds_the_secret(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Mode 0600; no other file of the data folder, no log, no listing and no text of a value has the token."""
    _keep(house, "files.example.org")
    path = house.settings.data / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    holders = [each for each in house.settings.data.rglob("*") if each.is_file() and TOKEN.encode() in each.read_bytes()]
    assert holders == [path]
    assert TOKEN not in repr(keyring.listed(house.settings, "local")) + caplog.text
    assert TOKEN not in repr(keyring.credentials(house.settings, "local", BASE))
    with pytest.raises(TypeError):
        pickle.dumps(keyring.credentials(house.settings, "local", BASE).bearer["files.example.org"])


def test_what_is_forgotten_is_gone(house: House) -> None:
    """The last one leaves an empty file; what was never kept is said."""
    _keep(house, "hf")
    keyring.remove(house.settings, "HF", by="local")
    assert TOKEN.encode() not in (house.settings.data / "credentials.json").read_bytes()
    with pytest.raises(NotFoundError) as told:
        keyring.remove(house.settings, "hf", by="local")
    assert told.value.code == "credential_not_found"


@pytest.mark.parametrize(
    ("place", "secret", "more", "code"),
    [
        ("a b", TOKEN, {}, "credential_place"),
        ("user@host", TOKEN, {}, "credential_place"),
        ("host/path", TOKEN, {}, "credential_place"),
        ("", TOKEN, {}, "credential_place"),
        ("hf", " ", {}, "credential_empty"),
        ("s3", TOKEN, {}, "credential_without_id"),
        ("s3", TOKEN, {"key_id": "a\nHost: evil"}, "secret_invalid"),
    ],
)
def test_what_is_none_is_refused(house: House, place: str, secret: str, more: dict[str, str], code: str) -> None:
    """Each with its own error, and without the secret in it."""
    with pytest.raises(KeygraftError) as told:
        keyring.keep(house.settings, place, Given(secret=Secret(secret), **more), at=house.clock(), by="local")
    assert told.value.code == code
    assert TOKEN not in str(told.value)
    assert not (house.settings.data / "credentials.json").exists()


def test_a_reading_shows_what_the_asking_person_kept(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The guarded client gets the credentials of whoever asks; the environment serves in single-user mode where nothing is kept."""
    shown: list[Credentials] = []

    def open_remote(url: str, policy: Any, credentials: Credentials, **_: Any) -> Any:
        shown.append(credentials)
        raise KeygraftError("secret_invalid")

    monkeypatch.setattr(remote, "open_remote", open_remote)
    monkeypatch.setenv("HF_TOKEN", "of the environment")
    _keep(house, "files.example.org", by="ada")
    for by in ("ada", "local"):
        with pytest.raises(KeygraftError):
            sides.understand(house, "https://files.example.org/net.safetensors", by=by)
    assert [set(each.bearer) for each in shown] == [{"files.example.org"}, set()]
    assert [each.hub for each in shown] == [Secret("of the environment")] * 2
