"""Coming in: invitations, sign-in, sessions, passwords, the throttle; and what others must not be able to do with them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import bootstrap, settings
from app.errors import RefusedError
from app.services import accounts, invitations, tokens
from app.services.house import House
from app.services.throttle import BY_ADDRESS, BY_LOGIN
from app.store import accounts as stored

BASE = "http://127.0.0.1:8400"
PASSWORD = "correct horse battery"
COOKIE = "keygraft-session-8400"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """An application with one admin."""
    made = bootstrap.create_app(settings.load(data=tmp_path / "data", roots=(tmp_path,)))
    accounts.add(made.state.house, "ada", password=PASSWORD, admin=True)
    yield made
    made.state.house.close()


@pytest.fixture
def house(app: FastAPI) -> House:
    """The house behind it."""
    found: House = app.state.house
    return found


def browser(app: FastAPI) -> TestClient:
    """A browser that nobody knows yet."""
    return TestClient(app, base_url=BASE, follow_redirects=False)


def sign_in(client: TestClient, name: str = "ada", password: str = PASSWORD, **more: str) -> int:
    """Fill in the form; the status of the answer."""
    return client.post("/sign-in", data={"login": name, "password": password, **more}).status_code


@pytest.fixture
def ada(app: FastAPI) -> TestClient:
    """The admin's browser."""
    client = browser(app)
    assert sign_in(client) == 303
    return client


def test_a_stranger_is_led_to_the_door_and_back(app: FastAPI) -> None:
    """To the page that was wanted; never to another site."""
    client = browser(app)
    answer = client.get("/t/abc?source=x")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Ft%2Fabc%3Fsource%3Dx"
    done = client.post("/sign-in", data={"login": "ada", "password": PASSWORD, "next": "/t/abc?source=x"})
    assert done.headers["location"] == "/t/abc?source=x"
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "evil"):
        again = client.post("/sign-in", data={"login": "ada", "password": PASSWORD, "next": elsewhere})
        assert again.headers["location"] == "/"


def test_the_cookie_is_for_the_server_alone(app: FastAPI) -> None:
    """No script reads it, no other site sends it with a write; its word stands nowhere in the database."""
    client = browser(app)
    answer = client.post("/sign-in", data={"login": "ada", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    word = client.cookies[COOKIE]
    data = app.state.house.settings.data
    assert all(word.encode() not in path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert all(PASSWORD.encode() not in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_signing_in_begins_another_session(app: FastAPI, house: House) -> None:
    """A word that somebody put into the browser beforehand, be it of a session of theirs, opens nothing afterwards."""
    accounts.add(house, "eve", password=PASSWORD)
    eve = browser(app)
    sign_in(eve, "eve")
    planted = eve.cookies[COOKIE]
    victim = browser(app)
    victim.cookies.set(COOKIE, planted, domain="127.0.0.1")
    sign_in(victim)
    for word, known in ((planted, False), (_newest(victim, planted), True)):
        other = browser(app)
        other.cookies.set(COOKIE, word)
        assert (other.get("/api/v1/me").status_code == 200) is known
    made_up = browser(app)
    made_up.cookies.set(COOKIE, "chosen-by-somebody-else", domain="127.0.0.1")
    sign_in(made_up)
    other = browser(app)
    other.cookies.set(COOKIE, "chosen-by-somebody-else")
    assert other.get("/api/v1/me").status_code == 401


def _newest(client: TestClient, but: str) -> str:
    return next(cookie.value or "" for cookie in client.cookies.jar if cookie.name == COOKIE and cookie.value != but)


def test_signing_out_ends_the_session_and_not_only_the_cookie(app: FastAPI, ada: TestClient) -> None:
    """Who copied the cookie is out, too."""
    word = ada.cookies[COOKIE]
    assert ada.post("/sign-out").status_code == 303
    assert COOKIE not in ada.cookies
    thief = browser(app)
    thief.cookies.set(COOKIE, word)
    assert thief.get("/api/v1/me").status_code == 401


def test_sessions_run_out(app: FastAPI, house: House, ada: TestClient) -> None:
    """After the days of the settings, whatever the browser still holds."""
    assert ada.get("/account").status_code == 200
    later = datetime.now(UTC) + timedelta(days=house.settings.session_days, minutes=1)
    object.__setattr__(house, "clock", lambda: later)
    assert ada.get("/account").status_code == 303


def test_a_new_password_signs_every_other_browser_out(app: FastAPI, ada: TestClient) -> None:
    """This one goes on with a session of its own, made anew; the old password opens nothing."""
    phone = browser(app)
    sign_in(phone)
    before = ada.cookies[COOKIE]
    assert ada.post("/account/password", data={"old": "wrong one!", "new": "another long one"}).status_code == 401
    assert ada.post("/account/password", data={"old": PASSWORD, "new": "short"}).status_code == 400
    assert ada.post("/account/password", data={"old": PASSWORD, "new": "another long one"}).status_code == 303
    assert ada.cookies[COOKIE] != before
    assert ada.get("/account").status_code == 200
    assert phone.get("/account").status_code == 303
    assert sign_in(phone) == 401
    assert sign_in(phone, password="another long one") == 303


def test_sessions_are_listed_and_ended_by_their_person_alone(app: FastAPI, house: House, ada: TestClient) -> None:
    """Somebody else's session is not there."""
    accounts.add(house, "eve", password=PASSWORD)
    eve = browser(app)
    sign_in(eve, "eve")
    theirs = ada.get("/api/v1/me/sessions").json()[0]["id"]
    assert eve.delete(f"/api/v1/me/sessions/{theirs}").status_code == 404
    phone = browser(app)
    sign_in(phone)
    assert len(ada.get("/api/v1/me/sessions").json()) == 2
    assert ada.post("/account/sessions/end-others").status_code == 303
    assert phone.get("/account").status_code == 303
    assert ada.get("/account").status_code == 200


def test_guessing_is_slowed_down_for_an_account(app: FastAPI, house: House) -> None:
    """From wherever it is tried, also by many at once and by another process; then the right password is refused too, for a while."""
    for _ in range(BY_LOGIN):
        assert sign_in(browser(app), password="not it at all") == 401
    answer = browser(app).post("/sign-in", data={"login": "ADA ", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text
    replica = bootstrap.create_app(house.settings)
    assert sign_in(browser(replica)) == 429
    replica.state.house.close()
    object.__setattr__(house, "clock", lambda: datetime.now(UTC) + timedelta(minutes=16))
    assert sign_in(browser(app)) == 303


def test_guessing_is_slowed_down_for_an_address(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying one password on many names; names that nobody has count as well."""
    monkeypatch.setattr("app.services.throttle.BY_ADDRESS", 5)
    for number in range(5):
        assert sign_in(browser(app), f"name-{number}", "password of many") == 401
    assert sign_in(browser(app)) == 429
    assert BY_ADDRESS > BY_LOGIN


def test_success_is_not_counted(app: FastAPI) -> None:
    """Signing in often keeps nobody out."""
    for _ in range(BY_LOGIN + 2):
        assert sign_in(browser(app)) == 303


def test_who_is_there_is_not_told(app: FastAPI, house: House) -> None:
    """A wrong password, a name that nobody has, a closed account: one answer."""
    accounts.add(house, "gone", password=PASSWORD)
    accounts.set_disabled(house, accounts.by_login(house, "gone").id, disabled=True)
    answers = {
        browser(app).post("/sign-in", data={"login": name, "password": "x" * 12}).text.replace(f'value="{name}"', "")
        for name in ("ada", "gone", "none")
    }
    assert len(answers) == 1


def test_an_invitation_works_once(app: FastAPI, ada: TestClient) -> None:
    """It makes one account, in the team that it was for; afterwards, and when taken back, it is not there."""
    ada.post("/teams", data={"name": "Vision", "role": "editor"})
    team = ada.get("/api/v1/teams").json()[0]["id"]
    page = told(ada, "/people/invite", {"name": "bob", "team": team})
    link = re.search(r"/welcome/[\w-]+", page)
    assert link is not None
    bob = browser(app)
    assert "Vision" in bob.get(link[0]).text
    assert bob.post(link[0], data={"name": "ada", "password": PASSWORD}).status_code == 409
    assert bob.post(link[0], data={"name": "bob", "password": "password1"}).status_code == 400
    assert bob.post(link[0], data={"name": "bob", "password": PASSWORD}).status_code == 303
    assert bob.get("/api/v1/me").json()["name"] == "bob"
    assert ada.get("/api/v1/teams").json()[0]["people"][0]["login"] == "bob"
    assert browser(app).get(link[0]).status_code == 404
    assert browser(app).post(link[0], data={"name": "eve", "password": PASSWORD}).status_code == 404
    made = ada.post("/api/v1/invitations", json={"name": "eve"}).json()
    assert ada.delete(f"/api/v1/invitations/{made['id']}").status_code == 204
    assert browser(app).post(made["path"], data={"name": "eve", "password": PASSWORD}).status_code == 404


def told(client: TestClient, path: str, form: dict[str, Any]) -> str:
    """Send a form that makes something; the page that it leads to, which tells it."""
    answer = client.post(path, data=form)
    assert answer.status_code == 303
    return client.get(answer.headers["location"]).text


def test_what_is_made_is_made_once_however_often_the_page_is_loaded(app: FastAPI, house: House, ada: TestClient) -> None:
    """An invitation, a link for a new password, a token, a link for reading: loaded anew the page makes no second one, and tells the word no more."""
    me = ada.get("/api/v1/me").json()["person"]
    transfer = ada.post("/example").headers["location"]
    made = {
        "/people/invite": lambda: len(invitations.listed(house)),
        f"/people/{me}/reset": lambda: len(invitations.listed(house)),
        "/account/tokens": lambda: len(tokens.listed(house, me)),
        f"{transfer}/links": lambda: len(ada.get(f"/api/v1{transfer.replace('/t/', '/transfers/')}/links").json()),
    }
    for path, count in made.items():
        before = count()
        answer = ada.post(path, data={"name": "bob", "scope": ["read"], "days": "7", "title": "x"})
        assert answer.status_code == 303, path
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("keygraft-once-8400=")
        assert "HttpOnly" in cookie
        assert f"Path={answer.headers['location']};" in cookie
        word = cookie.partition("=")[2].partition(";")[0]
        assert word not in ada.get("/").text
        assert word in ada.get(answer.headers["location"]).text
        assert word not in ada.get(answer.headers["location"]).text
        assert count() == before + 1


def test_a_word_that_opens_nothing_is_not_told(ada: TestClient, house: House) -> None:
    """What somebody else put into the browser is not shown as a link of ours, and nothing of it is markup."""
    transfer = ada.post("/example").headers["location"]
    for word in ("made-up", "<b>x</b>", "a" * 200):
        ada.cookies.set("keygraft-once-8400", word, domain="127.0.0.1", path="/")
        for path in ("/people", "/account", f"{transfer}/sharing"):
            page = ada.get(path).text
            assert "/welcome/" not in page
            assert word not in page
        ada.cookies.delete("keygraft-once-8400", domain="127.0.0.1", path="/")
    made = invitations.invite(house)
    invitations.revoke(house, made.id)
    ada.cookies.set("keygraft-once-8400", made.word, domain="127.0.0.1", path="/")
    assert made.word not in ada.get("/people").text


def test_an_invitation_runs_out(app: FastAPI, house: House) -> None:
    """After a week."""
    made = invitations.invite(house, "late")
    object.__setattr__(house, "clock", lambda: datetime.now(UTC) + timedelta(days=7, minutes=1))
    assert browser(app).get(made.path).status_code == 404


def test_a_link_for_a_new_password(app: FastAPI, house: House, ada: TestClient) -> None:
    """Sets it once, signs other browsers out, and lifts the throttle: the way in for who is kept out by somebody else's guessing."""
    for _ in range(BY_LOGIN):
        sign_in(browser(app), password="not it at all")
    first, second = (invitations.reset(house, accounts.by_login(house, "ada").id) for _ in range(2))
    assert browser(app).get(first.path).status_code == 404
    fresh = browser(app)
    assert fresh.post(second.path, data={"password": "another long one"}).status_code == 303
    assert fresh.get("/account").status_code == 200
    assert ada.get("/account").status_code == 303
    assert sign_in(browser(app), password="another long one") == 303


def test_a_closed_account_is_out_at_once(app: FastAPI, house: House, ada: TestClient) -> None:
    """Sessions and tokens end; opened again, the password works and the tokens do not."""
    bob = accounts.add(house, "bob", password=PASSWORD)
    word = tokens.make(house, "", ["read"], days=None, by=bob.id).word
    client = browser(app)
    sign_in(client, "bob")
    bearer = {"Authorization": f"Bearer {word}"}
    assert browser(app).get("/api/v1/me", headers=bearer).status_code == 200
    ada.post(f"/people/{bob.id}/closed", data={"closed": "true"})
    assert client.get("/account").status_code == 303
    assert browser(app).get("/api/v1/me", headers=bearer).status_code == 401
    assert sign_in(browser(app), "bob") == 401
    ada.post(f"/people/{bob.id}/closed", data={"closed": "false"})
    assert sign_in(browser(app), "bob") == 303
    assert browser(app).get("/api/v1/me", headers=bearer).status_code == 401


def test_a_closed_account_is_out_whatever_is_left_of_it(app: FastAPI, house: House) -> None:
    """A session that began in the moment of closing, a token that was missed: the account itself is asked each time."""
    bob = accounts.add(house, "bob", password=PASSWORD)
    word = tokens.make(house, "", ["read"], days=None, by=bob.id).word
    client = browser(app)
    sign_in(client, "bob")
    with house.database.write() as tx:
        stored.set_disabled(tx, bob.id, True)
    assert client.get("/account").status_code == 303
    assert browser(app).get("/api/v1/me", headers={"Authorization": f"Bearer {word}"}).status_code == 401


def test_sharing_is_offered_where_there_is_somebody_to_share_with(app: FastAPI, ada: TestClient, tmp_path: Path) -> None:
    """Not to one person alone on their machine; where a token opens the page to others, it says what roles would need."""
    made = ada.post("/api/v1/example").json()["id"]
    assert "data-share" in ada.get(f"/t/{made}").text
    given = SecretStr("a token of sixteen and more")
    for name, hosts, offered in (("alone", "", False), ("open", "keygraft.example", True)):
        changes = {"data": tmp_path / name, "roots": (tmp_path,), "token": given, "allowed_hosts": hosts}
        with TestClient(bootstrap.create_app(settings.load(**changes)), base_url=BASE) as one:
            one.get(f"/enter?token={given.get_secret_value()}")
            other = one.post("/api/v1/example").json()["id"]
            assert ("data-share" in one.get(f"/t/{other}").text) == offered
            assert "keygraft people add --admin" in one.get(f"/t/{other}/sharing").text


def test_the_last_admin_stays(ada: TestClient) -> None:
    """Nobody locks the house from inside."""
    me = ada.get("/api/v1/me").json()["person"]
    assert ada.patch(f"/api/v1/people/{me}", json={"admin": False}).json()["code"] == "last_admin"
    assert ada.patch(f"/api/v1/people/{me}", json={"disabled": True}).json()["code"] == "last_admin"
    assert ada.get("/people").status_code == 200


def test_tokens(app: FastAPI, house: House, ada: TestClient) -> None:
    """Told once, listed by their beginning, bounded by their scopes, used later than never, ended by time or by hand."""
    page = told(ada, "/account/tokens", {"title": "Cluster", "scope": ["read"], "days": "7"})
    word = re.search(r"kg_[\w-]{40,}", page)
    assert word is not None
    assert word[0] not in ada.get("/account").text
    program = {"Authorization": f"Bearer {word[0]}"}
    assert browser(app).get("/api/v1/transfers", headers=program).status_code == 200
    refused = browser(app).post("/api/v1/example", headers=program)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    listed = ada.get("/api/v1/me/tokens").json()[0]
    assert listed["used"] is not None
    assert listed["word"] == ""
    assert word[0].startswith(listed["prefix"])
    assert browser(app).get("/api/v1/me/tokens", headers=program).status_code == 403
    assert ada.post("/api/v1/me/tokens", json={"scopes": ["everything"]}).json()["code"] == "scopes_unknown"
    assert ada.delete(f"/api/v1/me/tokens/{listed['id']}").status_code == 204
    assert browser(app).get("/api/v1/transfers", headers=program).status_code == 401
    short = tokens.make(house, "", ["admin"], days=1, by=accounts.by_login(house, "ada").id).word
    object.__setattr__(house, "clock", lambda: datetime.now(UTC) + timedelta(days=1, minutes=1))
    assert browser(app).get("/api/v1/me", headers={"Authorization": f"Bearer {short}"}).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_another_site_cannot_act_for_who_is_signed_in(app: FastAPI, ada: TestClient, headers: dict[str, str]) -> None:
    """Nor sign the browser in as somebody else, nor out."""
    for path in ("/sign-in", "/sign-out", "/example", "/account/tokens", "/people/invite", "/teams"):
        assert ada.post(path, headers=headers).status_code == 403
    assert ada.get("/account").status_code == 200
    assert browser(app).post("/sign-in", data={"login": "ada", "password": PASSWORD}, headers=headers).status_code == 403


def test_the_printed_link_opens_nothing_once_people_have_accounts(tmp_path: Path) -> None:
    """Not even for a browser that it let in before, from the next second on; a token that was set on purpose still does."""
    made = bootstrap.create_app(settings.load(data=tmp_path / "one"))
    link = made.state.entry.link(8400).removeprefix(BASE)
    client = browser(made)
    assert client.get(link).status_code == 303
    assert client.get("/api/v1/me").json()["person"] == "local"
    accounts.add(made.state.house, "ada", password=PASSWORD, admin=True)
    assert client.get("/api/v1/me").status_code == 401
    assert browser(made).get(link).headers["location"].startswith("/sign-in")
    made.state.house.close()
    given = bootstrap.create_app(settings.load(data=tmp_path / "one", token=SecretStr("a-token-for-tests")))
    bearer = {"Authorization": "Bearer a-token-for-tests"}
    assert browser(given).get("/api/v1/me", headers=bearer).json()["person"] == "local"
    given.state.house.close()


def test_others_can_reach_it_only_where_there_are_accounts(tmp_path: Path) -> None:
    """Or a token was set; never a default one."""
    open_to_all = settings.load(data=tmp_path, host="0.0.0.0")  # noqa: S104 -- nothing listens
    with pytest.raises(RefusedError, match="bind_without_token"):
        bootstrap.create_app(open_to_all)
    house = bootstrap.open_house(settings.load(data=tmp_path))
    accounts.add(house, "ada", password=PASSWORD, admin=True)
    house.close()
    made = bootstrap.create_app(open_to_all)
    assert browser(made).get("/api/v1/me").status_code == 401
    made.state.house.close()


def test_alone_nothing_is_asked(tmp_path: Path) -> None:
    """Without accounts the one person of the machine may do everything, and is told how others come in."""
    made = bootstrap.create_app(settings.load(data=tmp_path, token=SecretStr("a-token-for-tests")))
    client = browser(made)
    client.headers["Authorization"] = "Bearer a-token-for-tests"
    assert "keygraft people add --admin" in client.get("/people").text
    assert "keygraft people add --admin" in client.get("/account").text
    assert client.get("/sign-in").status_code == 303
    assert client.post("/example").status_code == 303
    assert "person-menu" not in client.get("/").text
    made.state.house.close()
