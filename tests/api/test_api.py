"""Everything the page can do, as JSON."""

import base64
import json
from pathlib import Path

from fastapi.testclient import TestClient

from app import messages
from app.services import example_files

AT = "/api/v1"


def test_the_main_job(client: TestClient) -> None:
    """Example, proposals, an edit, undo, history, plan and script."""
    made = client.post(f"{AT}/example").json()
    at = f"{AT}/transfers/{made['id']}"
    assert [each["id"] for each in client.get(f"{AT}/transfers").json()] == [made["id"]]
    groups = client.get(f"{at}/proposals").json()
    accepted = client.post(f"{at}/proposals/accept", json={"base_version": 0, "groups": [groups[0]["id"]], "client": "tab"}).json()
    assert accepted["version"] == 1
    assert accepted["client"] == "tab"
    edit = {"type": "add", "rule": {"type": "init", "pattern": "fc.{p}", "policy": "zeros"}}
    assert client.post(f"{at}/edits", json={"base_version": 1, "edits": [edit]}).json()["version"] == 2
    evaluation = client.get(f"{at}/evaluation").json()
    assert evaluation["clean"]
    assert evaluation["targets"]["fc.weight"]["state"] == "initialised"
    assert client.post(f"{at}/undo", json={}).json()["can_redo"]
    assert client.post(f"{at}/redo", json={}).json()["version"] == 4
    assert 'init "fc.{p}" with zeros' in client.get(f"{at}/plan?spelling=text").text
    assert [step["kind"] for step in client.get(f"{at}/history").json()] == ["redo", "undo", "edit", "edit"]
    assert client.get(f"{at}/lint").status_code == 200
    assert "def " in client.get(f"{at}/exports/script").text
    assert client.get(f"{at}/exports/safetensors").headers["content-disposition"].startswith("attachment")


def test_by_hand(client: TestClient) -> None:
    """Sides from text, map, unmap, start fresh, leave behind, jump, rename, delete."""
    sides = [
        client.post(f"{AT}/sides", json={"text": json.dumps({key: {"shape": [2], "dtype": "F32"} for key in keys})}).json()["id"]
        for keys in (("a", "b"), ("c", "d"))
    ]
    made = client.post(f"{AT}/transfers", json={"sources": {"": sides[0]}, "target": sides[1], "title": "T"}).json()
    at = f"{AT}/transfers/{made['id']}"
    assert client.post(f"{at}/map", json={"base_version": 0, "pairs": [["a", "c"]]}).json()["version"] == 1
    assert client.post(f"{at}/start-fresh", json={"base_version": 1, "targets": ["d"]}).json()["version"] == 2
    assert client.post(f"{at}/leave-behind", json={"base_version": 2, "keys": ["b"]}).json()["version"] == 3
    assert client.post(f"{at}/unmap", json={"base_version": 3, "targets": ["c"]}).json()["version"] == 4
    assert client.put(f"{at}/versions/3/name", json={"name": "good"}).status_code == 204
    assert client.post(f"{at}/versions/3/restore", json={}).json()["version"] == 5
    assert client.get(f"{at}/evaluation").json()["clean"]
    plan = client.get(f"{at}/plan").text
    assert client.put(f"{at}/plan", json={"base_version": 5, "plan": plan}).json()["version"] == 5
    assert client.patch(at, json={"title": "Better", "archived": True}).json()["title"] == "Better"
    assert client.get(f"{AT}/transfers").json() == []
    assert client.delete(at).status_code == 204
    assert client.get(at).json()["code"] == "transfer_not_found"


def test_conflicts_are_409(client: TestClient) -> None:
    """Two programs change the same rule."""
    made = client.post(f"{AT}/example").json()
    at = f"{AT}/transfers/{made['id']}"
    rule = {"type": "init", "pattern": "fc.weight", "policy": "zeros"}
    client.post(f"{at}/edits", json={"base_version": 0, "edits": [{"type": "add", "rule": rule}]})
    gone = {"type": "remove", "at": 0, "statement": 'init "fc.weight" with zeros'}
    assert client.post(f"{at}/edits", json={"base_version": 1, "edits": [gone]}).status_code == 200
    answer = client.post(f"{at}/edits", json={"base_version": 1, "edits": [gone]})
    assert answer.status_code == 409
    assert answer.json()["code"] == "edit_conflict"


def test_lent_files(client: TestClient) -> None:
    """A program can lend too: names and sizes first, then ranges."""
    data = example_files.checkpoint()
    card = client.post(f"{AT}/lent", json={"files": [{"name": "net.safetensors", "size": len(data)}]}).json()
    while card["state"] == "wanted":
        ranges = [
            {"file": each["file"], "offset": each["offset"], "data": base64.b64encode(data[each["offset"] :][: each["length"]]).decode()}
            for each in card["wanted"]["ranges"]
        ]
        card = client.post(f"{AT}/sides/{card['id']}/ranges", json={"ranges": ranges}).json()
    assert card["tensors"] == client.get(f"{AT}/sides/{card['id']}").json()["tensors"] == 92
    assert len(client.get(f"{AT}/sides/{card['id']}/tree").json()["tensors"]) == 92
    assert card["sent"] < len(data)


def test_files_and_uploads(client: TestClient, tmp_path: Path) -> None:
    """The picker lists the root; a file there and an upload read alike."""
    (tmp_path / "root" / "net.safetensors").write_bytes(example_files.checkpoint())
    root = client.get(f"{AT}/files").json()["entries"][0]["path"]
    listed = client.get(f"{AT}/files", params={"path": root}).json()["entries"]
    assert [entry["name"] for entry in listed] == ["net.safetensors"]
    there = client.post(f"{AT}/sides", json={"text": listed[0]["path"]}).json()
    sent = client.put(f"{AT}/uploads/net.safetensors", content=example_files.checkpoint()).json()
    assert there["tensors"] == sent["tensors"]
    assert client.get(f"{AT}/files", params={"path": "/etc"}).status_code == 403


def test_errors_have_one_form(client: TestClient) -> None:
    """Code, message, hint and parameters, whatever went wrong."""
    answers = [
        client.get("/api/v1/nowhere"),
        client.delete(f"{AT}/transfers"),
        client.post(f"{AT}/sides", content=b"{", headers={"Content-Type": "application/json"}),
        client.post(f"{AT}/sides", json={"text": "x", "more": 1}),
        client.post(f"{AT}/transfers", json={"sources": {}, "target": "x"}),
        client.get(f"{AT}/sides/nowhere"),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 422, 422, 400, 404]
    for answer in answers:
        assert set(answer.json()) == {"code", "message", "hint", "params"}
        assert answer.json()["hint"]


def test_a_defect_of_ours_is_said_calmly(client: TestClient, capsys: object) -> None:
    """The answer names a reference; what the exception says stays out of answer and log."""

    @client.app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("secret.key.name")

    answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert answer.json()["params"]["reference"]
    assert "secret" not in answer.text


def test_openapi_describes_every_error(client: TestClient) -> None:
    """The document is there, and names models for requests and answers."""
    document = client.get(f"{AT}/openapi.json").json()
    assert document["info"]["title"] == messages.text("app-name")
    for path, methods in document["paths"].items():
        assert path.startswith("/api/v1/")
        for described in methods.values():
            assert described["responses"]["404"]["content"]["application/json"]["schema"]["$ref"].endswith("/Failure")


def test_metrics_count(client: TestClient) -> None:
    """Requests by method and status, in Prometheus' text."""
    client.get(f"{AT}/transfers")
    text = client.get("/metrics").text
    assert 'keygraft_requests_total{method="GET",status="200"}' in text
    assert "keygraft_request_seconds_count" in text


def test_the_library(client: TestClient) -> None:
    """A finished transfer that is exported is listed, until it is forgotten."""
    made = client.post(f"{AT}/example").json()
    at = f"{AT}/transfers/{made['id']}"
    client.post(f"{at}/proposals/accept", json={"base_version": 0, "certain": True})
    client.post(f"{at}/start-fresh", json={"base_version": 1, "targets": ["fc.weight", "fc.bias"]})
    assert client.get(f"{at}/evaluation").json()["clean"]
    assert client.get(f"{AT}/library").json() == []
    client.get(f"{at}/exports/plan")
    (entry,) = client.get(f"{AT}/library").json()
    assert (entry["title"], entry["used"]) == (made["title"], 1)
    assert client.delete(f"{AT}/library/{entry['id']}").status_code == 204
    assert client.delete(f"{AT}/library/{entry['id']}").json()["code"] == "library_entry_not_found"
    assert client.get(f"{AT}/library").json() == []
