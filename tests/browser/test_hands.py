"""What hands do in the drawer, in the history and at home: one test for each gesture, by pointer and keys only."""

import json

import pytest
from playwright.sync_api import expect

from app.services import reviewing, transfers

from . import acts
from .test_gestures import SOURCE, TARGET


@pytest.fixture
def workspace(page, site):
    """A fresh transfer whose names do not agree, without what the mapper proposes."""
    acts.start(page, site.url, SOURCE, TARGET)
    acts.free(page)
    acts.refuse_all(page)
    return page


def _do(page, words):
    """An action of the palette."""
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill(words)
    page.keyboard.press("Enter")


def _plan(page):
    """The plan as text, as the API gives it."""
    transfer = page.url.partition("/t/")[2].partition("?")[0]
    base = page.url.partition("/t/")[0]
    return page.request.get(f"{base}/api/v1/transfers/{transfer}/plan?spelling=text").text()


def _rules(page):
    """Statements of the rules in the drawer, in order."""
    return page.locator("#drawer-body .rule .statement").all_inner_texts()


def _open(page, tab):
    wanted = page.get_by_role("tab", name=tab)
    if wanted.get_attribute("aria-selected") != "true":
        wanted.click()
    expect(page.locator("#drawer")).to_have_attribute("data-open", "true")


def test_a_key_starts_fresh_with_a_policy(workspace):
    """The palette asks for the policy; what it wants to know is asked, nothing else; the plan says it."""
    acts.row(workspace, "t", "classes").click()
    _do(workspace, "Kaiming")
    dialog = workspace.get_by_role("dialog", name="What do these keys start with?")
    expect(dialog.get_by_label("seed", exact=True)).to_be_hidden()
    dialog.get_by_text("Truncated normal").click()
    dialog.get_by_label("seed", exact=True).fill("7")
    dialog.get_by_label("deviation", exact=True).fill("0.01")
    expect(dialog.get_by_label("gain", exact=True)).to_be_hidden()
    with acts.saved(workspace):
        dialog.get_by_role("button", name="Start fresh").click()
    assert 'init "classes.weight" with truncated_normal(mean=0, std=0.01, seed=7)' in _plan(workspace)
    assert acts.state(workspace, "t", "classes") == "initialised"


def test_a_rule_gets_a_note(workspace):
    """It stands below the rule, and in the plan."""
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    _open(workspace, "Rules")
    workspace.get_by_label("Note of rule 1").first.click()
    workspace.locator(".rule-note input").fill("ten classes instead of five")
    with acts.saved(workspace):
        workspace.keyboard.press("Enter")
    expect(workspace.locator("#drawer-body .note")).to_have_text("ten classes instead of five")
    assert "ten classes instead of five" in _plan(workspace)


def test_rules_are_put_in_order_by_dragging_and_by_keys(workspace):
    """The number is the handle; Alt and an arrow do the same; undo takes it back."""
    for name in ("classes", "table", "lin"):
        acts.row(workspace, "t", name).click()
        with acts.saved(workspace):
            workspace.keyboard.press("i")
    _open(workspace, "Rules")
    expect(workspace.locator("#drawer-body .rule")).to_have_count(3)
    before = _rules(workspace)
    first, last = (workspace.locator("[data-drag-rule]").nth(at).bounding_box() for at in (0, 2))
    workspace.mouse.move(first["x"] + 6, first["y"] + 6)
    workspace.mouse.down()
    workspace.mouse.move(last["x"] + 6, last["y"] + 10, steps=4)
    workspace.mouse.move(last["x"] + 6, last["y"] + 40, steps=4)
    with acts.saved(workspace):
        workspace.mouse.up()
    expect(workspace.locator("#drawer-body .rule .statement").nth(2)).to_have_text(before[0])
    assert _rules(workspace) == [before[1], before[2], before[0]]
    workspace.get_by_label("Rule 3 is on").focus()
    with acts.saved(workspace):
        workspace.keyboard.press("Alt+ArrowUp")
    expect(workspace.locator("#drawer-body .rule .statement").nth(1)).to_have_text(before[0])
    for _ in range(2):
        with acts.saved(workspace):
            workspace.get_by_role("button", name="Undo").first.click()
    expect(workspace.locator("#drawer-body .rule .statement").nth(0)).to_have_text(before[0])


def test_proposals_are_taken_by_group_and_by_confidence(page, site):
    """With nothing selected the detail lists what waits; a group is taken or refused; the rest from a confidence on, with a way back."""
    acts.start(page, site.url, SOURCE, TARGET)
    page.keyboard.press("Escape")
    _do(page, "by group or by confidence")
    groups = page.locator("#drawer-body .group")
    groups.first.wait_for()
    count = groups.count()
    assert count > 1
    with acts.saved(page):
        groups.first.get_by_role("button", name="Reject").click()
    expect(groups).to_have_count(count - 1)
    with acts.saved(page):
        groups.last.get_by_role("button", name="Accept").click()
    expect(groups).to_have_count(count - 2)
    page.locator("[data-threshold] select").select_option("0.60")
    waiting = int(page.locator("[data-threshold] option:checked").inner_text().split("·")[1].split()[0])
    if waiting:
        with acts.saved(page):
            page.locator("[data-threshold] button").click()
        toast = page.locator(".toast", has_text="taken").last
        with acts.saved(page):
            toast.get_by_role("button", name="Undo").click()
        expect(groups).to_have_count(count - 2)


def test_a_version_is_named_found_and_gone_back_to(workspace):
    """The name stands in the history; the named ones can be looked at alone; going back is itself a step."""
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    _do(workspace, "Name this version")
    workspace.keyboard.type("head is fresh")
    workspace.keyboard.press("Enter")
    expect(workspace.locator("[data-version-name]")).to_have_text("head is fresh")
    named = _plan(workspace)
    acts.row(workspace, "t", "table").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    workspace.get_by_role("button", name="One named version").click()
    expect(workspace.locator("#drawer-body .step")).to_have_count(1)
    with acts.saved(workspace):
        workspace.get_by_role("button", name="Back to here").click()
    assert _plan(workspace) == named


def test_the_detail_tells_what_was_done_to_a_key(workspace):
    """Who, when, what: the steps whose rules speak of it, and no others."""
    for name in ("classes", "table"):
        acts.row(workspace, "t", name).click()
        with acts.saved(workspace):
            workspace.keyboard.press("i")
    _open(workspace, "Detail")
    expect(workspace.locator(".key-steps li")).to_have_count(1)
    expect(workspace.locator(".key-steps")).to_contain_text("One key starts fresh")


def test_two_tabs_never_lose_an_edit(workspace, page):
    """Each hears of the other's edit at once; both edits stand; what changed the same is a conflict, and said."""
    other = page.context.new_page()
    other.goto(workspace.url)
    acts.free(other)
    acts.row(other, "t", "classes").click()
    with acts.saved(other):
        other.keyboard.press("i")
    expect(workspace.locator("#saved")).to_have_text(other.locator("#saved").inner_text())
    page.bring_to_front()
    acts.row(workspace, "t", "table").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    expect(other.locator("#saved")).to_have_text(workspace.locator("#saved").inner_text())
    assert 'init "classes.weight"' in _plan(workspace)
    assert 'init "table"' in _plan(workspace)
    other.close()


def test_edits_on_an_old_version_are_done_on_the_newest(workspace, page, faults):
    """A tab that heard nothing edits: both edits stand. It deletes a rule that is gone: that is a conflict, nothing is lost."""
    other = page.context.new_page()
    other.add_init_script("delete window.BroadcastChannel")  # it cannot listen together with the first
    other.route("**/happened?*", lambda route: route.abort())
    other.goto(workspace.url)
    acts.free(other)
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    acts.row(other, "t", "table").click()
    with acts.saved(other):
        other.keyboard.press("i")
    assert 'init "classes.weight"' in _plan(other)
    assert 'init "table"' in _plan(other)
    other.get_by_role("tab", name="Rules").click()
    expect(other.locator("#drawer-body .rule")).to_have_count(2)
    _open(workspace, "Rules")
    expect(workspace.locator("#drawer-body .rule")).to_have_count(2)
    with acts.saved(workspace):
        workspace.get_by_label("Delete rule 1").click()
    standing = _plan(workspace)
    other.get_by_label("Delete rule 1").click()
    expect(other.locator(".toast.bad")).to_be_visible()
    assert _plan(other) == standing
    faults[:] = [fault for fault in faults if "409" not in fault and "ERR_FAILED" not in fault]
    other.close()


def test_what_takes_long_can_be_given_up(workspace, faults):
    """After a second it says so; Cancel leaves the plan as it was, and the next edit is an edit again."""
    before = _plan(workspace)
    workspace.route("**/fresh", lambda route: (workspace.wait_for_timeout(1800), route.continue_()))
    acts.row(workspace, "t", "classes").click()
    workspace.keyboard.press("i")
    workspace.locator(".toast progress").wait_for()
    workspace.get_by_role("button", name="Cancel").click()
    expect(workspace.locator("#status")).to_contain_text("Cancelled")
    assert _plan(workspace) == before
    faults[:] = [fault for fault in faults if "409" not in fault]
    workspace.unroute("**/fresh")
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    assert 'init "classes.weight"' in _plan(workspace)


def test_hints_are_shown_until_they_are_dismissed(workspace):
    """One at a time; what was dismissed does not come back."""
    hints = workspace.locator("#hints li:visible")
    expect(hints).to_have_count(1)
    workspace.get_by_role("button", name="Got it").click()
    workspace.reload()
    workspace.locator(".window [data-node]:visible").first.wait_for()
    if hints.count():
        workspace.get_by_role("button", name="No more hints").click()
    expect(hints).to_have_count(0)
    workspace.reload()
    workspace.locator(".window [data-node]:visible").first.wait_for()
    expect(hints).to_have_count(0)


def test_single_letters_can_be_switched_off(workspace):
    """Then i does nothing, arrows and Ctrl combinations still do, and it is remembered."""
    workspace.keyboard.press("?")
    workspace.get_by_label("Single letters do something").uncheck()
    workspace.keyboard.press("Escape")
    before = workspace.locator("#saved").inner_text()
    acts.row(workspace, "t", "classes").click()
    workspace.keyboard.press("i")
    workspace.keyboard.press("ArrowUp")
    expect(acts.row(workspace, "t", "classes")).to_have_attribute("data-picked", "false")
    assert workspace.locator("#saved").inner_text() == before
    workspace.reload()
    workspace.locator(".window [data-node]:visible").first.wait_for()
    _do(workspace, "All keys")
    expect(workspace.get_by_label("Single letters do something")).not_to_be_checked()
    workspace.get_by_label("Single letters do something").check()


def test_replaying_the_log_gives_the_plan_on_the_page(workspace):
    """A journey of every kind of step; the log, replayed from nothing by the steps alone, ends in the plan that the page shows."""
    steps = [("classes", "i"), ("table", "i"), ("lin", "i")]
    for name, key in steps:
        acts.row(workspace, "t", name).click()
        with acts.saved(workspace):
            workspace.keyboard.press(key)
    for key in ("Control+z", "Control+y", "Control+z", "u"):
        acts.row(workspace, "t", "table").click()
        with acts.saved(workspace):
            workspace.keyboard.press(key)
    acts.row(workspace, "s", "old_head").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    _open(workspace, "Rules")
    with acts.saved(workspace):
        workspace.locator('#drawer-body .rule input[type="checkbox"]').first.click()
    _open(workspace, "History")
    with acts.saved(workspace):
        workspace.get_by_role("button", name="Back to here").nth(2).click()
    shown = _plan(workspace)
    transfer, base = workspace.url.partition("/t/")[2], workspace.url.partition("/t/")[0]
    log = workspace.request.get(f"{base}/api/v1/transfers/{transfer}/history?limit=1000").json()
    newest = max(step["version"] for step in log)
    for version in range(newest + 1):
        assert workspace.request.get(f"{base}/api/v1/transfers/{transfer}/plan?spelling=text&version={version}").ok
    assert workspace.request.get(f"{base}/api/v1/transfers/{transfer}/plan?spelling=text&version={newest}").text() == shown


def _find(page, words):
    """Type into the list's search, and wait for its answer."""
    with page.expect_response(lambda answer: "q=" in answer.url):
        page.locator("#find [name=q]").fill(words)
    page.wait_for_timeout(100)


def test_home_finds_puts_away_and_deletes(page, site):
    """A transfer is found by its name, put away, found among those, and deleted for good only after a second word."""
    acts.start(page, site.url, {"only.here.weight": [2, 2]}, {"only.there.weight": [2, 2]})
    page.goto(f"{site.url}/")
    line = page.locator(".transfer").first
    line.locator(".menu > summary").click()
    line.get_by_label("Title").fill("A transfer to be found")
    line.get_by_role("button", name="Rename").click()
    expect(page.locator(".transfer", has_text="A transfer to be found")).to_have_count(1)  # its answer is the whole list again
    _find(page, "to be found")
    expect(page.locator(".transfer")).to_have_count(1)
    _find(page, "no such name anywhere")
    expect(page.get_by_text("Nothing of that kind")).to_be_visible()
    page.locator("#find input[name=q]").press("Escape")
    expect(page.locator(".transfer", has_text="A transfer to be found")).to_have_count(1)
    _find(page, "to be found")
    expect(page.locator(".transfer")).to_have_count(1)
    page.locator(".transfer .menu > summary").click()
    page.get_by_role("button", name="Put away").click()
    expect(page.locator(".transfer", has_text="A transfer to be found")).to_have_count(0)
    page.goto(f"{site.url}/?state=archived")
    found = page.locator(".transfer", has_text="A transfer to be found")
    found.locator(".menu > summary").click()
    found.locator(".sure > summary").click()
    expect(found.get_by_text("nobody can bring it back")).to_be_visible()
    found.get_by_role("button", name="Delete it for good").click()
    expect(found).to_have_count(0)


def test_what_is_done_to_a_transfer_in_the_list_is_taken_back(page, site):
    """Put away, brought back, renamed: said, and undone by one click, in the list that is looked at; deleting for good is said, and has no way back."""
    acts.start(page, site.url, {"only.here.weight": [2, 2]}, {"only.there.weight": [2, 2]})
    page.goto(f"{site.url}/")
    page.locator(".transfer .menu > summary").first.click()
    page.locator(".transfer").first.get_by_label("Title").fill("A transfer of two minds")
    page.get_by_role("button", name="Rename").first.click()
    line, toast = page.locator(".transfer", has_text="A transfer of two minds"), page.locator(".toast").last
    expect(toast).to_contain_text("has another title")
    toast.get_by_role("button", name="Undo").click()
    expect(line).to_have_count(0)
    page.locator(".transfer .menu > summary").first.click()
    page.locator(".transfer").first.get_by_label("Title").fill("A transfer of two minds")
    page.get_by_role("button", name="Rename").first.click()
    line.locator(".menu > summary").click()
    page.get_by_role("button", name="Put away").click()
    expect(toast).to_contain_text("“A transfer of two minds” was put away")
    expect(line).to_have_count(0)
    toast.get_by_role("button", name="Undo").click()
    expect(line).to_have_count(1)
    expect(page.locator("#transfers")).to_have_attribute("data-archived", "false")
    line.locator(".menu > summary").click()
    page.get_by_role("button", name="Put away").click()
    expect(line).to_have_count(0)
    page.get_by_role("link", name="What was put away").click()
    expect(page.get_by_text("Nothing is deleted by itself")).to_be_visible()
    line.locator(".menu > summary").click()
    line.get_by_role("button", name="Bring back").click()
    expect(toast).to_contain_text("is back in the list")
    expect(line).to_have_count(0)
    toast.get_by_role("button", name="Undo").click()
    expect(line).to_have_count(1)
    expect(page.locator("#transfers")).to_have_attribute("data-archived", "true")
    line.locator(".menu > summary").click()
    line.locator(".sure > summary").click()
    line.get_by_role("button", name="Delete it for good").click()
    expect(toast).to_contain_text("was deleted for good")
    expect(toast.get_by_role("button", name="Undo")).to_have_count(0)


def test_the_list_says_where_reviews_stand(page, site):
    """In words and by a picture, which lead to the review."""
    acts.start(page, site.url, {"a.weight": [2, 2]}, {"a.weight": [2, 2]})
    transfer = page.url.split("?")[0].rsplit("/", 1)[1]
    transfers.rename(site.house, transfer, "To be judged")
    reviewing.decide(site.house, transfer, 0, "request_changes", "No.")
    page.goto(f"{site.url}/")
    line = page.locator(".transfer", has_text="To be judged")
    expect(line.locator(".tag")).to_have_text("changes requested")
    expect(line.locator(".tag .icon-edit")).to_be_visible()
    reviewing.decide(site.house, transfer, 0, "approve")
    page.reload()
    expect(line.locator(".tag")).to_have_text("approved")
    expect(line.locator(".tag .icon-check")).to_be_visible()
    line.locator(".tag").click()
    expect(page.locator('.standing[data-state="approved"]')).to_be_visible()


def test_a_transfer_starts_from_a_plan(workspace, site):
    """The exported plan carries its model: with the checkpoint named, its rules are at work."""
    acts.row(workspace, "t", "classes").click()
    with acts.saved(workspace):
        workspace.keyboard.press("i")
    transfer = workspace.url.partition("/t/")[2]
    exported = workspace.request.get(f"{site.url}/t/{transfer}/download/plan").text()
    workspace.goto(f"{site.url}/")
    workspace.get_by_text("Start from a plan…").click()
    workspace.get_by_label("The plan as a file").set_input_files(
        {"name": "x.plan.json", "mimeType": "application/json", "buffer": exported.encode()}
    )
    keys = json.dumps({key: {"shape": shape, "dtype": "F32"} for key, shape in SOURCE.items()})
    workspace.get_by_label("The checkpoint: a path").fill(keys)
    workspace.locator(".from-plan").get_by_role("button", name="Start", exact=True).click()
    workspace.locator(".window [data-node]:visible").first.wait_for()
    assert 'init "classes.weight"' in _plan(workspace)
