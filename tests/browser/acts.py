"""What a person does, in one line each: by pointer and keys only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

PATIENCE = 60_000
"""Milliseconds that a test waits for what must come: of a machine that has other things to do. How soon it comes is measured elsewhere."""


def give(page: Page, side: str, name: str, keys: dict[str, list[int]]) -> None:
    """Choose a file with a list of keys for one side of a new transfer."""
    content = json.dumps({key: {"shape": shape, "dtype": "F32"} for key, shape in keys.items()}).encode()
    page.locator(f"#slot-{side} [data-files]").set_input_files({"name": name, "mimeType": "application/json", "buffer": content})
    expect(page.locator(f"#slot-{side} [data-card]")).to_be_visible()


def start(page: Page, url: str, source: dict[str, list[int]], target: dict[str, list[int]]) -> None:
    """Make a transfer from two lists of keys and go to its workspace, in the free view."""
    page.goto(f"{url}/new")
    give(page, "s", "source.json", source)
    give(page, "t", "target.json", target)
    page.get_by_role("button", name="See the mapping").click()
    page.locator(".window [data-node]:visible").first.wait_for()


def free(page: Page) -> None:
    """Look at both trees with links between them."""
    page.get_by_role("button", name="Free", exact=True).click()
    page.locator("#pane-s .row").first.wait_for()


def row(page: Page, side: str, text: str) -> Locator:
    """A row of one side by what it says."""
    return page.locator(f'.window [data-side="{side}"][data-node]').filter(has=page.locator("code", has_text=text)).first


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Drag one row onto another."""
    here, there = source.bounding_box(), target.bounding_box()
    assert here is not None
    assert there is not None
    page.mouse.move(here["x"] + 90, here["y"] + 10)
    page.mouse.down()
    page.mouse.move(here["x"] + 120, here["y"] + 14, steps=3)
    page.mouse.move(there["x"] + 90, there["y"] + there["height"] / 2, steps=8)
    page.mouse.up()


def version(page: Page, number: int) -> None:
    """Wait until a version is saved."""
    expect(page.locator("#saved")).to_have_text(f"v{number} · saved")


def state(page: Page, side: str, text: str) -> str | None:
    """State of a row."""
    return row(page, side, text).get_attribute("data-state")


def leaf(page: Page, side: str, key: str) -> Locator:
    """The row of one tensor by its whole key."""
    return (
        page.locator(f'.window [data-side="{side}"][data-node]:not([aria-expanded])').filter(has=page.locator(f'code[title="{key}"]')).first
    )


def find(page: Page, side: str, text: str) -> None:
    """Filter a side and wait until only what was found shows."""
    page.locator(f'[data-filter="{side}"]').fill(text)
    expect(page.locator(f'[data-found="{side}"]')).to_contain_text("found")
    expect(page.locator(f'.pane[data-side="{side}"] code[title="{text}"]')).to_be_visible()


def module(page: Page, side: str, path: str) -> Locator:
    """The row of a module by its whole path."""
    return page.locator(f'.window [data-side="{side}"][aria-expanded]').filter(has=page.locator(f'code[title="{path}"]')).first


def clear(page: Page) -> None:
    """Show everything again."""
    for side in "st":
        page.locator(f'[data-filter="{side}"]').fill("")
        expect(page.locator(f'[data-found="{side}"]')).to_have_text("")


def leaf_in(page: Page, side: str, title: str) -> Locator:
    """The row of a tensor, or of a family of them, by its whole path as the page writes it."""
    return (
        page.locator(f'.window [data-side="{side}"][data-node]:not([aria-expanded])')
        .filter(has=page.locator(f'code[title="{title}"]'))
        .first
    )


def open_all(page: Page) -> None:
    """Open every row of both sides."""
    for side in "st":
        page.locator(f'[data-act="expand-{side}"]').click()
        expect(page.locator(f'.pane[data-side="{side}"] [aria-expanded="false"]')).to_have_count(0)


@contextmanager
def saved(page: Page) -> Iterator[None]:
    """Do something that leads to a new version, and wait until it is there."""
    before = page.locator("#saved").inner_text()
    yield
    expect(page.locator("#saved")).not_to_have_text(before)
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")


def refuse_all(page: Page) -> None:
    """Refuse what the mapper proposes, so that a test starts from nothing."""
    waiting = page.locator('.pane[data-side="t"] [data-state="proposed"]')
    if not waiting.count():
        return
    acts = page.locator('.pane[data-side="t"] .row')
    acts.first.click()
    acts.last.click(modifiers=["Shift"])
    with saved(page):
        page.keyboard.press("x")
    expect(waiting).to_have_count(0)
    page.keyboard.press("Escape")


def wheel(page: Page, selector: str, by: int) -> None:
    """Turn the wheel over a list, and wait until it has come to rest: Chromium scrolls smoothly, and goes on while one clicks."""
    page.locator(selector).hover()
    page.mouse.wheel(0, by)
    page.wait_for_function(
        "(selector) => { const at = document.querySelector(selector).scrollTop, rests = at > 0 && at === globalThis.lastSeen; globalThis.lastSeen = at; return rests; }",
        arg=selector,
        polling=200,
    )
