"""The new file, made in the browser out of files that stay there: byte for byte what the server would write."""

import json

import pytest
import torch
from playwright.sync_api import expect
from safetensors.torch import save_file

from . import composing

LAYERS = {f"module.layers.{i}.{part}": (16, 8) if part == "w" else (16,) for i in range(4) for part in ("w", "b")}
TARGET = {f"blocks.{i}.{part}": shape for i in range(4) for part, shape in (("w", (16, 8)), ("b", (16,)))}
RENAMES = 'rename strip_prefix "module."\nrename regex "^layers" -> "blocks"\n'


@pytest.fixture
def picking(page):
    """A browser with a save picker that a test can use."""
    page.add_init_script(composing.PICKERS)
    return page


def _weights(shapes, seed=0):
    torch.manual_seed(seed)
    return {key: torch.randn(shape) for key, shape in shapes.items()}


def _file(folder, shapes=LAYERS, name="old.safetensors"):
    path = folder / name
    save_file(_weights(shapes), path)
    return path


def _save(page):
    card = page.locator("#compose-card")
    card.get_by_role("button", name="Save the file").click()
    expect(card).to_contain_text("saved:")
    return json.loads(card.get_attribute("data-names"))


def test_a_renamed_file_is_saved_byte_for_byte(picking, site, tmp_path):
    """Lent, mapped, given again, saved: the bytes of `keygraft apply`, nothing uploaded."""
    page, path = picking, _file(tmp_path)
    side = composing.lend(page, site.url, path)
    uploaded = []
    page.on("request", lambda request: uploaded.append(len(request.post_data_buffer or b"")))
    made = composing.transfer(page, site.url, {"": side}, TARGET, RENAMES)
    card = page.locator("#compose-card")
    expect(card).to_contain_text("Nothing is uploaded")
    expect(card.get_by_role("button", name="Save the file")).to_be_disabled()
    expect(card.locator("lent-files")).to_have_attribute("data-state", "gone")
    composing.attach(page, path)
    expect(card.locator("lent-files")).to_have_attribute("data-state", "same")
    [name] = _save(page)
    assert composing.saved(page, name) == composing.truth(page, made, {"": path}, tmp_path)["one.safetensors"]
    assert sum(uploaded) < 2000


def test_parts_of_a_torch_file(picking, site, tmp_path):
    """Slices, joins, stacks, reshapes and zeros out of the entries of a zip."""
    page, path = picking, tmp_path / "old.pt"
    torch.save(_weights({"qkv": (12, 4), "one": (3, 4), "two": (2, 4), **{f"expert.{i}": (2, 3) for i in range(11)}}), path)
    plan = """"k" = chunk("qkv", 3, dim=0)[1]
"both" = concat("one", "two", dim=0)
"experts" = stack("expert.{e}")
"flat" = reshape("one", [12])
init "head" with zeros
"""
    target = {"k": (4, 4), "both": (5, 4), "experts": (11, 2, 3), "flat": (12,), "head": (5, 2)}
    made = composing.transfer(page, site.url, {"": composing.lend(page, site.url, path)}, target, plan)
    composing.attach(page, path)
    [name] = _save(page)
    assert composing.saved(page, name) == composing.truth(page, made, {"": path}, tmp_path)["one.safetensors"]


def test_shards_out_of_shards_and_another_file(picking, site, tmp_path):
    """A folder with an index and a second source: new shards with an index, each as the server would write it."""
    page, folder = picking, tmp_path / "old"
    folder.mkdir()
    shapes = list(_weights(LAYERS).items())
    parts = {"a.safetensors": dict(shapes[:3]), "b.safetensors": dict(shapes[3:])}
    for part, tensors in parts.items():
        save_file(tensors, folder / part)
    index = {"weight_map": {key: part for part, tensors in parts.items() for key in tensors}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    other = _file(tmp_path, {"tail": (6,)}, "tail.safetensors")
    sources = {"main": composing.lend(page, site.url, folder, folder=True), "more": composing.lend(page, site.url, other)}
    plan = 'rename strip_prefix "module."\n"blocks.{i}.{p}" = main:"layers.{i}.{p}"\n"end" = more:"tail"\n'
    made = composing.transfer(page, site.url, sources, TARGET | {"end": (6,)}, plan)
    page.goto(f"{site.url}/t/{made}/export?kind=safetensors")
    address = page.locator("#compose").get_attribute("data-url")
    page.route(f"**{address}", lambda route: route.continue_(url=f"{route.request.url}?max_shard_size=1200"))
    page.reload()
    files = page.locator("lent-files")
    files.nth(0).locator("[data-folder]").set_input_files(folder)
    files.nth(1).locator("[data-files]").set_input_files(other)
    names = _save(page)
    truth = composing.truth(page, made, {"main": folder, "more": other}, tmp_path, max_shard_size=1200)
    assert len(names) > 2
    assert {name: composing.saved(page, name) for name in names} == truth


def test_what_computes_is_named(picking, site, tmp_path):
    """No button, but the rule, its op, and the ways that can compute."""
    page, path = picking, _file(tmp_path)
    side = composing.lend(page, site.url, path)
    composing.transfer(page, site.url, {"": side}, {"w": (8, 16)}, '"w" = transpose("module.layers.0.w", 0, 1)\n')
    card = page.locator("#compose-card")
    expect(card.locator(".compose-obstacles")).to_contain_text("transpose")
    expect(card).to_contain_text("Take the loader")
    expect(card.get_by_role("button")).to_have_count(0)
    expect(page.locator("#command")).to_contain_text("keygraft apply")


def test_a_browser_without_pickers_downloads(page, site, tmp_path):
    """A Blob of slices, byte for byte the same."""
    page.add_init_script(composing.NO_PICKERS)
    path = _file(tmp_path)
    made = composing.transfer(page, site.url, {"": composing.lend(page, site.url, path)}, TARGET, RENAMES)
    expect(page.locator("lent-files")).to_contain_text("keeps no file over a reload")
    composing.attach(page, path)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the file").click()
    assert download.value.suggested_filename == json.loads(page.locator("#compose-card").get_attribute("data-names"))[0]
    assert download.value.path().read_bytes() == composing.truth(page, made, {"": path}, tmp_path)["one.safetensors"]
    expect(page.locator("#compose-going")).to_contain_text("saves by its downloads")


def test_saving_can_be_stopped(picking, site, tmp_path):
    """While bytes are written: nothing is left behind, and it can be done again."""
    page, path = picking, _file(tmp_path)
    composing.transfer(page, site.url, {"": composing.lend(page, site.url, path)}, TARGET, RENAMES)
    page.evaluate("""() => {
        const write = FileSystemWritableFileStream.prototype.write;
        FileSystemWritableFileStream.prototype.write = async function (...given) {
            await new Promise((go) => { globalThis.letGo = go; });
            return write.apply(this, given);
        };
    }""")
    composing.attach(page, path)
    card = page.locator("#compose-card")
    button = card.get_by_role("button", name="Save the file")
    button.click()
    expect(card.get_by_role("progressbar")).to_be_visible()
    expect(button).to_be_disabled()
    card.get_by_role("button", name="Cancel").click()
    page.evaluate("() => globalThis.letGo()")
    expect(card).to_contain_text("Nothing was saved")
    expect(button).to_be_enabled()
    assert page.evaluate("async () => (await Array.fromAsync((await navigator.storage.getDirectory()).keys())).length") == 0
