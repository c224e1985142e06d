"""The page that compares the tensors of both sides, and the API beside it, with a real worker."""

import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.web.conftest import _client


@pytest.fixture
def worked(tmp_path):
    """A client whose house has a worker, and a transfer between two files whose names say nothing."""
    made = np.random.default_rng(5)
    root = tmp_path
    a, b = (made.normal(size=(4, 6)).astype(np.float32) for _ in range(2))
    save_file({"one": a, "two": b}, root / "from.safetensors")
    save_file({"x<b>": np.ascontiguousarray(b.T), "y": a}, root / "into.safetensors")
    with _client(root, workers=1) as client:
        sides = [client.post("/api/v1/sides", json={"text": str(root / f"{name}.safetensors")}).json()["id"] for name in ("from", "into")]
        made = client.post("/api/v1/transfers", json={"sources": {"": sides[0]}, "target": sides[1]}).json()
        yield client, made["id"]


def test_compared_shown_taken(worked):
    """The page starts a job, follows it, shows the finds escaped, and makes rules of them."""
    client, transfer = worked
    assert f"/t/{transfer}/values" in client.get(f"/t/{transfer}").text
    assert client.get(f"/api/v1/transfers/{transfer}/values").json() == {"job": None, "finds": []}
    assert client.post(f"/t/{transfer}/values", follow_redirects=False).status_code == 303
    deadline = time.monotonic() + 60
    while 'hx-trigger="load delay:700ms"' in (shown := client.get(f"/t/{transfer}/values/state").text):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "<code>x&lt;b&gt;</code>" in shown
    finds = client.get(f"/api/v1/transfers/{transfer}/values").json()["finds"]
    assert {find["keys"][0]: (find["way"], find["standing"]) for find in finds} == {"x<b>": ("transposed", "new"), "y": ("equal", "new")}
    before = client.get(f"/api/v1/transfers/{transfer}").json()["version"]
    asked = {"base_version": before, "standing": "new"}
    assert client.post(f"/api/v1/transfers/{transfer}/values/take", json=asked).json()["version"] == before + 1
    assert {find["standing"] for find in client.get(f"/api/v1/transfers/{transfer}/values").json()["finds"]} == {"same"}


def test_key_lists_say_why_not(client, example):
    """Where a side has no tensors the page says so, offers no button, and the API refuses with a word."""
    shown = client.get(f"{example}/values").text
    assert "has no tensors that the server can read" in shown
    assert "Compare the values</button>" not in shown
    refused = client.post(f"/api/v1{example.replace('/t/', '/transfers/')}/values")
    assert refused.status_code == 400
    assert refused.json()["code"] == "values_not_held"
