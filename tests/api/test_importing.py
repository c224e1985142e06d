"""Imports over HTTP."""

from fastapi.testclient import TestClient

AT = "/api/v1"


def test_an_import_is_one_step(client: TestClient) -> None:
    """Look, then take; the answer names kind, rules, and what was left out."""
    at = f"{AT}/transfers/{client.post(f'{AT}/example').json()['id']}"
    asked = {"base_version": 0, "text": '{"conv1.weight": "backbone_conv.weight", "no": "where"}', "apply": False}
    seen = client.post(f"{at}/plan/import", json=asked).json()
    assert (seen["kind"], seen["applied"]) == ("pairs", None)
    assert seen["rules"] == ['"backbone_conv.weight" = "conv1.weight"']
    assert seen["skipped"][0]["entry"] == "no -> where"
    done = client.post(f"{at}/plan/import", json=asked | {"apply": True}).json()
    assert done["applied"]["version"] == 1
    assert client.post(f"{at}/undo", json={}).json()["version"] == 2


def test_a_transfer_is_reversed(client: TestClient) -> None:
    """The new transfer has the sides swapped; what is lost is listed."""
    first = client.post(f"{AT}/example").json()
    answer = client.post(f"{AT}/transfers/{first['id']}/reverse")
    assert answer.status_code == 201
    made = answer.json()
    assert made["transfer"]["target"]["id"] == first["sources"][""]["id"]
    assert all(each["why"] for each in made["lost"])


def test_a_rule_is_foreseen(client: TestClient) -> None:
    """Counts and samples of what it would do; the plan stays as it is."""
    at = f"{AT}/transfers/{client.post(f'{AT}/example').json()['id']}"
    version = client.get(at).json()["version"]
    seen = client.post(f"{at}/plan/foresee", json={"statement": 'ignore "conv1.*"'}).json()
    assert (seen["gained"], seen["lost"], seen["failing"]) == (0, 0, 0)
    seen = client.post(f"{at}/plan/foresee", json={"statement": '"fc.{p}" = "bn1.{p}"'}).json()
    assert seen["changed"] == 2
    assert {each["key"] for each in seen["samples"]} == {"fc.weight", "fc.bias"}
    assert client.get(at).json()["version"] == version
    assert client.post(f"{at}/plan/foresee", json={"statement": "what"}).status_code in {400, 422}
