"""Every way in, on the page: what is given is understood, or it is said why not."""

import base64

from playwright.sync_api import expect

from . import acts

DROP = """([selector, name, content]) => {
    const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name));
    for (const kind of ["dragover", "drop"]) {
        document.querySelector(selector).dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
    }
}"""
ERROR = """RuntimeError: Error(s) in loading state_dict for Net:
\tMissing key(s) in state_dict: "backbone.weight".
\tUnexpected key(s) in state_dict: "conv.weight".
\tsize mismatch for fc.weight: copying a param with shape torch.Size([10, 4]) from checkpoint, the shape in current model is torch.Size([20, 4])."""


def _drop(page, selector, path):
    page.evaluate(DROP, [selector, path.name, base64.b64encode(path.read_bytes()).decode()])


def test_a_dropped_checkpoint_leads_on(page, site, shared):
    """Dropped on the first page: it is read without being sent, and the next page asks for the model."""
    _drop(page, "#box", shared / "checkpoints" / "generated" / "zip_tied.pt")
    page.wait_for_url("**/new?source=*")
    card = page.locator("#slot-s [data-card]")
    expect(card).to_contain_text("zip_tied.pt")
    expect(card).to_contain_text("Stays on your computer")
    expect(page.get_by_role("button", name="See the mapping")).to_be_disabled()
    page.reload()
    expect(card).to_contain_text("zip_tied.pt")


def test_a_file_that_is_no_checkpoint(page, site, tmp_path, faults):
    """It is said what is wrong and what to do; the box is still there."""
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"PK\x03\x04 this is no archive" * 40)
    page.goto(f"{site.url}/new")
    _drop(page, "#slot-s .box", broken)
    note = page.locator("#slot-s .failure")
    expect(note).to_be_visible()
    expect(note.locator("p")).not_to_be_empty()
    expect(page.locator("#slot-s textarea")).to_be_visible()
    assert all("Failed to load resource" in fault for fault in faults)
    faults.clear()


def test_a_file_chosen_while_the_page_loads(page, site):
    """The field stands before the scripts run: what it holds by then is taken."""
    held = []

    def hold(route):
        held.append(route)

    page.route("**/js/main.js*", hold)
    page.goto(f"{site.url}/new", wait_until="commit")
    page.locator("#slot-t [data-files]").set_input_files({"name": "early.json", "mimeType": "application/json", "buffer": b'{"a": [2]}'})
    assert page.locator("#slot-t [data-card]").count() == 0
    held[0].continue_()
    expect(page.locator("#slot-t [data-card]")).to_contain_text("early.json")


def test_a_pasted_error_is_a_model(page, site):
    """What load_state_dict complained about, with the checkpoint beside it, gives the model's keys."""
    page.goto(f"{site.url}/new")
    acts.give(page, "s", "source.json", {"conv.weight": [8, 3], "fc.weight": [10, 4]})
    page.locator("#slot-t textarea").fill(ERROR)
    page.locator("#slot-t").get_by_role("button", name="Read it").click()
    expect(page.locator("#slot-t [data-card]")).to_contain_text("2")
    page.get_by_role("button", name="See the mapping").click()
    expect(acts.row(page, "t", "fc.weight")).to_have_attribute("data-state", "mismatched")


def test_one_of_several_trees_is_chosen(page, site, shared):
    """A file that holds two networks: the other one is a click away."""
    page.goto(f"{site.url}/new")
    _drop(page, "#slot-s .box", shared / "checkpoints" / "generated" / "gan_two_nets.pt")
    choices = page.locator("#slot-s .choice")
    expect(choices.first).to_be_visible()
    other = page.locator('#slot-s .choice[aria-pressed="false"]').first
    wanted = other.locator("code").inner_text()
    other.click()
    expect(page.locator('#slot-s .choice[aria-pressed="true"] code')).to_have_text(wanted)


def test_a_file_on_the_server_is_picked(page, site):
    """Through folders under the allowed root, by clicks."""
    page.goto(f"{site.url}/new")
    page.locator("#slot-s").get_by_role("button", name="On this server").click()
    picker = page.locator("#picker")
    picker.locator(".entry", has_text="checkpoints").first.click()
    picker.get_by_role("button", name="generated", exact=True).click()
    picker.locator(".entry", has_text="prefix_module.pth.tar").click()
    card = page.locator("#slot-s [data-card]")
    expect(card).to_contain_text("prefix_module.pth.tar")
    expect(card).not_to_contain_text("Stays on your computer")


def test_a_model_that_does_not_build(page, site, faults):
    """The form stays, with what went wrong below it; a right argument then builds it."""
    page.goto(f"{site.url}/new")
    code = "from torch import nn\n\nclass Net(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n        self.fc = nn.Linear(size, 3)\n"
    page.locator("#slot-t textarea").fill(code)
    page.locator("#slot-t").get_by_role("button", name="Read it").click()
    page.locator("#slot-t").get_by_label("size").fill("'eight'")
    page.locator("#slot-t").get_by_role("button", name="Build it").click()
    expect(page.locator("#slot-t .failure")).to_be_visible()
    page.locator("#slot-t").get_by_label("size").fill("8")
    page.locator("#slot-t").get_by_role("button", name="Build it").click()
    expect(page.locator("#slot-t [data-card][data-state=ready]")).to_contain_text("2")
    faults.clear()
