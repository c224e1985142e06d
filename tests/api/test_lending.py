"""Lent files by the API: packed rounds, files that come back, new files put together by whoever holds the old ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.sources import RangeStore, marks
from app.sources.rounds import pack
from tests.exporting.composer import compose

AT = "/api/v1"
NAME = "zip_tied.pt"


@pytest.fixture
def held(shared: Path) -> bytes:
    """The file that stays where it is."""
    return (shared / "checkpoints" / "generated" / NAME).read_bytes()


def _lend(client: TestClient, held: bytes) -> dict[str, Any]:
    card: dict[str, Any] = client.post(f"{AT}/lent", json={"files": [{"name": NAME, "size": len(held), "modified": 5}]}).json()
    while card["state"] == "wanted":
        parts = [
            (each["file"], each["offset"], held[each["offset"] : each["offset"] + each["length"]]) for each in card["wanted"]["ranges"]
        ]
        body, packed = pack(parts)
        assert packed
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"}
        card = client.post(f"{AT}/sides/{card['id']}/rounds", content=body, headers=headers).json()
    return card


def test_packed_rounds_are_read_and_counted(client: TestClient, held: bytes) -> None:
    """The tree is there, and what is said to be sent is what travelled, not what it unpacked to."""
    card = _lend(client, held)
    assert card["state"] == "ready"
    known = client.get(f"{AT}/sides/{card['id']}/lent").json()
    assert card["sent"] == known["sent"] < sum(length for mark in known["marks"] for _, length in mark["ranges"])


def test_no_round_is_refused(client: TestClient, held: bytes) -> None:
    """What is not packed as it says, or no round at all."""
    card = client.post(f"{AT}/lent", json={"files": [{"name": NAME, "size": len(held)}]}).json()
    for headers in ({"Content-Encoding": "gzip"}, {}):
        answer = client.post(f"{AT}/sides/{card['id']}/rounds", content=b"\xff" * 40, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "request_unreadable")


def test_a_file_that_comes_back_is_judged(client: TestClient, held: bytes) -> None:
    """By its mark, which a program can work out from the record."""
    side = _lend(client, held)["id"]
    known = client.get(f"{AT}/sides/{side}/lent").json()
    store = RangeStore()
    for offset, length in known["marks"][0]["ranges"]:
        store.put(NAME, offset, held[offset : offset + length])
    back = {"name": NAME, "size": len(held), "modified": 5, "digest": marks(store)[0].digest}
    judged = [
        client.post(f"{AT}/sides/{side}/attach", json={"files": [back | change]}).json()["verdict"]
        for change in ({}, {"modified": 6}, {"digest": "0" * 64}, {"name": "x"})
    ]
    assert judged == ["same", "touched", "changed", "missing"]


def test_a_program_puts_the_new_file_together(client: TestClient, held: bytes, shared: Path) -> None:
    """By the list of pieces, packed or not; what would come out is told before."""
    side = _lend(client, held)["id"]
    made = client.post(f"{AT}/transfers", json={"sources": {"": side}, "target": side}).json()["id"]
    told = client.get(f"{AT}/transfers/{made}/composition/prospect").json()
    assert told["possible"]
    plain = client.get(f"{AT}/transfers/{made}/composition", headers={"Accept-Encoding": "identity"})
    packed = client.get(f"{AT}/transfers/{made}/composition", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content
    [(name, data)] = compose(plain.content, {("", NAME): held}).items()
    assert [{"name": name, "size": len(data)}] == told["files"]
    size = int.from_bytes(data[:8], "little")
    assert set(json.loads(data[8 : 8 + size])) > {"__metadata__"}
