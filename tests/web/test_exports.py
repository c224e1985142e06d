"""EXPORT: every kind as a card, options, the frame of a report, and a job as one fragment."""

import json
import re

import pytest

from app.services.ways_out import WAYS


@pytest.mark.parametrize("kind", [kind for kind, way in WAYS.items() if way.group != "weights"])
def test_every_kind_is_shown_and_handed_over(client, example, kind):
    """A card, a preview, how to use it, and a file of the name that is said."""
    shown = client.get(f"{example}/export", params={"kind": kind})
    assert shown.status_code == 200
    assert 'id="use"' in shown.text
    name = re.search(r'<div class="preview-head">\s*<h2>(.*?)</h2>', shown.text).group(1)
    taken = client.get(f"{example}/download/{kind}")
    assert taken.status_code == 200
    assert name in taken.headers["content-disposition"]
    assert taken.content


@pytest.mark.parametrize("kind", ["script", "plan", "mmengine"])
def test_the_example_names_the_file_that_was_given(client, example, kind):
    """What is copied runs beside the checkpoint, without a name to be put in first."""
    shown = client.get(f"{example}/export", params={"kind": kind}).text
    use = re.search(r'<code id="use">(.*?)</code>', shown, re.DOTALL).group(1)
    assert "cifar_net.safetensors" in use
    assert "checkpoint.pth" not in use


def test_options_change_what_is_shown_and_taken(client, example):
    """The way back, and a part of the keys: the same in the preview and in the file."""
    whole = client.get(f"{example}/download/script").text
    only = client.get(f"{example}/download/script", params={"only": "layer1.*"}).text
    back = client.get(f"{example}/download/pairs", params={"inverse": "true"}).json()
    assert only != whole
    assert back == {key: value for value, key in client.get(f"{example}/download/pairs").json().items()}
    page = client.get(f"{example}/export", params={"kind": "pairs", "inverse": "true"}).text
    assert "do not come back" in page
    assert "?inverse=true" in page


def test_a_kind_that_cannot_say_a_key_names_it(client):
    """The reason, and the code that remains."""
    source = client.post("/api/v1/sides", json={"text": '{"w": {"shape": [2, 3], "dtype": "F32"}}'}).json()["id"]
    target = client.post("/api/v1/sides", json={"text": '{"v": {"shape": [3, 2], "dtype": "F32"}}'}).json()["id"]
    plan = 'keygraft_plan 1\n"v" = transpose("w")\n'
    made = client.post("/api/v1/transfers", json={"sources": {"": source}, "target": target, "plan": plan}).json()["id"]
    page = client.get(f"/t/{made}/export", params={"kind": "transformers"}).text
    assert "1 key cannot be said in this form" in page
    assert ".transpose(" in page


def test_a_report_is_framed_where_nothing_can_act(client, example):
    """The page may frame its own; the report itself is sandboxed, and nobody else may frame it."""
    page = client.get(f"{example}/export", params={"kind": "report-html"})
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert re.search(r'<iframe[^>]*sandbox=""', page.text)
    report = client.get(f"{example}/report.html")
    policy = report.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "<svg" in report.text
    assert "frame-src" not in client.get(f"{example}").headers["content-security-policy"]


def test_weights_are_written_and_shown(fresh):
    """A small file is there at once: without scripts the page shows it again, with them the fragment is the answer."""
    at = fresh.post("/example").headers["location"]
    closed = fresh.get(f"{at}/export", params={"kind": "torch"}).text
    assert 'id="write"' in closed
    plain = fresh.post(f"{at}/write/safetensors", data={"kind": "safetensors", "dtype": "F16", "shared": ""})
    assert plain.status_code == 303
    page = fresh.get(plain.headers["location"]).text
    assert '<option value="F16" selected>' in re.sub(r"\s+", " ", page)
    assert 'id="download-file"' in page
    part = fresh.post(f"{at}/write/safetensors", data={"max_shard_size": "100kB"}, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<section")
    assert "/archive" in part.text
    refused = fresh.post(f"{at}/write/safetensors", data={"max_shard_size": "lots"}, headers={"HX-Request": "true"})
    assert refused.status_code == 400
    assert "lots" in refused.text


def test_a_file_says_with_which_options_it_was_written(fresh):
    """The card names its options; where others are chosen now, that is said, and the file with the chosen ones is shown if there is one."""
    at = fresh.post("/example").headers["location"]

    def card(**options):
        return re.sub(r"\s+", " ", fresh.get(f"{at}/export", params={"kind": "safetensors", **options}).text)

    for options in ({}, {"dtype": "F16", "max_shard_size": "5MB", "provenance": "true"}):
        fresh.post(f"{at}/write/safetensors", data=options)
    assert 'id="otherwise"' not in card()
    assert "With no options" in card()
    same = card(dtype="F16", max_shard_size="5MB", provenance="true")
    assert 'id="otherwise"' not in same
    assert "Type of floats: F16" in same
    assert "<code>5MB</code>" in same
    assert 'id="otherwise"' in card(dtype="BF16")


def test_provenance_is_written_where_it_is_asked_for(fresh):
    """The plan, the sources' keys and bytes, our version; without it, the same inputs give the same bytes."""
    import hashlib

    from safetensors import safe_open

    from app.services import example_files

    at = fresh.post("/example").headers["location"]
    plain, told = (
        fresh.post(f"/api/v1/transfers/{at.rpartition('/')[2]}/exports/safetensors", json={"options": options}).json()
        for options in ({}, {"provenance": "true"})
    )
    folder = fresh.app.state.house.folder("exports", at.rpartition("/")[2])
    with safe_open(folder / told["id"] / told["files"][0]["name"], "np") as file:
        metadata = file.metadata()
    (file,) = json.loads(metadata["keygraft.sources"])[""]
    assert file["sha256"] == hashlib.sha256(example_files.checkpoint()).hexdigest()
    assert metadata["keygraft.plan"].startswith("sha256:")
    with safe_open(folder / plain["id"] / plain["files"][0]["name"], "np") as file:
        assert "keygraft.sources" not in (file.metadata() or {})


@pytest.fixture
def waiting(fresh, monkeypatch):
    """A job that no worker takes."""
    monkeypatch.setattr("app.services.files_out.QUICK_BYTES", 0)
    house = fresh.app.state.house
    monkeypatch.setattr(house.hands, "wake", lambda *_: None)
    at = fresh.post("/example").headers["location"]
    return fresh.post(f"/api/v1/transfers/{at.rpartition('/')[2]}/exports/safetensors").json()


def test_a_job_is_one_fragment_in_every_state(fresh, waiting):
    """Waiting, running, resumed, failed with a way to try again, cancelled: while there is something to wait for, it asks again by itself."""
    from app.store import jobs as table

    house = fresh.app.state.house
    job, address = waiting["id"], f"/jobs/{waiting['id']}"

    def state(**values):
        with house.database.write() as tx:
            tx.execute(table.jobs.update().where(table.jobs.c.id == job).values(**values))
        return fresh.get(address)

    queued = fresh.get(address)
    assert "every 500ms" in queued.text
    assert "HX-Reswap" not in queued.headers
    running = state(state="running", done=1_500_000, total=3_000_000, speed=1_000_000.0, part=1, parts=3, resumed=1)
    for words in ("1.5 MB of 3 MB", "1 of 3 files", "1 MB/s", "about 2 s left", "went on after", f"{address}/cancel"):
        assert words in running.text
    assert 'value="0.5000"' in running.text
    stopping = fresh.post(f"{address}/cancel")
    assert "Stopping" in stopping.text
    failed = state(state="failed", error=b'{"code":"job_process_died","params":{"signal":9}}')
    assert "signal 9" in failed.text
    assert failed.headers["HX-Reswap"] == "outerHTML"
    assert "every 500ms" not in failed.text
    assert "Waits" in fresh.post(f"{address}/retry").text
    assert "Cancelled" in fresh.post(f"{address}/cancel").text


def test_a_gone_job_is_said(client):
    """With what to do."""
    answer = client.get("/jobs/none")
    assert answer.status_code == 404
    assert "kept for a week" in answer.text
