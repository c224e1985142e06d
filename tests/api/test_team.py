"""People at work on transfers: roles, teams, links for reading, the log; through the API, with a person for each part."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import bootstrap, settings
from app.services import accounts, audit
from app.services.house import House

BASE = "http://127.0.0.1:8400"
PASSWORD = "correct horse battery"
KEYS = {"text": "a.weight: [2, 2]\nb.weight: [2]\n"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """An application with some people."""
    folder = tmp_path_factory.mktemp("team")
    made = bootstrap.create_app(settings.load(data=folder / "data", roots=(folder,)))
    for name in ("ada", "bob", "eve"):
        accounts.add(made.state.house, name, password=PASSWORD, admin=name == "ada")
    yield made
    made.state.house.close()


@pytest.fixture(scope="module")
def house(app: FastAPI) -> House:
    """The house behind it."""
    found: House = app.state.house
    return found


def _client(app: FastAPI, name: str) -> TestClient:
    client = TestClient(app, base_url=f"{BASE}/api/v1", follow_redirects=False)
    word = accounts.sign_in(app.state.house, name, PASSWORD)
    client.cookies.set("keygraft-session-8400", word)
    return client


@pytest.fixture(scope="module")
def ada(app: FastAPI) -> TestClient:
    """Looks after the installation."""
    return _client(app, "ada")


@pytest.fixture(scope="module")
def bob(app: FastAPI) -> TestClient:
    """Makes transfers."""
    return _client(app, "bob")


@pytest.fixture(scope="module")
def eve(app: FastAPI) -> TestClient:
    """Somebody else."""
    return _client(app, "eve")


def begin(client: TestClient, title: str = "") -> str:
    """Begin a transfer; its id."""
    source, target = (client.post("sides", json=KEYS).json()["id"] for _ in range(2))
    made = client.post("transfers", json={"sources": {"": source}, "target": target, "title": title})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_who_makes_a_transfer_owns_it_and_others_do_not_see_it(ada: TestClient, bob: TestClient, eve: TestClient) -> None:
    """Not in the list, not by its id, not its sides; who looks after the installation sees all."""
    made = begin(bob, "Bob's")
    assert made in {each["id"] for each in bob.get("transfers").json()}
    assert made in {each["id"] for each in ada.get("transfers").json()}
    assert made not in {each["id"] for each in eve.get("transfers").json()}
    assert eve.get(f"transfers/{made}").json()["code"] == "transfer_not_found"
    side = bob.get(f"transfers/{made}").json()["target"]["id"]
    assert bob.get(f"sides/{side}/tree").status_code == 200
    assert eve.get(f"sides/{side}").json()["code"] == "side_not_found"
    assert bob.get(f"transfers/{made}/roles").json()["people"] == [{"id": _id(bob), "name": "bob", "role": "owner", "login": "bob"}]


def _id(client: TestClient) -> str:
    return str(client.get("me").json()["person"])


def test_foreign_sides_cannot_be_used_in_a_body(bob: TestClient, eve: TestClient) -> None:
    """Not as source, not as target, not as what a text is read against: the words are those of a side that is not there."""
    theirs = bob.post("sides", json=KEYS).json()["id"]
    mine = eve.post("sides", json=KEYS).json()["id"]
    message = 'RuntimeError: Error(s) in loading state_dict for Net:\n\tMissing key(s) in state_dict: "c.weight".'
    for body in ({"sources": {"": theirs}, "target": mine}, {"sources": {"": mine}, "target": theirs}):
        answer = eve.post("transfers", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "side_not_found")
    answer = eve.post("sides", json={"text": message, "against": theirs})
    assert (answer.status_code, answer.json()["code"]) == (404, "side_not_found")
    assert eve.post("sides", json={"text": message, "against": mine}).status_code == 201
    made = begin(eve)
    for which in ("source", "target"):
        answer = eve.post(f"transfers/{made}/sides/{which}", json={"side": theirs})
        assert (answer.status_code, answer.json()["code"]) == (404, "side_not_found")
    for named in ({"source": theirs}, {"target": theirs}):
        answer = eve.get(f"{BASE}/new", params=named, headers={"X-Keygraft": "script"})
        assert (answer.status_code, answer.json()["code"]) == (404, "side_not_found")
    assert eve.get(f"{BASE}/new", params={"source": mine}).status_code == 200
    lent = bob.post("lent", json={"files": [{"name": "a.safetensors", "size": 1000}]}).json()["id"]
    assert eve.post(f"sides/{lent}/ranges", json={"ranges": []}).status_code == 404


def test_roles_open_and_close(bob: TestClient, eve: TestClient) -> None:
    """A viewer looks, a reviewer still does not edit, an editor does, in their own name; taken away, all of it is gone."""
    made = begin(bob)
    edit = {"base_version": 0, "edits": [{"type": "add", "rule": {"type": "init", "pattern": "a.weight", "policy": "model"}}]}

    def give(role: str | None) -> None:
        assert bob.put(f"transfers/{made}/roles/person", json={"login": "Eve", "role": role}).status_code == 200

    give("viewer")
    assert eve.get(f"transfers/{made}/exports/plan").status_code == 200
    assert eve.get(f"sides/{eve.get(f'transfers/{made}').json()['target']['id']}").status_code == 200
    for role in ("viewer", "reviewer"):
        give(role)
        assert eve.post(f"transfers/{made}/edits", json=edit).json()["code"] == "right_missing"
    give("editor")
    assert eve.post(f"transfers/{made}/edits", json=edit).json()["version"] == 1
    assert eve.get(f"transfers/{made}/history").json()[0]["author"] == "eve"
    assert bob.post(f"transfers/{made}/undo", json={}).json()["code"] == "nothing_to_undo"
    assert eve.patch(f"transfers/{made}", json={"title": "Ours"}).status_code == 200
    assert eve.patch(f"transfers/{made}", json={"archived": True}).json()["code"] == "right_missing"
    assert eve.delete(f"transfers/{made}").status_code == 403
    assert eve.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "owner"}).status_code == 403
    give(None)
    assert eve.get(f"transfers/{made}").status_code == 404


def test_somebody_owns_it_always(bob: TestClient) -> None:
    """The last owner cannot go; a second one makes it possible."""
    made = begin(bob)
    answer = bob.put(f"transfers/{made}/roles/person", json={"login": "bob", "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
    assert bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "owner"}).status_code == 200
    assert bob.put(f"transfers/{made}/roles/person", json={"login": "bob", "role": None}).status_code == 200
    assert bob.get(f"transfers/{made}").status_code == 404


def test_teams_carry_roles(ada: TestClient, bob: TestClient, eve: TestClient) -> None:
    """What a team may do its people may: by its usual role or the one that was given; the strongest counts; dissolved, it is gone."""
    made = begin(bob)
    team = ada.post("teams", json={"name": "Vision", "role": "reviewer"}).json()["id"]
    assert ada.post("teams", json={"name": "Vision"}).json()["code"] == "team_taken"
    ada.post(f"teams/{team}/people", json={"login": "eve"})
    assert eve.get(f"transfers/{made}").status_code == 404
    given = bob.put(f"transfers/{made}/roles/team", json={"team": team}).json()
    assert given["teams"] == [{"id": team, "name": "Vision", "role": "reviewer", "login": ""}]
    assert made in {each["id"] for each in eve.get("transfers").json()}
    assert eve.patch(f"transfers/{made}", json={"title": "x"}).status_code == 403
    bob.put(f"transfers/{made}/roles/team", json={"team": team, "role": "editor"})
    assert eve.patch(f"transfers/{made}", json={"title": "x"}).status_code == 200
    ada.delete(f"teams/{team}/people/{_id(eve)}")
    assert eve.get(f"transfers/{made}").status_code == 404
    ada.post(f"teams/{team}/people", json={"login": "eve"})
    ada.delete(f"teams/{team}")
    assert eve.get(f"transfers/{made}").status_code == 404


def test_a_link_for_reading(app: FastAPI, bob: TestClient, house: House) -> None:
    """Opens one transfer without an account, and nothing else; ends when taken back, or by itself."""
    made, other = begin(bob), begin(bob)
    link = bob.post(f"transfers/{made}/links", json={"title": "A friend", "days": 1}).json()
    assert bob.get(f"transfers/{made}/links").json()[0]["path"] == ""
    guest = TestClient(app, base_url=BASE, follow_redirects=False)
    opened = guest.get(link["path"])
    assert opened.headers["location"] == f"/t/{made}"
    page = guest.get(f"/t/{made}")
    assert page.status_code == 200
    assert 'data-may="see"' in page.text
    bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "viewer"})
    assert "@eve" in bob.get(f"{BASE}/t/{made}/review").text, "who may comment is told whom they can name"
    assert "@eve" not in guest.get(f"/t/{made}/review").text, "who reads by a link is not"
    assert guest.get(f"/api/v1/transfers/{made}/plan").status_code == 200
    assert guest.post(f"/api/v1/transfers/{made}/undo", json={}).status_code == 401
    assert guest.get(f"/api/v1/transfers/{made}/exports/safetensors").status_code == 401
    assert guest.get(f"/api/v1/transfers/{made}/roles").status_code == 401
    assert guest.get(f"/api/v1/transfers/{other}").status_code == 404
    assert guest.get("/api/v1/transfers").status_code == 401
    second = bob.post(f"transfers/{other}/links", json={}).json()
    guest.get(second["path"])
    assert {guest.get(f"/api/v1/transfers/{each}").status_code for each in (made, other)} == {200}
    assert bob.delete(f"transfers/{other}/links/{link['id']}").status_code == 404
    assert bob.delete(f"transfers/{made}/links/{link['id']}").status_code == 204
    assert guest.get(f"/api/v1/transfers/{made}").status_code == 404
    clock = house.clock
    object.__setattr__(house, "clock", lambda: datetime.now(UTC) + timedelta(days=15))
    assert guest.get(f"/api/v1/transfers/{other}").status_code == 401
    assert guest.get(second["path"]).status_code == 404
    object.__setattr__(house, "clock", clock)


def test_everybody_has_an_example_of_their_own(bob: TestClient, eve: TestClient) -> None:
    """The one that was made first is not everybody's."""
    theirs, mine = (client.post("example").json()["id"] for client in (bob, eve))
    assert theirs != mine
    assert bob.post("example").json()["id"] == theirs


def test_a_copy_is_its_makers(bob: TestClient, eve: TestClient) -> None:
    """Same sides, newest plan, a history of its own; the original hears nothing of it."""
    made = bob.post("example").json()["id"]
    version = bob.post(f"transfers/{made}/proposals/accept", json={"base_version": 0, "certain": True}).json()["version"]
    bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "viewer"})
    copy = eve.post(f"transfers/{made}/fork", json={"title": "Mine"}).json()
    assert (copy["title"], copy["version"], copy["author"]) == ("Mine", 0, "eve")
    assert eve.get(f"transfers/{copy['id']}/plan").content == bob.get(f"transfers/{made}/plan").content
    assert eve.get(f"transfers/{copy['id']}/evaluation").status_code == 200
    eve.post(f"transfers/{copy['id']}/start-fresh", json={"base_version": 0, "targets": ["fc.weight"]})
    assert bob.get(f"transfers/{made}").json()["version"] == version
    assert bob.get(f"transfers/{copy['id']}").status_code == 404


def test_finding(ada: TestClient, bob: TestClient, eve: TestClient) -> None:
    """By words in the title, in a model's name, in a person's; by state, by who takes part; never what is somebody else's."""
    made = begin(bob, "Straße to zebra_50%")
    bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "viewer"})

    def found(client: TestClient, **wanted: str) -> set[str]:
        return {each["id"] for each in client.get("transfers", params=wanted).json()}

    assert found(bob, query="ZEBRA_50%") == {made}
    assert found(bob, query="zebraX50") == set()
    assert made in found(bob, query="pasted bob")
    assert found(bob, query="zebra nowhere") == set()
    assert made in found(eve, person=_id(bob))
    assert found(eve, person=_id(bob)) <= found(eve)
    assert made in found(bob, person=_id(eve))
    made_by_hand = ada.post("teams", json={"name": "Ornithology"}).json()["id"]
    assert made in found(bob, query="zebra eve"), "who only has a role is found by words"
    bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": None})
    assert made not in found(bob, query="zebra eve")
    bob.put(f"transfers/{made}/roles/team", json={"team": made_by_hand, "role": "viewer"})
    assert made in found(bob, query="zebra ornith"), "a team by its name"
    assert made not in found(bob, query="zebra eve")
    ada.post(f"teams/{made_by_hand}/people", json={"login": "eve"})
    assert made in found(bob, query="zebra eve"), "and its people by theirs"
    assert made in found(bob, person=_id(eve))
    assert made in found(bob, state="complete")
    assert made not in found(bob, state="open")
    bob.patch(f"transfers/{made}", json={"archived": True})
    assert made in found(bob, state="archived", query="zebra")
    assert made not in found(bob, query="zebra")


def test_the_log_tells_what_was_done(ada: TestClient, bob: TestClient) -> None:
    """Who, what, to which transfer and version; for who looks after the installation, and for owners of a transfer."""
    made = begin(bob, "Logged")
    bob.post(f"transfers/{made}/start-fresh", json={"base_version": 0, "targets": ["a.weight"]})
    bob.get(f"transfers/{made}/exports/plan")
    bob.get(f"transfers/{made}/exports/report/preview")
    bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "viewer"})
    records = bob.get(f"transfers/{made}/audit").json()
    assert [each["what"] for each in records] == ["role.given", "export.taken", "version.named", "edit.done", "transfer.made"]
    assert {each["name"] for each in records} == {"bob"}
    assert records[3]["said"] == "Version 1: One key starts fresh"
    bob.delete(f"transfers/{made}")
    after = ada.get("audit", params={"transfer": made}).json()
    assert after[0]["said"] == "Deleted Logged"
    assert len(after) == 6
    assert ada.get("audit", params={"transfer": made, "before": after[1]["id"]}).json() == after[2:]
    assert {each["what"] for each in ada.get("audit", params={"what": "sign-in"}).json()} == {"sign-in.done"}


def test_the_log_only_grows(house: House) -> None:
    """The database itself refuses to change or to delete a line of it."""
    for statement in ("UPDATE audit SET name = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="only grows"), house.database.write() as tx:
            tx.execute(text(statement))


def test_what_fails_leaves_no_line(house: House) -> None:
    """A line stands or falls with what it tells of."""

    def fail() -> None:
        with house.database.write() as tx:
            audit.record(tx, "local", "transfer.made", title="never")
            raise RuntimeError

    before = audit.listed(house, limit=1)[0].id
    with pytest.raises(RuntimeError):
        fail()
    assert audit.listed(house, limit=1)[0].id == before


def test_the_log_can_be_taken_away(ada: TestClient, bob: TestClient, house: House) -> None:
    """As lines of JSON, and as a table in which nothing is a formula, whatever people write."""
    begin(bob, '=HYPERLINK("http://evil.example","x")')
    lines = [json.loads(line) for line in ada.get("audit/export").text.splitlines()]
    assert [each["id"] for each in lines] == sorted(each["id"] for each in lines)
    assert lines[-1]["about"]["title"].startswith("=HYPERLINK")
    accounts.rename(house, "@SUM(1+1)", _id(bob))
    begin(bob)
    rows = list(csv.reader(io.StringIO(ada.get("audit/export", params={"format": "csv"}).text)))
    assert rows[0][0] == "id"
    assert len(rows) == len(lines) + 3
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]
    assert any(cell == "'@SUM(1+1)" for cell in cells)


def test_a_review_follows_the_roles(app: FastAPI, ada: TestClient, bob: TestClient, eve: TestClient) -> None:
    """A viewer reads, a reviewer speaks and decides, the owner asks and sets terms; who has no role hears that there is nothing."""
    made = f"transfers/{begin(bob, 'To review')}"
    say = {"body": "Why this one?"}
    assert eve.get(f"{made}/review").status_code == eve.post(f"{made}/comments", json=say).status_code == 404
    bob.put(f"{made}/roles/person", json={"login": "eve", "role": "viewer"}).raise_for_status()
    assert eve.get(f"{made}/review").status_code == 200
    assert eve.post(f"{made}/comments", json=say).status_code == 403
    assert eve.post(f"{made}/review/verdict", json={"version": 0, "verdict": "approve"}).status_code == 403
    bob.put(f"{made}/roles/person", json={"login": "eve", "role": "reviewer"}).raise_for_status()
    assert eve.post(f"{made}/comments", json=say).status_code == 201
    assert eve.put(f"{made}/review/terms", json={"approvals": 0, "checks": []}).status_code == 403
    person = next(each["id"] for each in ada.get("people").json() if each["login"] == "eve")
    assert bob.post(f"{made}/review/reviewers", json={"person": person}).status_code == 204
    assert {each["kind"] for each in eve.get("inbox").json()} == {"asked"}
    assert {each["kind"] for each in bob.get("inbox").json()} == {"thread"}
    standing = eve.post(f"{made}/review/verdict", json={"version": 0, "verdict": "approve"}).json()
    assert (standing["state"], standing["may_go"]) == ("approved", True)
    bob.put(f"{made}/roles/person", json={"login": "eve", "role": None})
    assert eve.get("inbox").json() == []


def test_the_review_page_shows_what_its_reader_may_do(app: FastAPI, bob: TestClient, eve: TestClient) -> None:
    """Forms for those who may use them; a viewer sees none."""
    made = begin(bob, "To look at")
    bob.put(f"transfers/{made}/roles/person", json={"login": "eve", "role": "viewer"}).raise_for_status()
    page = f"{BASE}/t/{made}/review"
    assert "review/verdict" in bob.get(page).text
    seen = eve.get(page).text
    assert "review/verdict" not in seen
    assert "review/comments" not in seen
