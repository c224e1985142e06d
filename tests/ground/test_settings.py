"""Settings from the environment: lists in either spelling, and what cannot be is said."""

import os
from pathlib import Path

import pytest

from app import settings
from app.services import requirements

PATHS = ("roots", "pythons")
WORDS = ("allowed_hosts", "remote_private")


@pytest.mark.parametrize("name", PATHS)
def test_a_list_of_paths(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By the system's separator, or in JSON; an empty part is none."""
    wanted = (Path("/a"), Path("/b c"))
    for written in (f"/a{os.pathsep}/b c", f" /a {os.pathsep}{os.pathsep}/b c", '["/a", "/b c"]', ' [ "/a", "/b c", "" ] '):
        monkeypatch.setenv(f"KEYGRAFT_{name.upper()}", written)
        assert getattr(settings.load(), name) == wanted


@pytest.mark.parametrize("name", WORDS)
def test_a_list_of_words(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By commas, or in JSON, in small letters; an address in brackets is one of them, and no JSON."""
    for written in ("Host.example, [::1]", '["Host.example", "[::1]"]'):
        monkeypatch.setenv(f"KEYGRAFT_{name.upper()}", written)
        assert getattr(settings.load(), name) == ("host.example", "[::1]")
    monkeypatch.setenv(f"KEYGRAFT_{name.upper()}", "[::1],Host.example")
    assert getattr(settings.load(), name) == ("[::1]", "host.example")
    monkeypatch.setenv(f"KEYGRAFT_{name.upper()}", "[]")
    assert getattr(settings.load(), name) == ()


@pytest.mark.parametrize("name", [*PATHS, *WORDS, "approval_checks"])
@pytest.mark.parametrize("written", ["[/a,/b]", "['/a', '/b']", '["/a"', "[1, 2]", '[["/a"]]'])
def test_what_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, written: str) -> None:
    """It would be one odd path, or one odd host, without a word."""
    monkeypatch.setenv(f"KEYGRAFT_{name.upper()}", written)
    with pytest.raises(settings.SettingError) as refused:
        settings.load()
    assert refused.value.params["name"] == f"KEYGRAFT_{name.upper()}"
    assert "JSON" in str(refused.value.params["why"])
    assert not str(refused.value.params["why"]).startswith("Value error")


def test_an_unknown_check_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen must not mean that nothing is asked for."""
    for written in ("coverage,lint", '["coverage", "LINT"]'):
        monkeypatch.setenv("KEYGRAFT_APPROVAL_CHECKS", written)
        assert settings.load().approval_checks == ("coverage", "lint")
    monkeypatch.setenv("KEYGRAFT_APPROVAL_CHECKS", "covrage")
    with pytest.raises(settings.SettingError, match="setting_invalid") as refused:
        settings.load()
    assert "coverage, lint, loads" in str(refused.value.params["why"])


def test_every_check_can_be_asked_for() -> None:
    """The settings know the names of those that there are."""
    assert set(requirements.NAMES) == set(requirements._CHECKS)
