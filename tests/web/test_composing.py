"""The card that makes the new file in the browser, and what its script asks for."""

import gzip
import json
import re

from tests.exporting.composer import compose
from tests.web.lending import lend

HEADER = {f"old.{i}": {"dtype": "F32", "shape": [2], "data_offsets": [8 * i, 8 * i + 8]} for i in range(3)}
TEXT = json.dumps(HEADER).encode()
FILE = len(TEXT).to_bytes(8, "little") + TEXT + bytes(range(24))
TARGET = json.dumps({f"new.{i}": {"shape": [2], "dtype": "F32"} for i in (2, 0, 1)})


def _transfer(client, plan, base=""):
    answer, _ = lend(client, {"<b>old</b>.safetensors": FILE})
    side = answer.json()["id"]
    target = client.post("/api/v1/sides", json={"text": TARGET}).json()["id"]
    made = client.post("/api/v1/transfers", json={"sources": {"": side}, "target": target}).json()["id"]
    client.put(f"/api/v1/transfers/{made}/plan", json={"base_version": 0, "plan": f"keygraft_plan 1\n{plan}"}).raise_for_status()
    return made, side


def test_the_card_of_a_rename(client):
    """It names the file that comes out and the files that it needs, and hostile names stay text."""
    made, side = _transfer(client, '"new.{i}" = "old.{i}"\n')
    assert f'data-url="/t/{made}/compose"' in client.get(f"/t/{made}/export?kind=safetensors").text
    for kind, closed in (("safetensors", False), ("torch", True)):
        assert ("Not possible here" in client.get(f"/t/{made}/export?kind={kind}").text) is closed
    shown = client.get(f"/t/{made}/compose").text
    assert f'<lent-files data-side="{side}"' in shown
    assert "<b>" not in shown
    [names] = re.findall(r'data-names="([^"]*)"', shown)
    assert json.loads(names.replace("&#34;", '"')) == [f"{_stem(client, made)}.safetensors"]
    sharded = client.get(f"/t/{made}/compose?max_shard_size=1000000000").text
    assert f"/t/{made}/composition?max_shard_size=1000000000" in sharded


def _stem(client, made):
    kinds = client.get(f"/api/v1/transfers/{made}/exports").json()
    return next(kind["filename"] for kind in kinds if kind["kind"] == "safetensors").removesuffix(".safetensors")


def test_the_pieces_of_a_rename(client):
    """Out of order in the target, so three ranges; packed for those who take it."""
    made, _ = _transfer(client, '"new.{i}" = "old.{i}"\n')
    answer = client.get(f"/t/{made}/composition")
    assert answer.headers["content-encoding"] == "gzip"
    [data] = compose(answer.content, {("", "<b>old</b>.safetensors"): FILE}).values()
    assert data.endswith(bytes([*range(16, 24), *range(16)]))
    plain = client.get(f"/t/{made}/composition", headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert len(gzip.compress(plain.content)) < len(plain.content)


def test_the_card_of_a_rule_that_computes(client):
    """The rule and its op are named, with other ways; there is no button."""
    made, _ = _transfer(client, '"new.{i}" = cast("old.{i}", dtype=F16)\n')
    shown = client.get(f"/t/{made}/compose").text
    assert "3 tensors have to be computed" in shown
    assert '<span class="tag ask">cast</span>' in shown
    assert 'data-act="compose"' not in shown
    refused = client.get(f"/t/{made}/composition", headers={"X-Keygraft": "script"})
    assert (refused.status_code, refused.json()["code"]) == (400, "composition_computes")


def test_nothing_to_compose(client, example):
    """Where no source stays in the browser, the page has no such card."""
    assert 'id="compose"' not in client.get(f"{example}/export").text
    assert client.get(f"{example}/compose").text.strip() == ""


def test_below_a_base_path(behind):
    """Addresses carry the base."""
    made, _ = _transfer(behind, '"new.{i}" = "old.{i}"\n')
    assert f'data-composition="/user/ada/keygraft/t/{made}/composition"' in behind.get(f"/t/{made}/compose").text
