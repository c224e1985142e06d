"""What the free view draws between the trees, toasts that undo, and the page where it is narrow; by pointer and keys only."""

import pytest
from playwright.sync_api import expect

from . import acts

SOURCE = {
    **{f"{word}.weight": [at + 2] for at, word in enumerate("abcdefghijklmnopqrstuvwxyz" * 3) for word in [f"part{word}{at}"]},
    "kernel": [16, 32],
    "twin_a.weight": [70, 9],
    "twin_b.weight": [70, 9],
}
TARGET = {
    **{key.replace("part", "piece"): shape for key, shape in SOURCE.items() if key.startswith("part")},
    "lin.weight": [32, 16],
    "pair_x.weight": [70, 9],
    "pair_y.weight": [70, 9],
}

WATCH = """(() => {
  const drawn = window.drawn = {texts: [], wires: [], dots: 0};
  const its = CanvasRenderingContext2D.prototype;
  const {clearRect, fillText, stroke} = its;
  its.clearRect = function (...given) { Object.assign(drawn, {texts: [], wires: [], dots: 0}); return clearRect.apply(this, given); };
  its.fillText = function (...given) { drawn.texts.push(given[0]); return fillText.apply(this, given); };
  its.stroke = function (...given) {
    const dash = this.getLineDash();
    if (dash[0] === 1.5) drawn.dots += 1; else drawn.wires.push(Math.round(this.globalAlpha * 100) / 100);
    return stroke.apply(this, given);
  };
})();"""


@pytest.fixture
def workspace(page, site):
    """A fresh transfer in the free view; what is drawn with each frame is noted."""
    page.add_init_script(WATCH)
    acts.start(page, site.url, SOURCE, TARGET)
    acts.free(page)
    return page


def _drawn(page, what):
    """Something true of the frame that was drawn last."""
    page.wait_for_function(f"() => {what}")


def test_what_is_done_on_the_way_stands_on_its_link(workspace):
    """A transposed tensor: the link that leads to it carries the op, as a chip."""
    acts.find(workspace, "t", "lin.weight")
    acts.find(workspace, "s", "kernel")
    _drawn(workspace, 'drawn.texts.some((text) => text.includes("transpose"))')
    acts.row(workspace, "t", "lin").click()
    with acts.saved(workspace):
        workspace.keyboard.press("a")
    expect(acts.row(workspace, "t", "lin")).to_have_attribute("data-state", "loaded")
    _drawn(workspace, 'drawn.texts.some((text) => text.includes("transpose"))')
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(acts.row(workspace, "t", "lin")).to_have_attribute("data-state", "initialised")
    _drawn(workspace, 'drawn.texts.every((text) => !text.includes("transpose"))')


def test_a_link_is_dimmed_where_its_other_end_is_out_of_sight(workspace):
    """Both ends seen: nothing is faint. One pane scrolled away: its links are, and scrolling back makes them strong again."""
    _drawn(workspace, "drawn.wires.length > 8 && drawn.wires.some((alpha) => alpha > 0.8)")
    workspace.locator("#pane-t").hover()
    workspace.mouse.wheel(0, 1400)
    _drawn(workspace, "drawn.wires.length > 8 && drawn.wires.every((alpha) => alpha < 0.2)")
    workspace.mouse.wheel(0, -1400)
    _drawn(workspace, "drawn.wires.some((alpha) => alpha > 0.8)")


def test_candidates_are_numbered_and_a_number_takes_one(workspace):
    """A row that two could fill, selected: both carry their rank, what else could fill it is dotted, and 2 takes the second."""
    acts.find(workspace, "t", "pair_x.weight")
    acts.row(workspace, "t", "pair_x").click()
    first, second = (workspace.locator(f'#pane-s .row[data-rank="{rank}"]') for rank in (1, 2))
    expect(first).to_be_visible()
    expect(second).to_be_visible()
    _drawn(workspace, "drawn.dots > 0")
    wanted = second.locator("code").get_attribute("title")
    assert wanted != first.locator("code").get_attribute("title")
    workspace.locator("#pane-t").focus()
    with acts.saved(workspace):
        workspace.keyboard.press("2")
    expect(acts.row(workspace, "t", "pair_x")).to_have_attribute("data-state", "loaded")
    expect(acts.row(workspace, "t", "pair_x").locator(".path")).to_have_text(wanted)


def test_a_toast_undoes_what_was_just_done(workspace):
    """All proposals are taken with one click; the note that says so takes it back."""
    loaded = workspace.locator('#pane-t [data-state="loaded"]')
    expect(loaded).to_have_count(0)
    with acts.saved(workspace):
        workspace.locator('[data-act="accept-all"]').click()
    expect(loaded).not_to_have_count(0)
    note = workspace.locator(".toast").filter(has=workspace.get_by_role("button", name="Undo")).last
    with acts.saved(workspace):
        note.get_by_role("button", name="Undo").click()
    expect(loaded).to_have_count(0)
    expect(note).to_have_count(0)


def test_both_filters_say_what_they_found_in_every_view(workspace):
    """Aligned or free: the number beside the field is that of its own side."""
    for view in ("Free", "Aligned"):
        workspace.get_by_role("button", name=view, exact=True).click()
        for side, text, count in (("s", "twin", "2 found"), ("t", "pair_x", "1 found")):
            workspace.locator(f'[data-filter="{side}"]').fill(text)
            expect(workspace.locator(f'[data-found="{side}"]')).to_have_text(count)
            workspace.locator(f'[data-filter="{side}"]').fill("")
            expect(workspace.locator(f'[data-found="{side}"]')).to_have_text("")


def test_a_narrow_page_has_a_tab_for_each_tree(workspace):
    """Below 900 pixels one tree shows at a time; a row is picked in each, and the button maps them."""
    workspace.set_viewport_size({"width": 800, "height": 860})
    tab = workspace.get_by_role("tablist").first.get_by_role("tab")
    tab.filter(has_text="Weights from").click()
    expect(workspace.locator("#pane-s")).to_be_visible()
    expect(workspace.locator("#pane-t")).to_be_hidden()
    acts.find(workspace, "s", "twin_b.weight")
    acts.row(workspace, "s", "twin_b").click()
    tab.filter(has_text="Into model").click()
    expect(workspace.locator("#pane-s")).to_be_hidden()
    acts.find(workspace, "t", "pair_x.weight")
    acts.row(workspace, "t", "pair_x").click(modifiers=["Control"])
    with acts.saved(workspace):
        workspace.locator('[data-act="map"]:visible').click()
    expect(acts.row(workspace, "t", "pair_x")).to_have_attribute("data-state", "loaded")


def test_a_phone_reads_and_reviews(workspace):
    """On a phone the trees and triage are tabs, nothing to draw with is shown, nothing is wider than the page, and the review is one touch away."""
    workspace.set_viewport_size({"width": 390, "height": 844})
    for name, region in (("Weights from", "#pane-s"), ("Into model", "#pane-t"), ("Triage", "#triage"), ("Table", "#table")):
        workspace.get_by_role("tablist").first.get_by_role("tab", name=name).click()
        expect(workspace.locator(region)).to_be_visible()
        assert workspace.evaluate("document.documentElement.scrollWidth") == 390
    expect(workspace.locator('[data-act="map"]:visible')).to_have_count(0)
    expect(workspace.locator(".drawer-actions")).to_be_hidden()
    workspace.get_by_role("link", name="Review").click()
    expect(workspace.get_by_role("button", name="Approve")).to_be_visible()
    assert workspace.evaluate("document.documentElement.scrollWidth") == 390


LONG = {f"layers.{i}.{name}": [16] for i in range(800) for name in ("weight", "bias")}


def _unfolded(page, site):
    """Both trees of a long transfer, every key on a row of its own."""
    acts.start(page, site.url, LONG, {key.replace("layers", "blocks"): shape for key, shape in LONG.items()})
    acts.free(page)
    for side in "st":
        page.locator(f'[data-act="fold-{side}"]').click()
        page.locator(f'[data-act="expand-{side}"]').click()
    page.wait_for_function("() => ['s', 't'].every((side) => document.querySelector(`#pane-${side} .spacer`).offsetHeight > 40_000)")
    page.locator('#pane-t .window .row[data-state="proposed"]').first.wait_for()


def test_a_link_to_a_row_far_away_is_drawn_no_further_than_it_is_seen(page, site):
    """Its far end would be tens of thousands of pixels away: dashes over such a length stop a browser."""
    page.add_init_script(
        """window.reached = 0;
        const curve = CanvasRenderingContext2D.prototype.bezierCurveTo;
        CanvasRenderingContext2D.prototype.bezierCurveTo = function (...ends) {
          window.drawn = (window.drawn ?? 0) + 1;
          window.reached = Math.max(window.reached, ...ends.map(Math.abs));
          curve.apply(this, ends);
        };"""
    )
    _unfolded(page, site)
    page.evaluate("window.reached = window.drawn = 0")
    page.locator("#pane-t").evaluate("(pane) => { pane.scrollTop = 40_000; }")
    page.wait_for_function("() => document.querySelector('#pane-t .window .row').dataset.node > 1000 && window.drawn > 0")
    assert 0 < page.evaluate("window.reached") < 4000


def test_rows_that_stay_in_the_window_stay_the_elements_they_are(page, site):
    """After scrolling on, only rows that were not there are new."""
    _unfolded(page, site)
    page.locator("#pane-t .window .row").evaluate_all("(rows) => { for (const row of rows) row.seen = true; }")
    before = set(page.locator("#pane-t .window .row").evaluate_all("(rows) => rows.map((row) => row.id)"))
    page.locator("#pane-t").evaluate("(pane) => { pane.scrollTop = 28 * 70; }")
    page.wait_for_function("(first) => !document.getElementById(first)", arg="t-1")
    rows = page.locator("#pane-t .window .row").evaluate_all("(rows) => rows.map((row) => [row.id, Boolean(row.seen)])")
    assert {True, False} == {seen for _, seen in rows}
    assert [name for name, seen in rows if seen != (name in before)] == []
    numbers = [int(name.removeprefix("t-")) for name, _ in rows]
    assert numbers == sorted(numbers)
