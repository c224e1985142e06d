"""FILE in Chromium: one checkpoint alone, from the disk, from a hostile hand, from an address."""

import re
import subprocess
import sys
import threading

from playwright.sync_api import expect

from app.services import example_files
from tests.sources.servers import Site as Server


def look_inside(page, path):
    """Choose a file for HOME's second button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Look inside").click()
    chooser.value.set_files(path)
    page.wait_for_url(re.compile(r"/files/\w+"))


def test_one_checkpoint_alone(page, shared):
    """Sizes by module, zoom by pointer and by key, search, modules that open, another tree of the same file."""
    look_inside(page, shared / "checkpoints/generated/training_ckpt.pth")
    expect(page.locator("#read")).to_contain_text("stays on your computer")
    expect(page.locator(".verdict")).to_contain_text("Nothing was executed")
    expect(page.locator(".treemap")).to_be_visible()
    page.locator(".treemap a.frame").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("at=blocks"))
    expect(page.locator(".trail [aria-current]")).to_have_text("blocks")
    expect(page.locator("#keys")).not_to_contain_text("emb.weight")
    page.locator(".switch").get_by_text("parameters").click()
    expect(page.locator(".switch [aria-current]")).to_have_text("parameters")
    page.locator(".trail a").first.click()
    page.locator("input[name=q]").fill("*.bias")
    expect(page.locator("#keys [role=status]")).to_contain_text("found")
    expect(page.locator("#keys")).not_to_contain_text("emb.weight")
    page.locator("input[name=q]").fill("head")
    expect(page.locator("#keys mark")).to_have_count(1)
    expect(page.locator("#keys mark")).to_have_text("head")
    page.locator("input[name=q]").press("Escape")
    expect(page.locator("#keys mark")).to_have_count(0)
    expect(page.locator("#keys details").first).to_be_visible()
    page.locator(".choice", has_text="ema").click()
    expect(page.locator('.choice[aria-pressed="true"]')).to_contain_text("ema")


def test_it_fits_a_small_window(page, shared):
    """At 800 pixels nothing is cut off sideways, by light and by dark."""
    page.set_viewport_size({"width": 800, "height": 700})
    look_inside(page, shared / "checkpoints/generated/zip_tied.pt")
    expect(page.locator("#tied")).to_be_visible()
    for _ in range(3):
        assert page.evaluate("document.documentElement.scrollWidth") <= 800
        page.locator("[data-act=theme]").click()


def test_hostile_keys_are_only_text(page, shared, tmp_path):
    """Keys with markup run nothing: the script that they hold would leave a mark."""
    subprocess.run(
        [sys.executable, str(shared / "hostile.py"), str(tmp_path / "pack"), "--only", "k_html"], check=True, capture_output=True
    )
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    look_inside(page, tmp_path / "pack/k_html/model.pt")
    expect(page.locator("#keys")).to_contain_text("<script>alert(1)</script>")
    assert page.locator("#keys img, #keys script, .treemap script").count() == 0
    assert dialogs == []


def test_waiting_for_an_address_is_cancelled(page, site):
    """A card stands while it lasts, its button ends it, and the next try is read."""
    server, release = Server(), threading.Event()

    def hang(handler):
        release.wait(20)

    server.routes["/net.safetensors"] = hang
    try:
        page.goto(f"{site.url}/new")
        box = page.locator("#box-text-s")
        box.fill(f"{server.base}/net.safetensors?sig=secret-7")
        page.locator('.box[data-slot="s"] button[type=submit]').click()
        expect(page.locator(".card.sending")).to_contain_text("/net.safetensors")
        expect(page.locator(".card.sending")).not_to_contain_text("secret-7")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".card.sending")).to_have_count(0)
        server.routes["/net.safetensors"] = example_files.checkpoint()
        page.locator('.box[data-slot="s"] button[type=submit]').click()
        expect(page.locator("#slot-s [data-card]")).to_contain_text("were fetched")
        assert "secret-7" not in page.content()
        page.locator("#slot-s").get_by_role("link", name="Look inside").click()
        expect(page.locator("#read")).to_contain_text("were fetched")
    finally:
        release.set()
        server.close()
