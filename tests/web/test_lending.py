"""The conversation about lent files, as the page's script has it."""

import gzip
import json

import pytest
import torch

from app.sources.rounds import RoundError, unpack
from tests.web.conftest import _client


def _packed(parts):
    head = json.dumps([[name, offset, len(data)] for name, offset, data in parts]).encode()
    return len(head).to_bytes(4, "big") + head + b"".join(data for _, _, data in parts)


def test_a_round_is_unpacked():
    """Ranges come out as they went in."""
    parts = [("a", 0, b"xy"), ("b/ü", 10, b""), ("a", 5, b"z")]
    assert unpack(_packed(parts)) == parts


@pytest.mark.parametrize(
    "body", [b"", b"\0\0\0\x05[[1", b"\0\0\0\x02[]trailing"[:3], _packed([("a", 0, b"abc")])[:-1], b"\xff\xff\xff\xff"]
)
def test_what_is_no_round(body):
    """Cut short, no list, ranges beyond the end."""
    with pytest.raises(RoundError):
        unpack(body)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_checkpoint_is_read_by_ranges(client, tmp_path, zipped):
    """Only what is asked for is sent, at most four rounds, and then there is a tree."""
    path = tmp_path / "weights.pt"
    torch.save({"a.weight": torch.zeros(64, 1024), "b.weight": torch.ones(3)}, path)
    content = path.read_bytes()
    card = client.post("/lent", json={"files": [{"name": "weights.pt", "size": len(content), "modified": 1}]}).json()
    sent = rounds = 0
    while card["state"] == "wanted":
        parts = [(name, offset, content[offset : offset + length]) for name, offset, length in card["wanted"]]
        body = _packed(parts)
        sent += sum(len(data) for _, _, data in parts)
        headers = {"X-Encoding": "gzip"} if zipped else {}
        card = client.post(f"/lent/{card['id']}", content=gzip.compress(body) if zipped else body, headers=headers).json()
        rounds += 1
        assert rounds <= 4
    assert card["state"] == "ready"
    shown = client.get(f"/sides/{card['id']}?side=s")
    assert "Stays on your computer" in shown.text
    assert sent < len(content)


def test_a_bomb_is_refused(client):
    """What inflates beyond the limit is not taken."""
    card = client.post("/lent", json={"files": [{"name": "x.pt", "size": 10_000, "modified": 1}]}).json()
    answer = client.post(f"/lent/{card['id']}", content=b"no gzip", headers={"X-Encoding": "gzip", "X-Keygraft": "script"})
    assert answer.status_code == 422


@pytest.mark.parametrize(("limits", "code"), [({"upload_bytes": 300}, "request_too_large"), ({"lent_bytes": 20_000}, "lent_too_much")])
def test_what_is_sent_has_limits(tmp_path, limits, code):
    """As it travels, and unpacked; both are said, and nothing of it is kept."""
    content = bytes(100_000)
    with _client(tmp_path, **limits) as client:
        card = client.post("/lent", json={"files": [{"name": "x.bin", "size": len(content)}]}).json()
        parts = [(name, offset, content[offset : offset + length]) for name, offset, length in card["wanted"]]
        body = gzip.compress(_packed(parts))
        if code == "request_too_large":
            body += bytes(300)
        headers = {"X-Encoding": "gzip", "X-Keygraft": "script"}
        answer = client.post(f"/lent/{card['id']}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, code)
