"""Review by two people at once: what one says and selects, the other sees within a second, and nothing moves under the pointer."""

import pytest
from playwright.sync_api import expect

from . import acts
from .conftest import TOKEN

SOURCE = {**{f"blocks.{i}.fc.weight": [4, 4] for i in range(3)}, "head.weight": [10, 4]}
TARGET = {**{f"layers.{i}.fc.weight": [4, 4] for i in range(3)}, "out.weight": [20, 4]}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def other(chromium, site, faults):
    """A second browser."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    made = context.new_page()
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.goto(site.link)
    yield made
    context.close()


@pytest.fixture
def address(page, site):
    """A transfer with one step done; its address."""
    acts.start(page, site.url, SOURCE, TARGET)
    page.locator('[data-act="accept-all"], [data-act="accept-certain"]').first.click()
    acts.version(page, 1)
    return page.url.split("?")[0]


def test_a_selection_is_seen_by_the_other(page, other, address):
    """The face stands in the head of the page; the selected row carries its colour, and loses it again."""
    other.goto(address)
    other.locator(".window [data-node]").first.wait_for()
    expect(page.locator("#people .face")).to_have_count(1)
    acts.row(other, "t", "out.weight").click()
    expect(page.locator('[data-side="t"][data-hue]').first).to_be_visible()
    other.close()
    expect(page.locator("#people .face")).to_have_count(0)
    expect(page.locator("[data-hue]")).to_have_count(0)


def test_a_review_is_held(page, other, address):
    """Comment, suggestion, answer, resolve, request changes, edit, approve: each seen by the other without a reload."""
    page.goto(f"{address}/review")
    other.goto(f"{address}/review")
    card = page.locator(".change").first
    card.get_by_text("Comment", exact=True).click()
    card.get_by_label("Comment", exact=True).fill("Why **these**?")
    card.get_by_role("button", name="Send").click()
    expect(other.locator(".comment strong", has_text="these")).to_be_visible()
    expect(card.locator("details.begin")).not_to_have_attribute("open", "")
    thread = other.locator(".thread").first
    thread.get_by_text("Reply", exact=True).click()
    thread.get_by_label("Reply").fill("Same shapes.")
    thread.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Same shapes.").first).to_be_visible()
    page.get_by_role("button", name="Resolve").click()
    expect(other.locator(".thread.closed")).to_be_visible()
    page.get_by_label("Your decision").fill("The head, please.")
    page.get_by_role("button", name="Request changes").click()
    expect(other.get_by_text("changes requested")).to_be_visible()


def test_an_edit_is_announced_and_makes_the_approval_stale(page, other, address):
    """Who reads keeps what they read; an older version cannot be approved by accident."""
    other.goto(f"{address}/review")
    acts.row(page, "t", "out.weight").click()
    page.keyboard.press("i")
    acts.version(page, 2)
    expect(other.locator("#review-newer")).to_contain_text("Version 2")
    other.get_by_role("button", name="Approve").click()
    expect(other.locator("#review-failure")).to_contain_text("version 2")
    other.locator("#review-newer a").click()
    other.get_by_role("button", name="Approve").click()
    expect(other.locator('.standing[data-state="approved"]')).to_be_visible()


def test_nothing_moves_under_the_pointer(page, other, address):
    """A comment that comes in above leaves what the reader points at where it is, and what they typed in the field."""
    page.goto(f"{address}/review")
    other.goto(f"{address}/review")
    page.set_viewport_size({"width": 1280, "height": 420})
    page.locator("#review-talk").scroll_into_view_if_needed()
    begin = page.locator("#review-talk ~ .begin").first
    begin.locator("summary").click()
    field = begin.locator("textarea")
    field.fill("half a thou")
    before = field.bounding_box()["y"]
    card = other.locator(".change").first
    card.get_by_text("Comment", exact=True).click()
    card.get_by_label("Comment", exact=True).fill("one\n\ntwo\n\nthree")
    card.get_by_role("button", name="Send").click()
    expect(page.locator(".comment")).to_have_count(1)
    assert abs(field.bounding_box()["y"] - before) < 2
    expect(field).to_have_value("half a thou")
    expect(field).to_be_focused()


def test_a_suggestion_is_taken_without_a_word_of_a_newer_version(page, other, address):
    """Who takes it sees the version it led to, and no note that there is one; what others read keeps standing, and so does an opened diff."""
    page.goto(f"{address}/review")
    other.goto(f"{address}/review")
    card = other.locator(".change").first
    card.get_by_text("Comment", exact=True).click()
    card.get_by_label("to drop the rule").check()
    card.get_by_label("Comment", exact=True).fill("Away with it?")
    card.get_by_role("button", name="Send").click()
    other.locator("details.raw > summary").click()
    expect(other.locator(".raw-diff")).to_be_visible()
    thread = page.locator(".thread").first
    thread.get_by_text("Reply", exact=True).click()
    thread.get_by_label("Reply").fill("Yes.")
    thread.get_by_role("button", name="Send").click()
    expect(other.get_by_text("Yes.").first).to_be_visible()
    expect(other.locator(".raw-diff")).to_be_visible()
    page.get_by_role("button", name="Take the suggestion").click()
    expect(page.get_by_text("taken, v2")).to_be_visible()
    expect(page.locator("#review-newer")).to_be_hidden()
    expect(page.locator(".comment time").first).to_contain_text("minute")
    expect(other.locator("#review-newer")).to_contain_text("Version 2")
    expect(other.locator(".raw-diff")).to_be_visible()


def test_ticks_are_kept(page, address):
    """What was looked at stays ticked."""
    page.goto(f"{address}/review")
    page.locator(".change").first.get_by_label("viewed").check()
    expect(page.get_by_text("1 of")).to_be_visible()
    page.reload()
    expect(page.locator(".change").first.get_by_label("viewed")).to_be_checked()


def test_two_people_edit_one_family_at_once(page, other, site, faults):
    """Both decide about the same keys at the same moment: no edit is lost without a word, both see the same plan, and each can take back their own."""
    acts.start(page, site.url, SOURCE, TARGET)
    address = page.url.split("?")[0]
    other.goto(address)
    for each in (page, other):
        each.locator(".window [data-node]").first.wait_for()
        acts.row(each, "t", "layers").click()
    page.keyboard.press("i")
    other.keyboard.press("i")
    acts.row(other, "t", "out.weight").click()
    other.keyboard.press("i")
    expect(page.locator("#saved")).to_contain_text("saved")
    expect(other.locator("#saved")).to_contain_text("saved")
    for each in (page, other):
        for key in ("layers", "out.weight"):
            expect(acts.row(each, "t", key)).to_have_attribute("data-state", "initialised")
    newest = other.request.get(address.replace("/t/", "/api/v1/transfers/"), headers=BEARER).json()["version"]
    for each in (page, other):
        expect(each.locator("#saved")).to_have_text(f"v{newest} · saved")
    page.keyboard.press("Control+z")
    expect(other.locator("#saved")).to_have_text(f"v{newest + 1} · saved")
    faults.clear()  # a refused edit answers 409, which the browser writes to its console
