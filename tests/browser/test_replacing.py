"""A side is replaced on the page: the new version given, what moves looked at, confirmed, taken back."""

import json

from playwright.sync_api import expect

from . import acts

OLD = {f"layers.{i}.{part}": [8, 8] for i in range(3) for part in ("q.weight", "k.weight")} | {"fc": [10, 8]}
NEW = {f"blocks.{i}.{part}": [8, 8] for i in range(3) for part in ("q.weight", "k.weight")} | {"fc": [10, 8], "extra": [3]}


def test_a_model_is_replaced_and_brought_back(page, site):
    """The link in the head, a file in the box, the page of what moves, the workspace with the new tree; undo shows the old one again."""
    acts.start(page, site.url, OLD, OLD)
    page.locator('.head[data-side="t"]').get_by_role("link", name="Replace").click()
    expect(page.get_by_role("heading", name="Replace the model")).to_be_visible()
    page.wait_for_load_state("load")  # who gives a file in the moment before finds a page that does not listen yet
    content = json.dumps({key: {"shape": shape, "dtype": "F32"} for key, shape in NEW.items()}).encode()
    page.locator("#slot-t [data-files]").set_input_files({"name": "v2.json", "mimeType": "application/json", "buffer": content})
    moved = page.locator("[data-part=moved]")
    expect(moved).to_contain_text("layers.{}.q.weight")
    expect(moved).to_contain_text("blocks.{}.q.weight")
    expect(page.locator("[data-part=added]")).to_contain_text("extra")
    page.get_by_role("button", name="Replace it").click()
    acts.version(page, 1)
    acts.free(page)
    expect(acts.row(page, "t", "blocks")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    acts.version(page, 2)
    acts.free(page)
    expect(acts.row(page, "t", "layers")).to_be_visible()
