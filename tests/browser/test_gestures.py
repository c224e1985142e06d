"""One test for each gesture of the workspace, by pointer and keys only."""

import re

import pytest
from playwright.sync_api import expect

from . import acts

SOURCE = {
    **{
        f"blocks.{i}.{name}": shape
        for i in range(4)
        for name, shape in (("attn.qkv.weight", [48, 16]), ("attn.proj.weight", [16, 16]), ("norm1.weight", [16]), ("norm1.bias", [16]))
    },
    "pos": [10, 16],
    "kernel": [16, 32],
    "old_head.weight": [5, 16],
}
TARGET = {
    **{
        f"layers.{i}.{name}": shape
        for i in range(4)
        for name, shape in (("mixer.zeta.weight", [16, 16]), ("ln.scale", [16]), ("ln.shift", [16]))
    },
    "table": [10, 16],
    "lin.weight": [32, 16],
    "classes.weight": [7, 16],
}


@pytest.fixture
def workspace(page, site):
    """A fresh transfer whose names do not agree, without what the mapper proposes."""
    acts.start(page, site.url, SOURCE, TARGET)
    acts.free(page)
    acts.refuse_all(page)
    return page


def test_a_family_is_dragged_onto_a_family(workspace):
    """One drag maps every index, and Ctrl-Z takes it back, Ctrl-Y does it again."""
    acts.open_all(workspace)
    source, target = acts.row(workspace, "s", "norm1"), acts.row(workspace, "t", "ln")
    assert source.get_attribute("aria-expanded") == target.get_attribute("aria-expanded") == "true"
    here, there = acts.leaf_in(workspace, "s", "blocks.{0–3}.norm1.weight"), acts.leaf_in(workspace, "t", "layers.{0–3}.ln.scale")
    with acts.saved(workspace):
        acts.drag(workspace, here, there)
    expect(acts.leaf_in(workspace, "t", "layers.{0–3}.ln.scale")).to_have_attribute("data-state", "loaded")
    expect(workspace.locator("#status")).to_contain_text("4 keys")
    with acts.saved(workspace):
        workspace.keyboard.press("Control+z")
    expect(acts.leaf_in(workspace, "t", "layers.{0–3}.ln.scale")).to_have_attribute("data-state", "missing")
    with acts.saved(workspace):
        workspace.keyboard.press("Control+y")
    expect(acts.leaf_in(workspace, "t", "layers.{0–3}.ln.scale")).to_have_attribute("data-state", "loaded")


def test_two_clicks_and_a_button_map(workspace):
    """Without dragging: a row here, a row there, the button between them."""
    acts.row(workspace, "s", "pos").click()
    acts.row(workspace, "t", "table").click()
    with acts.saved(workspace):
        workspace.locator('.head-mid [data-act="map"]').click()
    expect(acts.row(workspace, "t", "table")).to_have_attribute("data-state", "loaded")


def test_select_then_pick_the_target(workspace):
    """One row selected, m, then a click on the row that takes it."""
    acts.row(workspace, "s", "pos").click()
    workspace.keyboard.press("m")
    expect(workspace.locator("#status")).to_contain_text("choose the row of the model")
    with acts.saved(workspace):
        acts.row(workspace, "t", "table").click()
    expect(acts.row(workspace, "t", "table")).to_have_attribute("data-state", "loaded")


def test_the_keyboard_alone_maps(workspace):
    """Tab to a tree, j to a row, Tab to the other tree, j, m: no pointer."""
    workspace.locator('[data-filter="s"]').focus()
    workspace.keyboard.type("pos")
    expect(workspace.locator('[data-found="s"]')).to_have_text("1 found")
    workspace.locator("#pane-s").focus()
    workspace.keyboard.press("j")
    workspace.locator("#pane-t").focus()
    workspace.keyboard.press("/")
    workspace.keyboard.type("table")
    expect(workspace.locator('[data-found="t"]')).to_have_text("1 found")
    workspace.keyboard.press("Enter")
    workspace.keyboard.press("j")
    with acts.saved(workspace):
        workspace.keyboard.press("m")
    expect(acts.row(workspace, "t", "table")).to_have_attribute("data-state", "loaded")


def test_a_drop_on_another_shape_asks(workspace):
    """Nothing is mapped silently: ops that fit are offered, each with what it does; Escape leaves everything as it was."""
    acts.drag(workspace, acts.row(workspace, "s", "kernel"), acts.row(workspace, "t", "lin.weight"))
    dialog = workspace.locator("#fit")
    expect(dialog).to_contain_text("Transposed")
    expect(workspace.locator("#saved")).to_have_attribute("data-state", "saved")
    workspace.keyboard.press("Escape")
    expect(acts.row(workspace, "t", "lin.weight")).to_have_attribute("data-state", "missing")
    acts.drag(workspace, acts.row(workspace, "s", "kernel"), acts.row(workspace, "t", "lin.weight"))
    expect(dialog).to_be_visible()
    with acts.saved(workspace):
        workspace.keyboard.press("1")
    expect(acts.row(workspace, "t", "lin.weight")).to_have_attribute("data-state", "loaded")


def test_one_block_drawn_is_offered_for_all(workspace):
    """With blocks apart, a pair drawn for one of them brings the offer for the others, with its count."""
    for side in "st":
        workspace.locator(f'[data-act="fold-{side}"]').click()
    acts.find(workspace, "s", "blocks.1.norm1.bias")
    acts.find(workspace, "t", "layers.1.ln.shift")
    with acts.saved(workspace):
        acts.drag(workspace, acts.leaf(workspace, "s", "blocks.1.norm1.bias"), acts.leaf(workspace, "t", "layers.1.ln.shift"))
    offer = workspace.locator(".toast", has_text="all equal blocks")
    expect(offer).to_contain_text("4 keys")
    with acts.saved(workspace):
        offer.get_by_role("button", name="Use for all").click()
    expect(workspace.get_by_role("tab", name="Rules")).to_have_text(re.compile(r"^Rules\s*1\b"))  # it stands for the one that was drawn
    acts.clear(workspace)
    workspace.locator('[data-filter="t"]').fill("ln.shift")
    expect(workspace.locator('.pane[data-side="t"] [data-state="loaded"]:not([aria-expanded])')).to_have_count(4)


def test_rows_start_fresh_and_are_left_behind(workspace):
    """The key i on a target row lets it start fresh, on a source row leaves it behind; u lets go."""
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(acts.row(workspace, "t", "classes")).to_have_attribute("data-state", "initialised")
    workspace.keyboard.press("Escape")
    acts.row(workspace, "s", "old_head").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(acts.row(workspace, "s", "old_head")).to_have_attribute("data-state", "ignored")
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("u")
    expect(acts.row(workspace, "t", "classes")).to_have_attribute("data-state", "missing")


def test_what_a_filter_hides_stays_as_it_is(workspace):
    """With a filter on, i on the root of all blocks reaches the keys that the filter shows, and no other; without it, all."""
    workspace.locator('[data-filter="t"]').fill("shift")
    expect(workspace.locator('[data-found="t"]')).to_have_text("1 found")
    acts.row(workspace, "t", "layers").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(workspace.locator("#status")).to_contain_text("4 keys")
    acts.clear(workspace)
    acts.row(workspace, "t", "layers").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(workspace.locator("#status")).to_contain_text("12 keys")


def test_a_rule_is_edited_switched_moved_and_deleted(workspace):
    """The tab of rules: text in, a switch, an arrow, the bin."""
    workspace.get_by_role("tab", name="Rules").click()
    field = workspace.locator(".rules-foot input")
    for text in ('"table" = "pos"', 'init "classes.weight" with model'):
        field = workspace.locator(".rules-foot input")
        field.fill(text)
        with acts.saved(workspace):
            field.press("Enter")
        expect(workspace.locator(".rule .statement", has_text=text)).to_be_visible()
    first = workspace.locator(".rule").first
    said = first.locator(".statement").inner_text()
    with acts.saved(workspace):
        first.get_by_role("checkbox").click()
    expect(workspace.locator(".rule.off .statement")).to_have_text(said)
    with acts.saved(workspace):
        workspace.get_by_role("button", name="Move rule 1 down").click()
    expect(workspace.locator(".rule").nth(1).locator(".statement")).to_have_text(said)
    with acts.saved(workspace):
        workspace.get_by_role("button", name="Delete rule 2").click()
    expect(workspace.locator(".rule")).to_have_count(1)


def test_a_rule_that_cannot_be_read_says_why(workspace, faults):
    """A mistake in a rule is told in words, and what was there stays."""
    workspace.get_by_role("tab", name="Rules").click()
    field = workspace.locator(".rules-foot input")
    with workspace.expect_console_message(lambda said: said.location["url"].endswith("/rules/foresee")):  # it is asked for a moment later
        field.fill('"table" = ')
        field.press("Enter")
        expect(workspace.locator(".toast.bad")).to_be_visible()
    expect(workspace.locator(".rule")).to_have_count(0)
    assert all("400" in fault or "422" in fault for fault in faults)
    faults.clear()


def test_the_palette_does_what_is_typed(workspace):
    """Ctrl-K, a word, Enter."""
    workspace.keyboard.press("Control+k")
    workspace.keyboard.type("loader as it")
    workspace.keyboard.press("Enter")
    expect(workspace.locator("#drawer-body .code")).to_contain_text("import")
    expect(workspace.locator(".says")).to_contain_text("Missing key(s) in state_dict")


def test_proposals_are_taken_and_refused_one_by_one(page, site):
    """The aligned view: a proposal selected, a takes it; another, x refuses it."""
    acts.start(page, site.url, {"conv1.weight": [8, 3, 3, 3], "fc.weight": [10, 8]}, {"stem.weight": [8, 3, 3, 3], "head.weight": [10, 8]})
    acts.row(page, "t", "stem").click()
    with acts.saved(page):
        page.keyboard.press("a")
    expect(acts.row(page, "t", "stem")).to_have_attribute("data-state", "loaded")
    acts.row(page, "t", "head").click()
    with acts.saved(page):
        page.keyboard.press("x")
    expect(acts.row(page, "t", "head")).to_have_attribute("data-state", "missing")


def test_a_lost_connection_loses_nothing(workspace, faults):
    """In the middle of an edit: the link goes, a note says so, trying again does it."""
    workspace.context.set_offline(True)
    acts.row(workspace, "s", "pos").click()
    acts.row(workspace, "t", "table").click()
    workspace.keyboard.press("m")
    note = workspace.locator(".toast.bad", has_text="connection is lost")
    expect(note).to_have_count(1)  # one for all that was lost, also where rows could not be fetched
    expect(workspace.locator("#saved")).to_have_attribute("data-state", "lost")
    expect(acts.row(workspace, "t", "table")).to_have_attribute("data-state", "missing")
    workspace.context.set_offline(False)
    with acts.saved(workspace):
        note.get_by_role("button", name="Try again").click()
    expect(acts.row(workspace, "t", "table")).to_have_attribute("data-state", "loaded")
    faults.clear()


def test_another_tab_hears_of_it(workspace):
    """Two tabs on one transfer: what one does, the other shows by itself."""
    other = workspace.context.new_page()
    other.goto(workspace.url)
    expect(acts.row(other, "t", "table")).to_have_attribute("data-state", "missing")
    acts.row(workspace, "s", "pos").click()
    acts.row(workspace, "t", "table").click()
    with acts.saved(workspace):
        workspace.keyboard.press("m")
    expect(acts.row(other, "t", "table")).to_have_attribute("data-state", "loaded")
    other.close()


def test_hostile_keys_are_text(page, site):
    """Markup, quotes and odd letters in keys stand on the page as they are and do nothing."""
    hostile = {'<img src=x onerror="alert(1)">.weight': [2], '"quoted\\\\" \'.{}*|': [2], "\u202ereversed.weight": [2], "a..b": [2]}
    acts.start(page, site.url, hostile, {"plain.weight": [2]})
    acts.free(page)
    expect(page.locator(".pane[data-side='s'] code", has_text="<img src=x onerror=")).to_be_visible()
    acts.row(page, "s", "<img").click()
    acts.row(page, "t", "plain").click()
    page.keyboard.press("m")
    expect(acts.row(page, "t", "plain")).to_have_attribute("data-state", "loaded")
    page.get_by_role("tab", name="Rules").click()
    expect(page.locator(".statement", has_text="<img")).to_be_visible()


def test_history_leads_back(workspace):
    """Every step is listed, and a click makes an earlier one the newest."""
    acts.row(workspace, "s", "pos").click()
    acts.row(workspace, "t", "table").click()
    with acts.saved(workspace):
        workspace.keyboard.press("m")
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    workspace.get_by_role("tab", name="History").click()
    steps = workspace.locator(".step")
    expect(steps.first).to_contain_text('init "classes.weight"')
    with acts.saved(workspace):
        steps.nth(1).get_by_role("button", name="Back to here").click()
    expect(acts.row(workspace, "t", "classes")).to_have_attribute("data-state", "missing")
    expect(acts.row(workspace, "t", "table")).to_have_attribute("data-state", "loaded")
