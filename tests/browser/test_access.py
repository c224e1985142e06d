"""Every screen in both themes and at both widths: no violation that axe knows (WCAG 2.2 AA), and nothing wider than the page."""

import importlib.util
from pathlib import Path

import pytest

from . import acts

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ["violations"]})).violations
    .flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.target.join(" ")} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`))"""


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, among the tools that check our scripts."""
    place = Path(__file__).parents[1] / "js" / "check.py"
    spec = importlib.util.spec_from_file_location("js_check", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return (module.tools() / "axe-core" / "axe.min.js").read_text("utf-8")


def _home(page, url):
    page.goto(f"{url}/")


def _new(page, url):
    page.goto(f"{url}/new")
    acts.give(page, "s", "source.json", {"a.weight": [2]})


def _workspace(page, url):
    source = {**{f"blocks.{i}.{part}": [8, 8] for i in range(3) for part in ("q.weight", "k.weight")}, "odd": [3], "fc": [10, 4]}
    target = {**{f"layers.{i}.{part}": [8, 8] for i in range(3) for part in ("q.weight", "k.weight")}, "fc": [20, 4], "new": [7]}
    acts.start(page, url, source, target)


def _free(page, url):
    _workspace(page, url)
    acts.free(page)
    acts.row(page, "t", "fc").click()


def _rules(page, url):
    _workspace(page, url)
    page.locator('[data-act="accept-all"], [data-act="accept-certain"]').first.click()
    acts.version(page, 1)
    page.get_by_role("tab", name="Rules").click()
    page.locator(".rule").first.wait_for()


def _history(page, url):
    _workspace(page, url)
    page.locator('[data-act="accept-all"], [data-act="accept-certain"]').first.click()
    acts.version(page, 1)
    page.get_by_role("tab", name="History").click()
    page.locator(".step").first.wait_for()


def _loader(page, url):
    _workspace(page, url)
    page.get_by_role("tab", name="Loader").click()
    page.locator(".says").wait_for()


def _fit(page, url):
    acts.start(page, url, {"kernel": [4, 6]}, {"weight": [6, 4]})
    acts.row(page, "t", "weight").click()
    page.locator('[data-side="s"][data-node]').first.click()
    page.locator('.head-mid [data-act="map"]').click()
    page.locator("#fit[open]").wait_for()


def _palette(page, url):
    _workspace(page, url)
    page.keyboard.press("Control+k")


def _keys(page, url):
    _workspace(page, url)
    page.keyboard.press("?")


def _export(page, url):
    _workspace(page, url)
    page.goto(f"{page.url}/export")


def _error(page, url):
    page.goto(f"{url}/t/none")


SCREENS = {
    each.__name__.strip("_"): each
    for each in (_home, _new, _workspace, _free, _rules, _history, _loader, _fit, _palette, _keys, _export, _error)
}


@pytest.fixture
def unbound(chromium, site, axe):
    """Pages that also run axe, which the page's own policy would not let in."""
    contexts = []

    def make(theme, width):
        context = chromium.new_context(
            viewport={"width": width, "height": 860}, color_scheme=theme, bypass_csp=True, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(site.link)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_violation(unbound, site, axe, screen, theme):
    """As axe sees it, at 1280 px."""
    page = unbound(theme, 1280)
    SCREENS[screen](page, site.url)
    page.wait_for_timeout(250)
    page.screenshot(path=Path(__file__).parents[1] / "_out" / f"{screen}-{theme}-1280.png")
    page.add_script_tag(content=axe)
    assert page.evaluate(RUN, TAGS) == []


@pytest.mark.parametrize("screen", ["home", "new", "free", "rules", "loader", "export"])
def test_narrow_pages(unbound, site, axe, screen):
    """At 800 px nothing sticks out, and axe has nothing to say either."""
    page = unbound("light", 800)
    if screen in {"free", "rules", "loader"}:
        acts.start(page, site.url, {"a": [2], "fc": [3]}, {"b": [2], "fc": [4]})
        if screen != "free":
            page.get_by_role("tab", name=screen.capitalize()).click()
    else:
        SCREENS[screen](page, site.url)
    page.wait_for_timeout(250)
    page.screenshot(path=Path(__file__).parents[1] / "_out" / f"{screen}-light-800.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    page.add_script_tag(content=axe)
    assert page.evaluate(RUN, TAGS) == []
