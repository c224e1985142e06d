"""Files that stay in the browser, after a reload: found again by their handles, given again elsewhere, and noticed where they changed."""

import base64
import json
import threading
import time

import pytest
import torch
import uvicorn
from playwright.sync_api import expect
from safetensors.torch import save, save_file

from app.bootstrap import create_app
from app.gate.entry import Entry
from app.settings import Settings

from . import acts, composing
from .conftest import TOKEN, _finder

SHAPES = {"old.a": (4, 4), "old.b": (4,)}
TARGET = {"a": (4, 4), "b": (4,)}
PLAN = 'rename strip_prefix "old."\n'

PUT = """async ([name, content]) => {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle(name, {create: true});
    const writable = await handle.createWritable();
    await writable.write(Uint8Array.from(atob(content), (char) => char.charCodeAt(0)));
    await writable.close();
}"""
"""Put a file where its handle is a real one."""

HANDLES = (
    composing.PICKERS
    + """
    globalThis.showOpenFilePicker = async () => [await (await navigator.storage.getDirectory()).getFileHandle("old.safetensors")];
    globalThis.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("old");
"""
)
ASKING = """
    let granted = false;
    FileSystemHandle.prototype.queryPermission = async () => (granted ? "granted" : "prompt");
    FileSystemHandle.prototype.requestPermission = async () => { granted = true; return "granted"; };
"""
"""A browser that asks again after a reload."""


def _weights(seed=0, **changes):
    torch.manual_seed(seed)
    return {key: torch.randn(shape) for key, shape in {**SHAPES, **changes}.items()}


def _put(page, data, name="old.safetensors"):
    page.evaluate(PUT, [name, base64.b64encode(data).decode()])


@pytest.fixture
def handled(page, site):
    """A browser whose picker gives handles, with the checkpoint where they point."""
    page.add_init_script(HANDLES)
    page.goto(f"{site.url}/new")
    _put(page, save(_weights()))
    return page


def _lend(page, url):
    page.goto(f"{url}/new")
    page.locator('#slot-s [data-act="pick-files"]').click()
    card = page.locator("#slot-s [data-card][data-state=ready]")
    expect(card).to_contain_text("old.safetensors")
    return card.get_attribute("data-card")


def test_a_file_is_found_again_by_itself(handled, site):
    """Other pages, and a reload: the handle is enough, nothing is asked."""
    page = handled
    composing.transfer(page, site.url, {"": _lend(page, site.url)}, TARGET, PLAN)
    files = page.locator("lent-files")
    expect(files).to_have_attribute("data-state", "same")
    page.reload()
    expect(files).to_have_attribute("data-state", "same")
    expect(page.get_by_role("button", name="Save the file")).to_be_enabled()


def test_one_click_where_the_browser_asks(handled, site):
    """After a restart of the browser the permission is gone, and one click brings it back."""
    page = handled
    page.add_init_script(ASKING)
    composing.transfer(page, site.url, {"": _lend(page, site.url)}, TARGET, PLAN)
    files = page.locator("lent-files")
    expect(files).to_have_attribute("data-state", "click")
    files.get_by_role("button", name="Attach again").click()
    expect(files).to_have_attribute("data-state", "same")


def test_a_file_that_changed_is_noticed(handled, site):
    """Trained on: the names are the same, and it is said. Another header, another size: it is not taken."""
    page = handled
    composing.transfer(page, site.url, {"": _lend(page, site.url)}, TARGET, PLAN)
    files = page.locator("lent-files")
    expect(files).to_have_attribute("data-state", "same")
    page.wait_for_timeout(20)  # a file's time has milliseconds
    _put(page, save(_weights(seed=1)))
    page.reload()
    expect(files).to_have_attribute("data-state", "touched")
    expect(files).to_contain_text("was written again")
    expect(page.get_by_role("button", name="Save the file")).to_be_enabled()
    for changed in (
        save({f"old{key[3:].replace('a', 'c')}": value for key, value in _weights().items()}),
        save(_weights(**{"old.b": (5,)})),
    ):
        _put(page, changed)
        page.reload()
        expect(files).to_have_attribute("data-state", "changed")
        expect(files).to_contain_text("no longer what was read")
        expect(page.get_by_role("button", name="Save the file")).to_be_disabled()


def test_a_dropped_file_is_taken_if_it_is_the_one(page, site, tmp_path):
    """Where there are no handles: another file is refused by name, the right one is taken wherever on the page it falls."""
    page.add_init_script(composing.NO_PICKERS)
    path = tmp_path / "old.safetensors"
    save_file(_weights(), path)
    composing.transfer(page, site.url, {"": composing.lend(page, site.url, path)}, TARGET, PLAN)
    files = page.locator("lent-files")
    expect(files).to_have_attribute("data-state", "gone")
    _drop(page, "lent-files", "old.safetensors", b"something else")
    expect(files).to_have_attribute("data-state", "changed")
    _drop(page, "h1", "old.safetensors", path.read_bytes(), path.stat().st_mtime_ns // 1_000_000)
    expect(files).to_have_attribute("data-state", "same")


def _drop(page, selector, name, content, modified=0):
    page.evaluate(
        """([selector, name, content, lastModified]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(atob(content), (char) => char.charCodeAt(0))], name, {lastModified}));
            const event = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: transfer});
            document.querySelector(selector).dispatchEvent(event);
        }""",
        [selector, name, base64.b64encode(content).decode(), modified],
    )


def test_a_reading_that_broke_off_goes_on(handled, site, faults):
    """The connection was lost between two rounds: after a reload the page goes on by itself."""
    page = handled
    lost = []
    page.route("**/lent/*", lambda route: route.abort() if route.request.method == "POST" and not lost else route.continue_())
    page.goto(f"{site.url}/new")
    with page.expect_response("**/lent") as answer:
        page.locator('#slot-s [data-act="pick-files"]').click()
    side = answer.value.json()["id"]
    expect(page.locator("#toasts")).to_contain_text("connection is lost")
    lost.append(True)
    page.goto(f"{site.url}/new?source={side}")
    expect(page.locator("#slot-s [data-card][data-state=ready]")).to_contain_text("Only names and shapes were sent")
    faults.clear()


def test_a_folder_with_a_missing_shard(page, site, tmp_path, faults):
    """It is said which one lacks, when the folder is lent and when it is given again."""
    folder = tmp_path / "old"
    folder.mkdir()
    for part, key in (("a", "old.a"), ("b", "old.b")):
        save_file({key: _weights()[key]}, folder / f"{part}.safetensors")
    index = {"weight_map": {"old.a": "a.safetensors", "old.b": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    side = composing.lend(page, site.url, folder, folder=True)
    composing.transfer(page, site.url, {"": side}, TARGET, PLAN)
    (folder / "b.safetensors").unlink()
    page.locator("lent-files [data-folder]").set_input_files(folder)
    expect(page.locator("lent-files")).to_have_attribute("data-state", "missing")
    expect(page.locator("lent-files")).to_contain_text("b.safetensors is not among them")
    page.goto(f"{site.url}/new")
    page.locator("#slot-s [data-folder]").set_input_files(folder)
    expect(page.locator("#slot-s")).to_contain_text("b.safetensors")
    faults.clear()


@pytest.fixture
def insecure(tmp_path):
    """A page on a plain-http address of another name, as a team without certificates has it."""
    settings = Settings(data=tmp_path / "data", token=TOKEN, port=0, allowed_hosts=("keygraft.test",), code=False)
    entry = Entry(settings)
    server = uvicorn.Server(uvicorn.Config(create_app(settings, entry=entry), host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://keygraft.test:{port}", entry.link(port).replace("127.0.0.1", "keygraft.test")
    server.should_exit = True
    thread.join(10)


def test_a_plain_http_address(chromium, insecure, tmp_path):
    """No handles, no pickers, no hashes of the browser's own: the file is read, known again, made by a download, and the page says why."""
    url, link = insecure
    path = tmp_path / "old.safetensors"
    save_file(_weights(), path)
    other = chromium.browser_type.launch(
        executable_path=_finder().chromium(), args=["--no-sandbox", "--host-resolver-rules=MAP keygraft.test 127.0.0.1"]
    )
    try:
        page = other.new_context(accept_downloads=True).new_page()
        page.set_default_timeout(acts.PATIENCE)
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(link)
        assert page.evaluate("() => [isSecureContext, Boolean(crypto.subtle)]") == [False, False]
        made = composing.transfer(page, url, {"": composing.lend(page, url, path)}, TARGET, PLAN)
        expect(page.locator("lent-files")).to_contain_text("has no https")
        composing.attach(page, path)
        expect(page.locator("lent-files")).to_have_attribute("data-state", "same")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the file").click()
        truth = composing.truth(page, made, {"": path}, tmp_path)["one.safetensors"]
        assert download.value.path().read_bytes() == truth
        expect(page.locator("#compose-going")).to_contain_text("has no https")
        assert faults == []
    finally:
        other.close()
