"""Ways to look at a transfer, for programs: what can be asked for, what waits, what fills what."""

import json

from fastapi.testclient import TestClient

AT = "/api/v1"
SOURCE = {**{f"blocks.{i}.fc.weight": [8, 4] for i in range(3)}, "head.weight": [10, 8], "old.bias": [3]}
TARGET = {**{f"layers.{i}.fc.weight": [8, 4] for i in range(3)}, "head.weight": [7, 8], "new.scale": [6]}


def _begin(client: TestClient) -> str:
    texts = [json.dumps({key: {"shape": shape, "dtype": "F32"} for key, shape in keys.items()}) for keys in (SOURCE, TARGET)]
    sides = [client.post(f"{AT}/sides", json={"text": text}).json()["id"] for text in texts]
    made = client.post(f"{AT}/transfers", json={"sources": {"": sides[0]}, "target": sides[1], "title": "T"}).json()
    return f"{AT}/transfers/{made['id']}"


def test_facets_name_their_terms(client: TestClient) -> None:
    """Each value says how many keys have it and what asks for it; asked for, as many rows come."""
    at = _begin(client)
    facets = {each["name"]: each["values"] for each in client.get(f"{at}/facets/target").json()}
    assert {value["word"]: value["keys"] for value in facets["shape"]} == {"8x4": 3, "7x8": 1, "6": 1}
    for value in facets["shape"]:
        found = client.get(f"{at}/mappings", params={"filter_target": value["term"]}).json()
        assert sum(row["keys"] for row in found["rows"]) == value["keys"]


def test_mappings_are_filtered_sorted_and_paged(client: TestClient) -> None:
    """What fills each row, then what is left over; a filter, an order, a stretch."""
    at = _begin(client)
    rows = client.get(f"{at}/mappings").json()["rows"]
    assert [row["target"] for row in rows] == ["layers.{0–2}.fc.weight", "head.weight", "new.scale", ""]
    assert rows[-1]["source"] == "old.bias"
    assert client.get(f"{at}/mappings", params={"filter_target": "is:missing"}).json()["rows"][0]["target"] == "new.scale"
    falling = client.get(f"{at}/mappings", params={"by": "keys", "falling": True, "first": 0, "count": 1}).json()
    assert (falling["total"], falling["rows"][0]["keys"]) == (4, 3)
    assert client.get(f"{at}/mappings", params={"filter_target": "/(/"}).json()["code"] == "filter_regex"


def test_cases_are_settled_until_none_is_left(client: TestClient) -> None:
    """Take a rule where one fits, else the best option: the transfer is clean at the end, and an option that is gone is refused."""
    at = _begin(client)
    version, seen = 0, []
    while (turn := client.get(f"{at}/cases/next").json())["case"]:
        chosen = next((option for option in turn["options"] if option["kind"] == "rules"), turn["options"][0])
        token = chosen["token"]
        seen.append((turn["case"]["state"], chosen["kind"]))
        body = {"base_version": version, "token": token}
        version = client.post(f"{at}/cases/{turn['case']['id']}/decide", json=body).json()["version"]
        assert client.post(f"{at}/cases/{turn['case']['id']}/decide", json=body).json()["code"] == "case_gone"
    assert sorted(seen) == [("mismatched", "rules"), ("missing", "fresh"), ("proposed", "claim")]
    assert client.get(f"{at}/evaluation").json()["clean"]
    assert client.get(f"{at}/cases").json() == []


def test_a_skipped_case_comes_last(client: TestClient) -> None:
    """Skipping goes on to another case; where all are skipped, the first comes again."""
    at = _begin(client)
    names = [case["id"] for case in client.get(f"{at}/cases").json()]
    assert client.get(f"{at}/cases/next", params={"skipped": names[:1]}).json()["case"]["id"] == names[1]
    assert client.get(f"{at}/cases/next", params={"skipped": names}).json()["case"]["id"] == names[0]
