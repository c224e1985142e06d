"""EXPORT in a browser: a job is started, watched, cancelled, tried again and taken; a report is looked at."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from safetensors.numpy import load_file, save_file

from app.services import files_out

from . import acts

COUNT = 300


@pytest.fixture
def weights(tmp_path):
    """A checkpoint of many small tensors: a file for each of them takes any machine long enough to be watched."""
    path = tmp_path / "net.safetensors"
    save_file({f"layers.{i}.w": np.full((16, 1024), i, np.float32) for i in range(COUNT)}, path)
    return path


def _transfer(page, url, path):
    """A transfer of an uploaded checkpoint, by the API that the page's cookie opens."""
    ask = page.request
    source = ask.put(f"{url}/api/v1/uploads/net.safetensors", data=path.read_bytes())
    wanted = {f"blocks.{i}.w": {"shape": [16, 1024], "dtype": "F32"} for i in range(COUNT)}
    target = ask.post(f"{url}/api/v1/sides", data={"text": acts.json.dumps(wanted)})
    plan = 'keygraft_plan 1\nrename replace "layers" -> "blocks"\n'
    made = ask.post(f"{url}/api/v1/transfers", data={"sources": {"": source.json()["id"]}, "target": target.json()["id"], "plan": plan})
    return f"{url}/t/{made.json()['id']}"


def test_a_long_export_is_watched_cancelled_and_taken(page, site, weights, monkeypatch, tmp_path):
    """Progress with a way to stop; after that a way to try again; at the end the file, and every value is in it."""
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    page.goto(f"{_transfer(page, site.url, weights)}/export")
    page.get_by_role("link", name="Remapped weights, safetensors").click()
    page.get_by_label("Shards of at most").fill("70kB")
    page.get_by_label("Shards of at most").press("Tab")
    expect(page.locator("#preview")).to_contain_text(f"of-{COUNT:05}")
    page.get_by_role("button", name="Write the file").click()
    job = page.locator("#job .job")
    expect(job.get_by_role("button", name="Cancel")).to_be_visible()
    expect(job).to_contain_text("files", timeout=90_000)
    job.get_by_role("button", name="Cancel").click()
    again = job.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=30_000)
    again.click()
    expect(job).to_contain_text("Done", timeout=90_000)
    page.reload()
    expect(job).to_contain_text("Done")

    page.get_by_label("Shards of at most").fill("")
    page.get_by_label("Shards of at most").press("Tab")
    page.get_by_role("button", name="Write the file").click()
    link = job.locator("#download-file")
    expect(link).to_be_visible(timeout=90_000)
    with page.expect_download() as download:
        link.click()
    written = tmp_path / "taken.safetensors"
    download.value.save_as(written)
    found = load_file(written)
    assert len(found) == COUNT
    assert all((found[f"blocks.{i}.w"] == i).all() for i in range(COUNT))


def test_torch_is_asked_and_a_report_is_framed(page, site, faults):
    """The page says what torch says without being asked; the report stands in its frame, with its map."""
    acts.start(page, site.url, {"a": [2], "b": [3]}, {"a": [2], "b": [3]})
    page.goto(f"{page.url}/export?kind=report-html")
    expect(page.locator("#checked")).to_contain_text("It fits", timeout=90_000)
    frame = page.frame_locator("iframe.framed")
    expect(frame.locator("h1")).to_contain_text("Transfer of weights")
    expect(frame.locator("svg").first).to_be_visible()
    assert not [fault for fault in faults if re.search("script|style", fault)]
