"""Many tabs, one connection: all that a browser shows hears of every change, whichever of its tabs listens."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from . import acts
from .conftest import Site

SOURCE = {**{f"blocks.{i}.fc.weight": [4, 4] for i in range(3)}, "head.weight": [10, 4]}
TARGET = {**{f"layers.{i}.fc.weight": [4, 4] for i in range(3)}, "out.weight": [20, 4], "more.weight": [7, 4]}
SECOND = 1000
"""Waits are generous: what arrives within a second is measured, not tested."""
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }); delete Navigator.prototype.locks"
Enter = Callable[..., BrowserContext]


@pytest.fixture
def enter(chromium: Browser, site: Site) -> Iterator[Enter]:
    """Browsers that share nothing, each let in by the link."""
    made: list[BrowserContext] = []

    def one(script: str = "") -> BrowserContext:
        context = chromium.new_context(viewport={"width": 1280, "height": 860})
        context.set_default_timeout(acts.PATIENCE)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(site.link)
        page.close()
        made.append(context)
        return context

    yield one
    for context in made:
        context.close()


def begin(context: BrowserContext, site: Site) -> str:
    """A transfer; its address."""
    page = context.new_page()
    acts.start(page, site.url, SOURCE, TARGET)
    address = page.url.split("?")[0]
    page.close()
    return address


def shown(context: BrowserContext, address: str) -> Page:
    """A tab that shows it."""
    page = context.new_page()
    page.goto(address)
    page.locator(".window [data-node]:visible").first.wait_for()
    return page


def edit(page: Page, key: str) -> str:
    """Let a key start fresh; what the page then says of its version."""
    acts.row(page, "t", key).click()
    with acts.saved(page):
        page.keyboard.press("i")
    return page.locator("#saved").inner_text()


def connections(site: Site, transfer: str) -> int:
    """Connections that the server holds for a transfer."""
    return site.house.hub.listeners(transfer.rsplit("/", 1)[1])


def settle(page: Page, site: Site, count: int) -> None:
    """Wait until so many connections stand in all, and stay so."""
    for _ in range(50):
        page.wait_for_timeout(100)
        if site.house.hub.listeners() == count:
            break
    page.wait_for_timeout(300)
    assert site.house.hub.listeners() == count


def test_eight_tabs_share_one_connection(enter: Enter, site: Site) -> None:
    """Eight tabs on two transfers, none hangs; each hears of an edit elsewhere within a second; the one that listens closes, the others go on."""
    mine, other = enter(), enter()
    addresses = [begin(mine, site), begin(mine, site)]
    tabs = [shown(mine, addresses[number % 2]) for number in range(8)]
    editors = [shown(other, address) for address in addresses]
    settle(tabs[0], site, 2)  # one for each browser
    assert [connections(site, address) for address in addresses] == [2, 2]
    for number, editor in enumerate(editors):
        version = edit(editor, "out.weight")
        for tab in tabs[number::2]:
            expect(tab.locator("#saved")).to_have_text(version)
    tabs[0].close()  # it was there first: it listens
    versions = [edit(editor, "more.weight") for editor in editors]  # in the moment in which nobody may listen
    for number, tab in enumerate(tabs[1:], 1):
        expect(tab.locator("#saved")).to_have_text(versions[number % 2])
    settle(tabs[1], site, 2)
    version = edit(tabs[7], "layers")
    for tab in (*tabs[1:7:2], editors[1]):
        expect(tab.locator("#saved")).to_have_text(version)


def test_who_is_here_is_right_although_one_connection_carries_all(enter: Enter, site: Site) -> None:
    """Two tabs of one browser on two transfers: each transfer shows that somebody is there, until the tab on it closes."""
    mine, other = enter(), enter()
    one, two = begin(mine, site), begin(mine, site)
    first, second = shown(mine, one), shown(mine, two)
    watching = [shown(other, one), shown(other, two)]
    for page in watching:
        expect(page.locator("#people .face")).to_have_count(1)
    first.close()
    expect(watching[0].locator("#people .face")).to_have_count(0)
    watching[0].wait_for_timeout(2 * SECOND)
    expect(watching[1].locator("#people .face")).to_have_count(1)
    second.close()
    expect(watching[1].locator("#people .face")).to_have_count(0)


def test_a_tab_that_closes_at_once_is_nobody(enter: Enter, site: Site) -> None:
    """It said that it is there, and went before any connection stood for it."""
    mine, other = enter(), enter()
    address = begin(other, site)
    watching = shown(other, address)
    hasty = mine.new_page()
    hasty.route("**/events?*", lambda route: route.abort())
    hasty.goto(address)
    expect(watching.locator("#people .face")).to_have_count(1)
    hasty.close()
    expect(watching.locator("#people .face")).to_have_count(0)


def test_a_lost_connection_is_made_up_for(enter: Enter, site: Site) -> None:
    """What happened while the line was cut is told when it stands again: to the tab that listens, and to those behind it."""
    mine, other = enter(), enter()
    address = begin(mine, site)
    tabs, editor = [shown(mine, address), shown(mine, address)], shown(other, address)
    settle(tabs[0], site, 2)
    mine.set_offline(True)
    version = edit(editor, "out.weight")
    tabs[0].wait_for_timeout(300)
    assert tabs[1].locator("#saved").inner_text() != version
    mine.set_offline(False)
    for tab in tabs:
        expect(tab.locator("#saved")).to_have_text(version)


def test_on_plain_http_tabs_ask(enter: Enter, site: Site) -> None:
    """Without locks there is no connection at all; edits arrive all the same, the page says how late, and who goes is gone."""
    mine, other = enter(NO_LOCKS), enter()
    address = begin(other, site)
    editor = shown(other, address)
    tabs = [shown(mine, address) for _ in range(3)]
    settle(editor, site, 1)  # the editor's
    version = edit(editor, "out.weight")
    for tab in tabs:
        expect(tab.locator("#saved")).to_have_text(version)
        expect(tab.locator("#people .slower")).to_have_text("every 2 s")
    version = edit(tabs[1], "more.weight")
    expect(editor.locator("#saved")).to_have_text(version)
    expect(editor.locator("#people .face")).to_have_count(1)
    for tab in tabs:
        tab.close()
    expect(editor.locator("#people .face")).to_have_count(
        0, timeout=90 * SECOND
    )  # the word of a closing tab may be lost: then 45 s of silence tell


def test_a_transfer_that_is_deleted_silences_no_other(enter: Enter, site: Site) -> None:
    """Its tab says so; the tab beside it goes on hearing."""
    mine, other = enter(), enter()
    one, two = begin(mine, site), begin(mine, site)
    first, second, editor = shown(mine, one), shown(mine, two), shown(other, two)
    settle(first, site, 2)
    assert other.request.delete(one.replace("/t/", "/api/v1/transfers/"), headers={"X-Keygraft": "script"}).status == 204
    expect(first.get_by_text("This transfer is no longer there for you")).to_be_visible()
    version = edit(editor, "out.weight")
    expect(second.locator("#saved")).to_have_text(version)
