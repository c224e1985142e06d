"""People on the command line: the first admin, links, closing an account, the log."""

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app import bootstrap, settings
from app.cli.main import run

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of the test's own."""
    monkeypatch.setenv("KEYGRAFT_DATA", str(tmp_path))


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run a command; what it printed."""
    capsys.readouterr()
    assert run(list(arguments)) == code
    done = capsys.readouterr()
    return done.out if code == 0 else done.err


def test_the_first_admin_sets_a_password_by_the_printed_link(capsys: pytest.CaptureFixture[str]) -> None:
    """It works once, and is no password itself; until then nobody can sign in, and there is no default."""
    link = said(capsys, "people", "add", "--admin", "Ada").strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:8400/welcome/[\w-]{40,}", link)
    assert "no password yet" in said(capsys, "people", "list")
    app = bootstrap.create_app(settings.load())
    client = TestClient(app, base_url="http://127.0.0.1:8400", follow_redirects=False)
    for password in ("", "admin", "ada", "keygraft", link.rpartition("/")[2]):
        assert client.post("/sign-in", data={"login": "ada", "password": password}).status_code == 401
    path = link.removeprefix("http://127.0.0.1:8400")
    assert client.post(path, data={"password": PASSWORD}).status_code == 303
    assert client.get("/api/v1/me").json()["admin"] is True
    assert client.get(path).status_code == 404
    app.state.house.close()


def test_links_begin_with_the_address_that_people_use(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is set; else with the server's own."""
    monkeypatch.setenv("KEYGRAFT_PUBLIC_URL", "https://keygraft.example/")
    made = json.loads(said(capsys, "people", "add", "ada", "--json"))
    assert made["link"].startswith("https://keygraft.example/welcome/")
    assert said(capsys, "people", "invite", "bob").startswith("https://keygraft.example/welcome/")
    assert said(capsys, "people", "reset", "ada").startswith("https://keygraft.example/welcome/")


def test_somebody_looks_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The last one can neither be closed nor stop; whoever is named must be there."""
    said(capsys, "people", "add", "--admin", "ada")
    assert "[last_admin]" in said(capsys, "people", "close", "ada", code=2)
    assert "[last_admin]" in said(capsys, "people", "admin", "ada", "--off", code=2)
    assert "[person_not_found]" in said(capsys, "people", "admin", "bob", code=2)
    assert "[login_taken]" in said(capsys, "people", "add", "ADA", code=2)
    assert "[login_unusable]" in said(capsys, "people", "add", "a b", code=2)
    said(capsys, "people", "add", "bob")
    said(capsys, "people", "admin", "bob")
    said(capsys, "people", "close", "ada")
    assert [each["disabled"] for each in json.loads(said(capsys, "people", "list", "--json"))] == [True, False]
    said(capsys, "people", "open", "ada")


def test_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """In words, as a table, as lines of JSON; narrowed to one kind."""
    said(capsys, "people", "add", "--admin", "ada")
    said(capsys, "people", "invite", "=1+1")
    assert "This machine  -  Made an account for ada" in said(capsys, "audit")
    lines = [json.loads(line) for line in said(capsys, "audit", "--json").splitlines()]
    assert [each["what"] for each in lines] == ["account.made", "invitation.made"]
    assert said(capsys, "audit", "--csv", "--what", "invitation").count("\n") == 2
