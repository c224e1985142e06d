"""People at the page: coming in, sharing, and what who may only look sees."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services import accounts, conversing, inbox, reviewing, roles, sides, transfers
from app.services.live import own

from . import acts
from .conftest import PASSWORD
from .test_access import CLEAN, RUN, TAGS, axe, in_both_themes
from .test_live import NO_LOCKS

__all__ = ["axe"]  # the fixture is used here too
EDITS = [
    "undo",
    "redo",
    "map",
    "unmap",
    "settle",
    "fresh",
    "leave",
    "accept",
    "reject",
    "accept-certain",
    "accept-all",
    "recall",
    "forget",
    "import",
    "plan-text",
    "accept-least",
]
Open = Callable[..., Page]
SOON = 14_000
"""Less than the 15 s after which it would be noticed anyway; how soon it is, is measured, not tested."""


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    """Browsers that share nothing."""
    contexts = []

    def make(theme: str = "light", width: int = 1280, **more: Any) -> Page:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 860}, color_scheme=theme, **more))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.set_default_timeout(acts.PATIENCE)
        return page

    yield make
    for context in contexts:
        context.close()


def sign_in(page: Page, url: str, name: str) -> Page:
    """Fill in the form, go on to the start page."""
    page.goto(f"{url}/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    return page


def example(page: Page, url: str) -> str:
    """Begin one's example; its address."""
    page.goto(f"{url}/")
    page.get_by_role("button", name="Try an example").click()
    page.locator(".window [data-node]:visible").first.wait_for()
    return page.url


def link_to(page: Page, address: str) -> str:
    """Make a link for reading in the dialog."""
    page.goto(address)
    page.get_by_role("link", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_label("For whom?").fill("A friend")
    dialog.get_by_role("button", name="Make a link").click()
    return dialog.locator("#once-share-word").inner_text()


def shows_no_controls(page: Page) -> None:
    """Nothing that changes something can be seen, pressed or typed."""
    page.locator(".window [data-node]:visible").first.wait_for()
    changing = [f'[data-act="{act}"]' for act in EDITS]
    for each in page.locator(", ".join([*changing, "a[data-share]", '[data-popover="threshold"]', ".replace"])).all():
        expect(each).to_be_hidden()
    page.get_by_role("tab", name="Rules").click()
    expect(page.locator(".rules-foot")).to_be_hidden()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" and "/view" not in request.url else None)
    page.locator('.window [data-side="t"][data-node]:visible').first.click()
    for key in ("a", "x", "u", "i", "Control+z"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert [each for each in sent if not each.endswith(("/detail", "/here"))] == []
    page.keyboard.press("Control+k")
    labels = page.locator("#palette-list").inner_text()
    assert "Undo" not in labels
    assert "Accept" not in labels


def test_who_may_only_look_sees_no_controls(opened: Open, team: Any) -> None:
    """A link for reading without an account, and a viewer with one; taken back, the page asks to sign in."""
    ada = sign_in(opened(), team.url, "ada")
    address = example(ada, team.url)
    link = link_to(ada, address)
    guest = opened()
    guest.goto(link)
    shows_no_controls(guest)
    expect(guest.get_by_role("link", name="Get the loader")).to_be_hidden()
    dialog = ada.get_by_role("dialog", name="Share")
    dialog.get_by_label("Person").fill("bob")
    dialog.locator("#share-role").select_option("viewer")
    dialog.locator("section", has=ada.locator("#share-login")).get_by_role("button", name="Give").first.click()
    dialog.get_by_text("bob").first.wait_for()
    bob = sign_in(opened(), team.url, "bob")
    bob.goto(address)
    shows_no_controls(bob)
    expect(bob.get_by_role("link", name="Get the loader")).to_be_visible()
    dialog.get_by_role("button", name="Take back").first.click()
    dialog.get_by_text("A friend").wait_for(state="detached")
    guest.goto(address)
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_loses_a_role_while_reading_is_told(opened: Open, team: Any) -> None:
    """At once, though nothing else happens; a change of before is not shown to them any more."""
    ada = sign_in(opened(), team.url, "ada")
    address = example(ada, team.url)
    transfer = address.split("?")[0].rsplit("/", 1)[1]
    roles.give(team.house, transfer, "viewer", login="bob")
    bob = sign_in(opened(), team.url, "bob")
    bob.goto(address)
    bob.locator(".window [data-node]:visible").first.wait_for()
    expect(ada.locator("#people .face")).to_have_count(1)
    version = bob.locator("#saved").inner_text()
    roles.give(team.house, transfer, None, login="bob")
    expect(bob.locator(".toast")).to_contain_text("This transfer is no longer there for you", timeout=SOON)
    ada.locator('.window [data-side="t"][data-node]:visible').last.click()
    with acts.saved(ada):
        ada.keyboard.press("i")
    expect(bob.locator("#saved")).to_have_text(version)


def test_who_may_do_less_or_more_sees_it(opened: Open, team: Any) -> None:
    """An editor who becomes a viewer loses the controls under the hand, and is told; made an editor again they are there again; the review follows."""
    ada = sign_in(opened(), team.url, "ada")
    address = example(ada, team.url).split("?")[0]
    transfer = address.rsplit("/", 1)[1]
    roles.give(team.house, transfer, "editor", login="bob")
    bob = sign_in(opened(), team.url, "bob")
    bob.goto(address)
    bob.locator(".window [data-node]:visible").first.wait_for()
    reading = bob.context.new_page()
    reading.goto(f"{address}/review")
    expect(reading.get_by_role("button", name="Approve")).to_be_visible()
    undo = bob.locator('.top [data-act="undo"]')
    expect(undo).to_be_visible()
    expect(ada.locator("#people .face")).to_have_count(1)
    roles.give(team.house, transfer, "viewer", login="bob")
    expect(undo).to_be_hidden(timeout=SOON)
    expect(bob.locator(".toast")).to_contain_text("You may do less here than before")
    expect(reading.get_by_role("button", name="Approve")).to_have_count(0)
    roles.give(team.house, transfer, "reviewer", login="bob")
    expect(reading.get_by_role("button", name="Approve")).to_be_visible()
    roles.give(team.house, transfer, "editor", login="bob")
    expect(undo).to_be_visible()
    expect(bob.locator(".toast").last).to_contain_text("You may do more here than before")


def test_who_is_signed_out_elsewhere_is_told(opened: Open, team: Any) -> None:
    """On the start page as in a transfer; the browser in which it was done goes on, with its new session."""
    ada = sign_in(opened(), team.url, "ada")
    address = example(ada, team.url).split("?")[0]
    transfer = address.rsplit("/", 1)[1]
    roles.give(team.house, transfer, "viewer", login="bob")
    bob, elsewhere = sign_in(opened(), team.url, "bob"), sign_in(opened(), team.url, "bob")
    here = bob.context.new_page()
    here.goto(address)
    here.locator(".window [data-node]:visible").first.wait_for()
    there = elsewhere.context.new_page()
    there.goto(address)
    there.locator(".window [data-node]:visible").first.wait_for()
    until(bob, lambda: team.house.hub.listeners(transfer) == 3)
    bob.goto(f"{team.url}/account")
    bob.get_by_role("button", name="Sign all others out").click()
    for page in (elsewhere, there):
        expect(page.locator(".toast")).to_contain_text("You are no longer signed in here", timeout=SOON)
    bob.locator("#old").fill(PASSWORD)
    bob.locator("#new").fill(PASSWORD)
    bob.get_by_role("button", name="Change password").click()
    bob.wait_for_url(f"{team.url}/account")
    ada.locator('.window [data-side="t"][data-node]:visible').last.click()
    with acts.saved(ada):
        ada.keyboard.press("i")
    expect(here.locator("#saved")).to_have_text(ada.locator("#saved").inner_text())
    expect(here.locator(".toast", has_text="no longer")).to_have_count(0)
    there.get_by_role("button", name="Sign in").click()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_link_that_is_taken_back_closes_the_page(opened: Open, team: Any) -> None:
    """Who reads by it is told at once."""
    ada = sign_in(opened(), team.url, "ada")
    address = example(ada, team.url)
    guest = opened()
    guest.goto(link_to(ada, address))
    guest.locator(".window [data-node]:visible").first.wait_for()
    until(guest, lambda: team.house.hub.listeners(address.split("?")[0].rsplit("/", 1)[1]) == 2)
    ada.get_by_role("dialog", name="Share").get_by_role("button", name="Take back").first.click()
    expect(guest.locator(".toast")).to_contain_text("This transfer is no longer there for you", timeout=SOON)


@pytest.mark.parametrize("script", ["", NO_LOCKS], ids=["together", "plain-http"])
def test_what_waits_is_counted_live(opened: Open, team: Any, script: str) -> None:
    """On the start page and in the workspace: asked for a review it becomes more, decided it becomes less; one connection for both tabs."""
    eve = accounts.add(team.house, f"eve{len(script)}", password=PASSWORD)
    made = transfers.create(team.house, {"": _side(team, eve.id)}, _side(team, eve.id), by=eve.id)
    roles.give(team.house, made.id, "reviewer", login="bob")
    bob = opened()
    bob.context.add_init_script(script)
    sign_in(bob, team.url, "bob")
    inside = bob.context.new_page()
    inside.goto(f"{team.url}/t/{made.id}")
    inside.locator(".window [data-node]:visible").first.wait_for()
    before = len(inbox.waiting(team.house, by=_id(team, "bob")))
    for page in (bob, inside):
        expect(page.locator(".inbox-link .waits")).to_have_text(str(before) if before else "")
    if not script:
        until(bob, lambda: team.house.hub.listeners(own(_id(team, "bob"))) == 1)
    reviewing.ask(team.house, made.id, _id(team, "bob"), by=eve.id)
    for page in (bob, inside):
        expect(page.locator(".inbox-link .waits")).to_have_text(str(before + 1), timeout=SOON)
    reviewing.decide(team.house, made.id, 0, "approve", by=_id(team, "bob"))
    for page in (bob, inside):
        expect(page.locator(".inbox-link .waits")).to_have_text(str(before) if before else "", timeout=SOON)


def test_the_list_of_what_waits_says_when_it_is_another(opened: Open, team: Any) -> None:
    """It does not change under the reader's pointer; a change that leaves it as it is is not told."""
    zoe = accounts.add(team.house, "zoe", password=PASSWORD)
    made = transfers.create(team.house, {"": _side(team, zoe.id)}, _side(team, zoe.id), by=zoe.id)
    roles.give(team.house, made.id, "reviewer", login="bob")
    page = sign_in(opened(), team.url, "zoe")
    page.goto(f"{team.url}/inbox")
    until(page, lambda: team.house.hub.listeners(own(zoe.id)) == 1)
    reviewing.ask(team.house, made.id, _id(team, "bob"), by=zoe.id)
    page.wait_for_timeout(500)
    expect(page.locator("#inbox-newer")).to_be_hidden()
    conversing.say(team.house, made.id, "Look, @zoe", by=_id(team, "bob"))
    expect(page.locator("#inbox-newer")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.get_by_role("link", name="Show").click()
    expect(page.locator(".waiting li")).to_have_count(1)
    expect(page.locator("#inbox-newer")).to_be_hidden()


def _side(team: Any, by: str) -> str:
    return str(sides.understand(team.house, "a.weight: [2, 2]\n", by=by).id)


def _id(team: Any, login: str) -> str:
    return str(accounts.by_login(team.house, login).id)


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until the server says so."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("it did not come to hold")


def test_one_sees_others_and_not_oneself(opened: Open, team: Any) -> None:
    """My own second tab is nobody else; what waits for me stands in the head of every page."""
    ada = sign_in(opened(), team.url, "ada")
    address = example(ada, team.url).split("?")[0]
    second = ada.context.new_page()
    second.goto(f"{address}/review")
    roles.give(team.house, address.rsplit("/", 1)[1], "reviewer", login="bob")
    bob = sign_in(opened(), team.url, "bob")
    bob.goto(f"{address}/review")
    expect(second.locator("#people .face")).to_have_count(1)
    expect(second.locator("#people .face")).to_have_attribute("title", "bob")
    expect(bob.locator("#people .face")).to_have_count(1)
    begin = bob.locator("#review-talk ~ .begin").first
    begin.locator("summary").click()
    begin.locator("textarea").fill("Is this\n\nall, @ada?")
    begin.get_by_role("button", name="Send").click()
    expect(second.locator(".comment")).to_be_visible()
    second.goto(f"{team.url}/")
    expect(second.locator(".inbox-link .waits")).not_to_be_empty()
    second.locator(".inbox-link").click()
    expect(second.locator(".waiting li").first).to_contain_text("Is this all, @ada?")


def test_an_invitation(opened: Open, team: Any) -> None:
    """From the admin's page to somebody's first look, and out again."""
    ada = sign_in(opened(), team.url, "ada")
    ada.goto(f"{team.url}/people")
    ada.get_by_label("Name to propose").fill("eve")
    ada.get_by_role("button", name="Make a link").click()
    eve = opened()
    eve.goto(ada.locator("#once-link-word").inner_text())
    eve.get_by_label("New password").fill(PASSWORD)
    eve.get_by_role("button", name="Go on").click()
    eve.wait_for_url(f"{team.url}/")
    eve.locator(".person summary").click()
    expect(eve.get_by_role("link", name="People and teams")).to_have_count(0)
    eve.get_by_role("button", name="Sign out").click()
    expect(eve.get_by_role("heading", name="Sign in")).to_be_visible()


def test_finding(opened: Open, team: Any) -> None:
    """The list follows what is typed."""
    bob = sign_in(opened(), team.url, "bob")
    address = example(bob, team.url)
    bob.goto(f"{team.url}/")
    bob.get_by_label("What to do with Example").first.click()
    bob.get_by_role("button", name="Make a copy").first.click()
    bob.wait_for_url(lambda url: "/t/" in url and url != address)
    bob.goto(f"{team.url}/")
    box = bob.get_by_role("searchbox")
    box.fill("(copy)")
    expect(bob.locator(".transfer")).to_have_count(1)
    box.fill("nowhere")
    expect(bob.get_by_text("Nothing of that kind")).to_be_visible()


@pytest.mark.parametrize("width", [800, 390])
def test_what_a_narrow_head_has_no_room_for_is_in_its_menu(opened: Open, team: Any, axe: str, width: int) -> None:
    """What waits, with its number, theme and density; on a phone redo and sharing too; all of it within the page, and closed by Escape."""
    bob = sign_in(opened("light", width, bypass_csp=True), team.url, "bob")
    example(bob, team.url)
    menu = bob.locator(".person")
    for away in (".inbox-link", '.top > [data-act="theme"]'):
        expect(bob.locator(away)).to_be_hidden()
    menu.locator("summary").click()
    box = menu.locator(".menu-body").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    theme = menu.get_by_role("button", name="Theme")
    expect(theme).to_contain_text("as the system")
    theme.click()
    expect(bob.locator("html")).to_have_attribute("data-theme", "light")
    expect(theme).to_contain_text("light")
    menu.get_by_role("button", name="Density").click()
    expect(bob.locator("html")).to_have_attribute("data-density", "compact")
    for words in ("Redo", "Share"):
        expect(menu.get_by_text(words, exact=True)).to_be_visible(visible=width == 390)
    bob.add_script_tag(content=axe)
    # of the head alone: what lies under an open menu cannot be hit, as it should be
    assert bob.evaluate(RUN.replace("run(document", "run('.top'"), TAGS) == []
    bob.keyboard.press("Escape")
    expect(menu.locator(".menu-body")).to_be_hidden()
    waits = len(inbox.waiting(team.house, by=_id(team, "bob")))
    expect(menu.locator("summary .waits")).to_have_text(str(waits) if waits else "")
    menu.locator("summary").click()
    menu.get_by_role("link", name="What waits for you").click()
    expect(bob.get_by_role("heading", name="What waits for you")).to_be_visible()


def _signed_in(path: str) -> Callable[[Page, str], None]:
    def show(page: Page, url: str) -> None:
        sign_in(page, url, "ada")
        page.goto(f"{url}{path}")

    return show


def _door(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("not a password")
    page.get_by_role("button", name="Sign in").click()


def _welcome(page: Page, url: str) -> None:
    _signed_in("/people")(page, url)
    page.get_by_role("button", name="Make a link").click()
    page.goto(page.locator("#once-link-word").inner_text())


def _token(page: Page, url: str) -> None:
    _signed_in("/account")(page, url)
    page.get_by_role("button", name="Make a token").click()


def _team(page: Page, url: str) -> None:
    _signed_in("/people")(page, url)
    if not page.locator(".team").count():
        page.locator("#team-name").fill("Vision")
        page.get_by_role("button", name="Make a team").click()
    page.locator(".person summary").click()


def _dialog(page: Page, url: str) -> None:
    sign_in(page, url, "ada")
    link_to(page, example(page, url))


def _guest(page: Page, url: str) -> None:
    sign_in(page, url, "ada")
    link = link_to(page, example(page, url))
    page.context.clear_cookies()
    page.goto(link)
    page.locator(".window [data-node]:visible").first.wait_for()


SCREENS: dict[str, Callable[[Page, str], None]] = {
    "door": _door,
    "welcome": _welcome,
    "account": _token,
    "people": _team,
    "log": _signed_in("/audit"),
    "sharing": _dialog,
    "guest": _guest,
    "home-found": _signed_in("/?q=example"),
}


@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_violation(opened: Open, team: Any, axe: str, screen: str, width: int) -> None:
    """As axe sees it, in both themes and at both widths; nothing sticks out."""
    page = opened("light", width, bypass_csp=True, reduced_motion="reduce")
    SCREENS[screen](page, team.url)
    assert in_both_themes(page, axe, f"team-{screen}-{{}}-{width}") == CLEAN
    assert page.evaluate("document.documentElement.scrollWidth") <= width
