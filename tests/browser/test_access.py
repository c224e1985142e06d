"""Every screen in both themes and at both widths: no violation that axe knows (WCAG 2.2 AA), and nothing wider than the page."""

import importlib.util
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from . import acts, composing

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


def _replace(page, url):
    _workspace(page, url)
    page.locator('.head[data-side="t"]').get_by_role("link", name="Replace").click()
    page.locator("#slot-t textarea").wait_for()


def _replaced(page, url):
    _replace(page, url)
    target = {**{f"stages.{i}.{part}": [8, 8] for i in range(3) for part in ("q.weight", "k.weight")}, "fc": [30, 4], "newer": [7]}
    content = json.dumps({key: {"shape": shape, "dtype": "F32"} for key, shape in target.items()}).encode()
    page.locator("#slot-t [data-files]").set_input_files({"name": "v2.json", "mimeType": "application/json", "buffer": content})
    page.locator("[data-part=moved]").wait_for()


def _triage(page, url):
    _workspace(page, url)
    page.get_by_role("button", name="Triage").click()
    page.locator(".way").first.wait_for()


def _triage_end(page, url):
    acts.start(page, url, {"a": [2]}, {"a": [2]})
    page.get_by_role("button", name="Triage").click()
    page.locator(".triage-end").wait_for()


def _table(page, url):
    _workspace(page, url)
    page.locator('.seg [data-mode="table"]').click()
    page.locator("[data-edit-source]").first.click()
    page.locator("#source-list li").first.wait_for()


def _facets(page, url):
    _workspace(page, url)
    page.get_by_role("button", name="Narrow the model").click()
    page.locator("#facets-t button").first.wait_for()


def _threshold(page, url):
    _workspace(page, url)
    page.get_by_role("button", name="Accept by confidence").click()


def _credentials(page, url):
    page.goto(f"{url}/credentials")
    page.get_by_label("Place").fill("files.example.org")
    page.get_by_label("Token or secret key").fill("of a test")
    page.get_by_role("button", name="Keep it").click()
    page.locator(".credentials li").wait_for()


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


def _values(page, url):
    _workspace(page, url)
    page.goto(f"{page.url}/values")


def _review(page, url):
    _rules(page, url)
    page.goto(f"{page.url.split('?')[0]}/review")
    card = page.locator(".change").first
    for form, words in ((card, "Why **so**?"), (page.locator("#review-talk ~ .begin").first, "And `this`?")):
        opened = form if "begin" in (form.get_attribute("class") or "") else form.locator(".begin").first
        opened.locator("summary").click()
        opened.locator("textarea").fill(words)
        opened.get_by_role("button", name="Send").click()
        page.locator(".comment", has_text=words[:3]).wait_for()
    page.locator(".raw summary").click()
    page.locator(".raw-diff").wait_for()


def _inbox(page, url):
    page.goto(f"{url}/inbox")


def _policies(page, url):
    _free(page, url)
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("Kaiming")
    page.keyboard.press("Enter")
    page.locator("#policies[open]").wait_for()


def _proposed(page, url):
    _workspace(page, url)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Detail").click()
    page.locator(".group").first.wait_for()


def _plans(page, url):
    _workspace(page, url)
    page.goto(f"{url}/")
    page.get_by_text("Start from a plan…").click()


def _error(page, url):
    page.goto(f"{url}/t/none")


def _composing(page, url, plan='"new" = "old.w"\n'):
    page.goto(f"{url}/new")
    header = json.dumps({"old.w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    file = {"name": "old.safetensors", "mimeType": "", "buffer": len(header).to_bytes(8, "little") + header + bytes(16)}
    side = composing.lend(page, url, file)
    composing.transfer(page, url, {"": side}, {"new": (2, 2)}, plan)
    page.locator("#compose-card").scroll_into_view_if_needed()
    if "transpose" not in plan:
        page.locator("lent-files[data-state=gone]").wait_for()
        composing.attach(page, file)


def _computing(page, url):
    _composing(page, url, '"new" = transpose("old.w", 0, 1)\n')


SCREENS = {
    each.__name__.strip("_"): each
    for each in (
        _home,
        _new,
        _workspace,
        _free,
        _triage,
        _triage_end,
        _table,
        _facets,
        _threshold,
        _rules,
        _history,
        _loader,
        _fit,
        _palette,
        _keys,
        _export,
        _values,
        _review,
        _inbox,
        _error,
        _replace,
        _replaced,
        _credentials,
        _composing,
        _computing,
        _policies,
        _proposed,
        _plans,
    )
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
        page.set_default_timeout(acts.PATIENCE)
        page.goto(site.link)
        return page

    yield make
    for context in contexts:
        context.close()


def in_both_themes(page: Page, axe: str, name: str) -> dict[str, list[str]]:
    """What axe has to say of a page in each theme: the system's is turned while it stands there. Pictures go to tests/_out."""
    page.add_script_tag(content=axe)
    said = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.wait_for_timeout(250)
        page.screenshot(path=Path(__file__).parents[1] / "_out" / f"{name.format(theme)}.png")
        said[theme] = page.evaluate(RUN, TAGS)
    return said


CLEAN: dict[str, list[str]] = {"light": [], "dark": []}


@pytest.mark.parametrize("screen", SCREENS)
def test_no_violation(unbound, site, axe, screen):
    """As axe sees it, at 1280 px."""
    page = unbound("light", 1280)
    SCREENS[screen](page, site.url)
    assert in_both_themes(page, axe, f"{screen}-{{}}-1280") == CLEAN


@pytest.mark.parametrize("screen", ["home", "new", "free", "rules", "loader", "export", "composing", "review"])
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


@pytest.mark.parametrize("width", [800, 390])
def test_alone_the_narrow_head_has_a_menu_too(unbound, site, axe, width):
    """Where nobody has an account there is no person's menu: theme, density and what waits stand in one of their own."""
    page = unbound("dark", width)
    _workspace(page, site.url)
    page.locator("summary[aria-label=More]").click()
    page.get_by_role("button", name="Theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.screenshot(path=Path(__file__).parents[1] / "_out" / f"more-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(content=axe)
    assert page.evaluate(RUN, TAGS) == []
    page.get_by_role("link", name="What waits for you").click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()


def test_a_wide_head_has_no_such_menu(page, site):
    """There it is all in the head."""
    _workspace(page, site.url)
    expect(page.locator("summary[aria-label=More]")).to_be_hidden()
    expect(page.locator('.top > [data-act="theme"]')).to_be_visible()


def test_the_start_page_fits_a_phone(unbound, site):
    """Nothing sticks out of it."""
    page = unbound("light", 390)
    _workspace(page, site.url)
    _home(page, site.url)
    for button in page.locator(".section-head :is(button, summary, a)").all():
        if button.is_visible():
            box = button.bounding_box()
            assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_heads_of_the_panes_fit(page, site):
    """From the width at which both panes stand side by side on, nothing in a head lies over what is beside it."""
    _workspace(page, site.url)
    for width in (900, 960, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 860})
        expect(page.locator(".head-mid")).to_be_visible()
        over = page.evaluate("[...document.querySelectorAll('.head')].map((head) => head.scrollWidth - head.clientWidth)")
        assert max(over) <= 0, (width, over)
