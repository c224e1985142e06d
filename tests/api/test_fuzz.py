"""Whatever is sent, the answer is one of ours: never a defect."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

AT = "/api/v1"
words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "*", "{i}", "{rest*}", "fc.weight", "conv1.weight", "{i+1}", "\ud800", "\0", "~int:1", "a" * 300]),
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
rules = st.one_of(
    st.fixed_dictionaries({"type": st.just("init"), "pattern": words, "policy": words}, optional={"args": json_values}),
    st.fixed_dictionaries({"type": st.just("ignore"), "pattern": words}, optional={"source": words, "raw": st.booleans()}),
    st.fixed_dictionaries(
        {"type": st.just("rename"), "how": st.sampled_from(["strip_prefix", "replace", "regex"]), "find": words, "to": words}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("bind"),
            "target": words,
            "value": st.one_of(
                st.fixed_dictionaries({"type": st.just("ref"), "pattern": words}),
                st.fixed_dictionaries(
                    {
                        "type": st.just("call"),
                        "op": st.one_of(words, st.sampled_from(["chunk", "stack", "transpose", "slice", "reshape"])),
                        "inputs": st.lists(st.fixed_dictionaries({"type": st.just("ref"), "pattern": words}), max_size=2),
                        "args": st.dictionaries(st.sampled_from(["dim", "start", "shape", "x"]), json_values, max_size=2),
                        "index": st.one_of(st.none(), st.integers(), words),
                    }
                ),
            ),
        }
    ),
)
edits = st.one_of(
    st.fixed_dictionaries({"type": st.just("add"), "rule": rules}, optional={"at": st.one_of(st.none(), st.integers())}),
    st.fixed_dictionaries({"type": st.just("remove"), "at": st.integers(), "statement": words}),
    st.fixed_dictionaries({"type": st.just("set"), "plan": st.fixed_dictionaries({"rules": st.lists(rules, max_size=3)})}),
    json_values,
)
calm = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def check(answer: Any) -> None:
    """One of ours, with what to do about it."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()) == {"code", "message", "hint", "params"}


def send(client: TestClient, method: str, url: str, body: Any) -> Any:
    """Send JSON; characters that no encoding has are escaped, as a program may do."""
    return client.request(method, url, content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.fixture
def transfer(client: TestClient) -> str:
    """Address of the example."""
    return f"{AT}/transfers/{client.post(f'{AT}/example').json()['id']}"


@calm
@given(sent=st.lists(edits, max_size=3), base=st.integers(-2, 3))
def test_edits(client: TestClient, transfer: str, sent: list[Any], base: int) -> None:
    """Rules of every kind, right and wrong; afterwards everything can still be shown and exported."""
    version = client.get(transfer).json()["version"]
    check(send(client, "post", f"{transfer}/edits", {"base_version": max(version - base, -1), "edits": sent}))
    for path in ("evaluation", "plan", "plan?spelling=text", "history", "proposals", "exports/script", "exports/report/preview"):
        answer = client.get(f"{transfer}/{path}")
        check(answer)
        assert answer.status_code == 200 or path == "exports/script", answer.text


@calm
@given(text=st.one_of(words, st.text(max_size=200), json_values.map(str)))
def test_understanding(client: TestClient, text: str) -> None:
    """Any text in the one box."""
    check(send(client, "post", f"{AT}/sides", {"text": text}))


@calm
@given(plan=st.one_of(st.text(max_size=80), st.text(max_size=60).map("keygraft_plan 1\n{}".format), json_values.map(str)))
def test_plans(client: TestClient, transfer: str, plan: str) -> None:
    """Any text as a plan."""
    version = client.get(transfer).json()["version"]
    check(send(client, "put", f"{transfer}/plan", {"base_version": version, "plan": plan}))


@calm
@given(
    gesture=st.sampled_from(["map", "unmap", "start-fresh", "leave-behind", "proposals/accept", "proposals/reject", "undo", "redo"]),
    body=st.fixed_dictionaries(
        {},
        optional={
            "base_version": st.integers(0, 5),
            "pairs": st.lists(st.tuples(words, words), max_size=2),
            "targets": st.lists(words, max_size=2),
            "keys": st.lists(words, max_size=2),
            "groups": st.lists(words, max_size=2),
            "source": words,
            "policy": words,
            "at_least": st.floats(allow_nan=False, allow_infinity=False),
            "client": words,
        },
    ),
)
def test_gestures(client: TestClient, transfer: str, gesture: str, body: dict[str, Any]) -> None:
    """Any body to any gesture."""
    check(send(client, "post", f"{transfer}/{gesture}", body))


@calm
@given(path=st.text(max_size=40), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]))
def test_addresses(client: TestClient, path: str, method: str) -> None:
    """Any address."""
    from urllib.parse import quote

    check(client.request(method, f"{AT}/{quote(path, safe='/', errors='replace')}"))


@calm
@given(path=words)
def test_folders(client: TestClient, path: str) -> None:
    """Any path to the file picker."""
    check(client.get(f"{AT}/files", params={"path": path.encode("utf-8", "replace").decode()}))
