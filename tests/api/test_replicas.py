"""A team's installation: two replicas on one PostgreSQL, asked like two servers behind a balancer."""

import threading
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import bootstrap, settings
from app.services import accounts
from tests.store.cluster import Cluster

BASE = "http://127.0.0.1:8400"
AT = "/api/v1"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def replicas(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, FastAPI]]:
    """Two applications, one database, one data folder."""
    folder, url = tmp_path_factory.mktemp("shared"), cluster.url()
    made = tuple(bootstrap.create_app(settings.load(data=folder, database_url=url)) for _ in range(2))
    accounts.add(made[0].state.house, "ada", password=PASSWORD, admin=True)
    accounts.add(made[0].state.house, "bob", password=PASSWORD)
    yield made[0], made[1]
    for each in made:
        each.state.house.close()


@pytest.fixture(scope="module")
def both(replicas: tuple[FastAPI, FastAPI]) -> tuple[TestClient, TestClient]:
    """One person, signed in at the first, known at both."""
    word = accounts.sign_in(replicas[0].state.house, "bob", PASSWORD)
    clients = tuple(TestClient(each, base_url=BASE, cookies={"keygraft-session-8400": word}) for each in replicas)
    return clients[0], clients[1]


def test_a_session_is_known_everywhere(both: tuple[TestClient, TestClient]) -> None:
    """Also that people have accounts, although the other replica made them."""
    assert [each.get(f"{AT}/me").json()["name"] for each in both] == ["bob", "bob"]


def test_edits_of_two_replicas_become_one_history(both: tuple[TestClient, TestClient]) -> None:
    """Forty edits at once, from both: each is one version, none is lost, none fails by a defect."""
    made = both[0].post(f"{AT}/example").json()["id"]
    keys = sorted(both[1].get(f"{AT}/transfers/{made}/evaluation").json()["targets"])[:40]
    answers: list[int] = []

    def work(client: TestClient, part: list[str]) -> None:
        for key in part:
            body = {"base_version": 0, "targets": [key]}
            answers.append(client.post(f"{AT}/transfers/{made}/start-fresh", json=body).status_code)

    threads = [threading.Thread(target=work, args=(both[number % 2], keys[number::4])) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409}
    done = answers.count(200)
    history = both[0].get(f"{AT}/transfers/{made}/history").json()
    assert [each["version"] for each in history] == list(range(done, 0, -1))
    assert done >= 20
    assert both[0].get(f"{AT}/transfers/{made}").json()["version"] == done
    plans = [each.get(f"{AT}/transfers/{made}/plan").content for each in both]
    assert plans[0] == plans[1]


def test_finding_copying_and_the_log(both: tuple[TestClient, TestClient]) -> None:
    """What asks the database more than by id."""
    made = both[0].post(f"{AT}/example").json()["id"]
    copy = both[1].post(f"{AT}/transfers/{made}/fork", json={"title": "A zebra"}).json()["id"]
    assert [each["id"] for each in both[0].get(f"{AT}/transfers", params={"query": "ZEBRA", "state": "open"}).json()] == [copy]
    assert both[0].get(f"{AT}/transfers/{copy}/audit").json()[0]["what"] == "transfer.copied"
    assert both[1].delete(f"{AT}/transfers/{copy}").status_code == 204
    assert both[0].get(f"{AT}/transfers/{copy}").status_code == 404


def test_no_text_and_no_number_is_a_defect(both: tuple[TestClient, TestClient]) -> None:
    """Zeros, half characters, numbers beyond all bounds: in the path, in the query, in the body."""
    made = both[0].post(f"{AT}/example").json()["id"]
    client = both[0]
    answers = [
        client.get(f"{AT}/transfers/%00"),
        client.get(f"{AT}/sides/a%00b/tree"),
        client.get(f"{AT}/transfers", params={"query": "a\0b", "person": "\0"}),
        client.patch(f"{AT}/transfers/{made}", content=b'{"title": "a\\u0000b \\ud800"}', headers={"Content-Type": "application/json"}),
        client.get(f"{AT}/transfers/{made}/evaluation", params={"version": 1 << 40}),
        client.put(f"{AT}/transfers/{made}/versions/{1 << 70}/name", json={"name": "x"}),
        client.post(f"{AT}/sides", json={"text": "a\0b.weight: [2]\n"}),
        client.post(f"{AT}/transfers/{made}/undo", json={"client": "\0"}),
        client.put(f"{AT}/transfers/{made}/roles/person", json={"login": "a\0", "role": "viewer"}),
        client.get("/t/%00", headers={"X-Keygraft": "script"}),
    ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert client.get(f"{AT}/transfers/{made}").json()["title"] == "a\ufffdb ?"
