"""The ways to look at one mapping: filters, triage, the table, ranges; by pointer and keys only."""

import pytest
from playwright.sync_api import expect

from . import acts

SOURCE = {
    **{
        f"blocks.{i}.{name}": shape
        for i in range(4)
        for name, shape in (("attn.qkv.weight", [48, 16]), ("norm1.weight", [16]), ("norm1.bias", [16]))
    },
    "pos": [10, 16],
    "kernel": [16, 32],
    "head.weight": [50, 16],
}
TARGET = {
    **{f"layers.{i}.{name}": shape for i in range(4) for name, shape in (("ln.scale", [16]), ("ln.shift", [16]))},
    "table": [10, 16],
    "lin.weight": [32, 16],
    "head.weight": [7, 16],
}


@pytest.fixture
def workspace(page, site):
    """A fresh transfer, as it is first seen."""
    acts.start(page, site.url, SOURCE, TARGET)
    return page


def test_one_key_goes_through_the_views_and_keeps_the_selection(workspace):
    """Select a row, v, v, v: aligned, free, triage, aligned; the row stays selected and in view."""
    acts.row(workspace, "t", "head").click(position={"x": 60, "y": 10})
    for mode in ("free", "triage", "aligned"):
        workspace.keyboard.press("v")
        expect(workspace.locator("#workspace")).to_have_attribute("data-mode", mode)
        if mode == "triage":
            expect(workspace.locator("#triage-title")).to_have_text("head.weight")
        else:
            expect(acts.row(workspace, "t", "head")).to_have_attribute("data-picked", "true")


def test_triage_is_done_when_nothing_waits(workspace):
    """Enter takes the best way, again and again; a number chooses another one; the counter falls to nought and the loader is offered."""
    workspace.get_by_role("button", name="Triage").click()
    count = workspace.locator(".triage-count b")
    waiting = int(count.inner_text())
    for _ in range(12):
        if workspace.locator(".triage-end").count():
            break
        last = workspace.locator(".way").count()
        workspace.keyboard.press(str(last if last < 3 else 1))
        expect(workspace.locator('.way[aria-checked="true"] kbd')).to_have_text(str(last if last < 3 else 1))
        with acts.saved(workspace):
            workspace.keyboard.press("Enter")
        if workspace.locator(".triage-count").count():
            expect(workspace.locator(f'.triage-count b:text-is("{waiting}")')).to_have_count(0)
        if workspace.locator(".triage-count").count():
            assert int(count.inner_text()) < waiting
            waiting = int(count.inner_text())
    expect(workspace.locator(".triage-end")).to_contain_text("strict=True will pass")
    with workspace.expect_request("**/loader.py"):
        workspace.locator(".triage-end").get_by_role("button", name="Copy the loader").click()


def test_a_case_is_skipped_and_comes_back(workspace):
    """S goes on without deciding, p goes back; a click on a way chooses it, the button takes it."""
    workspace.get_by_role("button", name="Triage").click()
    first = workspace.locator("#triage-title").inner_text()
    workspace.keyboard.press("s")
    expect(workspace.locator("#triage-title")).not_to_have_text(first)
    workspace.keyboard.press("p")
    expect(workspace.locator("#triage-title")).to_have_text(first)
    workspace.locator(".way.kind-fresh").click()
    with acts.saved(workspace):
        workspace.get_by_role("button", name="Take this").click()
    workspace.keyboard.press("Control+z")
    acts.version(workspace, 2)
    expect(workspace.locator("#triage-title")).to_have_text(first)


def test_hits_are_marked_in_their_rows(workspace):
    """Plain text, a glob and an expression; what cannot be read says so."""
    acts.free(workspace)
    field = workspace.locator('[data-filter="s"]')
    marks = workspace.locator("#pane-s mark")
    for query, shown in (("norm1.w", ["norm1", "w"]), ("blocks*bias", ["blocks", "bias"]), ("/[qp]kv/", ["qkv"])):
        field.fill(query)
        expect(marks).to_have_text(shown)
    field.fill("/(/")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_escape_empties_a_filter_and_shows_all_again(workspace):
    """What the field says is what the pane shows, however it was emptied."""
    acts.free(workspace)
    field = workspace.locator('[data-filter="t"]')
    field.fill("table")
    expect(workspace.locator('[data-found="t"]')).to_have_text("1 found")
    field.press("Escape")
    expect(field).to_have_value("")
    expect(workspace.locator('[data-found="t"]')).to_have_text("")
    expect(acts.row(workspace, "t", "head")).to_be_visible()


def test_facets_put_terms_into_the_filter(workspace):
    """A shape and a state are chosen from the list with their counts, and taken out again."""
    acts.free(workspace)
    workspace.get_by_role("button", name="Narrow the model").click()
    holder = workspace.locator("#facets-t")
    value = holder.locator('[data-term="shape:16"]')
    expect(value.locator(".count")).to_have_text("8")
    value.click()
    expect(value).to_have_attribute("aria-pressed", "true")
    expect(workspace.locator('[data-filter="t"]')).to_have_value("shape:16")
    expect(workspace.locator('[data-found="t"]')).to_have_text("2 found")
    value.click()
    expect(workspace.locator('[data-filter="t"]')).to_have_value("")
    workspace.keyboard.press("Escape")
    expect(holder).to_be_hidden()


def test_only_what_needs_me(workspace):
    """The key o leaves what waits, and again everything."""
    acts.free(workspace)
    workspace.locator("#pane-t").focus()
    acts.row(workspace, "t", "head").click(position={"x": 60, "y": 10})
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    workspace.keyboard.press("o")
    expect(workspace.locator('#pane-t code[title="head.weight"]')).to_have_count(0)
    expect(workspace.locator('[data-act="needs"]')).to_have_attribute("aria-pressed", "true")
    workspace.keyboard.press("o")
    expect(workspace.locator('#pane-t code[title="head.weight"]')).to_have_count(1)


def test_to_the_partner_and_back(workspace):
    """G goes to the row on the other side; the arrow beside a partner's name does too."""
    acts.free(workspace)
    acts.row(workspace, "t", "head").click(position={"x": 60, "y": 10})
    workspace.keyboard.press("g")
    expect(acts.row(workspace, "s", "head")).to_have_attribute("data-picked", "true")
    expect(workspace.locator("#pane-s")).to_be_focused()
    acts.row(workspace, "s", "head").locator("[data-partner]").click()
    expect(acts.row(workspace, "t", "head")).to_have_attribute("data-picked", "true")


def test_several_rows_are_dragged_at_once(workspace):
    """A range by Shift and J here, two rows by Ctrl there; dropped on one of them, all are mapped in order."""
    acts.free(workspace)
    acts.refuse_all(workspace)
    acts.open_all(workspace)
    acts.leaf_in(workspace, "t", "layers.{0–3}.ln.scale").click(position={"x": 80, "y": 10})
    workspace.keyboard.press("Shift+J")
    expect(workspace.locator('#pane-t [data-picked="true"]')).to_have_count(2)
    here = acts.leaf_in(workspace, "s", "blocks.{0–3}.norm1.weight")
    here.click(position={"x": 80, "y": 10})
    acts.leaf_in(workspace, "s", "blocks.{0–3}.norm1.bias").click(modifiers=["Control"], position={"x": 80, "y": 10})
    expect(workspace.locator('#pane-s [data-picked="true"]')).to_have_count(2)
    with acts.saved(workspace):
        acts.drag(workspace, here, acts.leaf_in(workspace, "t", "layers.{0–3}.ln.scale"))
    for name in ("scale", "shift"):
        expect(acts.leaf_in(workspace, "t", f"layers.{{0–3}}.ln.{name}")).to_have_attribute("data-state", "loaded")


def test_a_table_says_the_same_as_the_links(workspace):
    """Sorted by a click, narrowed by the filters of both sides; a row selected there is selected everywhere."""
    workspace.locator('.seg [data-mode="table"]').click()
    rows = workspace.locator("[data-rows] tr")
    rows.first.wait_for()
    workspace.get_by_role("button", name="Keys").click()
    workspace.get_by_role("button", name="Keys").click()
    expect(workspace.locator('[data-column="keys"]')).to_have_attribute("aria-sort", "descending")
    expect(rows.first.locator(".number").first).to_have_text("4")
    workspace.locator('[data-filter="t"]').fill("head")
    expect(rows).to_have_count(1)
    rows.first.locator(".how").click()
    workspace.locator('[data-filter="t"]').fill("")
    acts.free(workspace)
    expect(acts.row(workspace, "t", "head")).to_have_attribute("data-picked", "true")


def test_a_mapping_is_edited_in_place(workspace):
    """In the table: another source typed and chosen, an op changed, the mapping let go; keys alone."""
    workspace.locator('.seg [data-mode="table"]').click()
    workspace.locator('[data-filter="t"]').fill("table")
    row = workspace.locator("[data-rows] tr").first
    expect(workspace.locator("[data-rows] tr")).to_have_count(1)
    row.locator("[data-edit-source]").focus()
    workspace.keyboard.press("Enter")
    expect(workspace.locator("#source-list li").first).to_contain_text("pos")
    workspace.keyboard.type("pos")
    with acts.saved(workspace):
        workspace.keyboard.press("Enter")
    expect(row).to_have_attribute("data-state", "loaded")
    row.locator("[data-edit-op]").click()
    expect(workspace.locator("#fit")).to_be_visible()
    workspace.keyboard.press("Escape")
    with acts.saved(workspace):
        row.get_by_role("button", name="Unmap").click()
    expect(row).not_to_have_attribute("data-state", "loaded")


def test_proposals_are_taken_by_confidence(page, site):
    """The slider says how many each step takes; keys move it."""
    acts.start(page, site.url, {"conv1.weight": [8, 3, 3, 3], "fc.weight": [10, 8]}, {"stem.weight": [8, 3, 3, 3], "head.weight": [10, 8]})
    page.get_by_role("button", name="Accept by confidence").click()
    slider = page.locator("#threshold-range")
    expect(slider).to_be_focused()
    page.keyboard.press("Home")
    button = page.locator('[data-act="accept-least"]')
    expect(button).to_contain_text("2")
    with acts.saved(page):
        button.click()
    for name in ("stem", "head"):
        expect(acts.row(page, "t", name)).to_have_attribute("data-state", "loaded")


def test_what_stands_above_stays_in_sight(page, site):
    """A long list scrolled: the module it belongs to stays at the upper edge, and a click on it goes there."""
    keys = {f"encoder.part{i}.weight": [i + 1] for i in range(200)} | {"head": [3]}
    acts.start(page, site.url, keys, keys)
    acts.free(page)
    acts.open_all(page)
    pane = page.locator("#pane-t")
    acts.wheel(page, "#pane-t", 2400)
    sticky = pane.locator(".sticky [data-node]")
    expect(sticky).to_have_count(1)
    expect(sticky.locator("code").first).to_have_text("encoder")
    sticky.click(position={"x": 120, "y": 10})
    expect(acts.module(page, "t", "encoder")).to_have_attribute("data-picked", "true")
    expect(acts.module(page, "t", "encoder")).to_be_in_viewport()


def test_a_range_reaches_beyond_what_is_printed(page, site):
    """A click, a long way down, a click with Shift: every row between is selected, and none after."""
    keys = {f"part{i}.weight": [i + 1] for i in range(400)}
    acts.start(page, site.url, keys, keys)
    acts.free(page)
    page.locator("#pane-t .row").first.click(position={"x": 60, "y": 10})
    page.locator("#pane-t").hover()
    page.mouse.wheel(0, 8000)
    last = acts.leaf(page, "t", "part290.weight")
    last.click(modifiers=["Shift"], position={"x": 60, "y": 10})
    expect(last).to_have_attribute("data-picked", "true")
    expect(acts.leaf(page, "t", "part291.weight")).to_have_attribute("data-picked", "false")
    page.locator("#pane-t").hover()
    page.mouse.wheel(0, -4200)
    expect(acts.leaf(page, "t", "part140.weight")).to_have_attribute("data-picked", "true")


def _slowly(page, path):
    """Hold back what is asked of an address; returns what was asked, and a way to let it through."""
    held = []
    page.route(f"**/t/*/{path}", lambda route: held.append(route))  # noqa: PLW0108  # playwright marks what it is given

    def let():
        for route in held:
            route.continue_()
        page.unroute(f"**/t/*/{path}")

    return held, let


def test_unfolding_that_takes_long_can_be_given_up(workspace):
    """The note says what goes on; cancel aborts the request and the switch stands as before; what is clicked meanwhile keeps its own number."""
    acts.free(workspace)
    acts.row(workspace, "t", "layers").click(position={"x": 60, "y": 10})
    held, _ = _slowly(workspace, "view")
    workspace.locator('[data-act="fold-t"]').click()
    expect(workspace.locator('[data-act="fold-t"]')).to_have_attribute("aria-pressed", "false")
    expect(workspace.locator(".toast progress")).to_be_visible()
    expect(workspace.locator(".toast")).to_contain_text("The rows are being put together")
    with workspace.expect_event("requestfailed") as failed:
        workspace.locator(".toast").get_by_role("button", name="Cancel").click()
    assert failed.value.failure == "net::ERR_ABORTED"
    assert held[0].request.post_data_json["t"]["folded"] is False
    expect(workspace.locator("#status")).to_have_text("Cancelled.")
    expect(workspace.locator(".toast")).to_have_count(0)
    expect(workspace.locator('[data-act="fold-t"]')).to_have_attribute("aria-pressed", "true")
    expect(acts.row(workspace, "t", "layers")).to_have_attribute("data-picked", "true")
    workspace.unroute("**/t/*/view")
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(acts.row(workspace, "t", "layers")).to_have_attribute("data-state", "initialised")


def test_an_edit_while_a_tree_unfolds_means_the_rows_that_are_there(workspace):
    """Until the other rows have come, rows are named by the numbers they were printed with; then the tree is unfolded."""
    acts.free(workspace)
    held, let = _slowly(workspace, "view")
    workspace.locator('[data-act="fold-t"]').click()
    acts.row(workspace, "t", "head").click(position={"x": 60, "y": 10})
    with workspace.expect_request("**/fresh") as sent:
        workspace.keyboard.press("i")
    assert sent.value.post_data_json["folded"] == [True, True]
    expect(workspace.locator("#status")).to_have_text("One key starts fresh")
    assert len(held) == 1
    let()
    expect(workspace.locator("#pane-t .row .range")).to_have_count(0)
    expect(acts.row(workspace, "t", "head")).to_have_attribute("data-state", "initialised")


def test_a_filter_and_a_view_that_take_long_can_be_given_up(workspace):
    """The field says again what the rows are filtered by, and the view is the one before."""
    acts.free(workspace)
    rows = workspace.locator("#pane-t .row").count()
    _slowly(workspace, "view")
    workspace.locator('[data-filter="t"]').fill("scale")
    workspace.locator(".toast").get_by_role("button", name="Cancel").click()
    expect(workspace.locator('[data-filter="t"]')).to_have_value("")
    assert workspace.locator("#pane-t .row").count() == rows
    workspace.unroute("**/t/*/view")
    _slowly(workspace, "table")
    workspace.locator('[data-mode="table"]').last.click()
    workspace.locator(".toast").get_by_role("button", name="Cancel").click()
    expect(workspace.locator("#workspace")).to_have_attribute("data-mode", "free")
    expect(workspace.locator("#pane-t .row")).to_have_count(rows)
