"""How the workspace looks, kept as images in `images/`: views, both themes, both widths.

Every letter is drawn as a block by a font of our own (`blocks.py`), so that no installed font changes a line; images are half as large as the page,
compared in cells of 8 by 8 pixels of the page, and a few cells may differ: edges are smoothed differently from one Chromium to the next. What
lies one pixel of the image beside its place counts as the same: where half a pixel goes is decided differently too.
After a change that is meant, look at what `KEYGRAFT_KEEP_IMAGES=1 python -m pytest tests/browser/test_images.py` writes.
"""

import base64
import os
from pathlib import Path

import pytest

from . import acts, blocks

IMAGES = Path(__file__).parent / "images"
OUT = Path(__file__).parents[1] / "_out"
CELLS = 0.01
"""Share of cells that may differ."""

SOURCE = {
    **{
        f"blocks.{i}.{name}": shape
        for i in range(3)
        for name, shape in (("attn.qkv.weight", [48, 16]), ("norm.weight", [16]), ("norm.bias", [16]))
    },
    "pos_embed": [10, 16],
    "head.weight": [50, 16],
    "extra.scale": [3],
}
TARGET = {
    **{
        f"layers.{i}.{name}": shape
        for i in range(3)
        for name, shape in (("mixer.qkv.weight", [48, 16]), ("norm.weight", [16]), ("norm.bias", [16]))
    },
    "pos_embed": [14, 16],
    "head.weight": [50, 16],
    "new.table": [7, 5],
}

COMPARE = """async ([kept, now]) => {
  const cells = async (data, [x, y]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const [width, height] = [Math.ceil(image.width / 4), Math.ceil(image.height / 4)];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", {willReadFrequently: true});
    context.imageSmoothingQuality = "high";
    context.drawImage(image, x / 4, y / 4, width, height);
    return {width, height, pixels: context.getImageData(0, 0, width, height).data};
  };
  const one = await cells(kept, [0, 0]);
  const others = await Promise.all([[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0]].map((shift) => cells(now, shift)));
  if (one.width !== others[0].width || one.height !== others[0].height) return 1;
  let apart = 0;
  for (let at = 0; at < one.pixels.length; at += 4) {
    const far = (other) => Math.max(...[0, 1, 2].map((part) => Math.abs(one.pixels[at + part] - other.pixels[at + part])));
    apart += others.every((other) => far(other) > 32) ? 1 : 0;
  }
  return apart / (one.pixels.length / 4);
}"""


def _as_it_opens(_page):
    """The view that a transfer opens with."""


def _free(page):
    acts.free(page)
    acts.row(page, "t", "pos_embed").click(position={"x": 60, "y": 10})
    page.locator(".detail").wait_for()


def _triage(page):
    page.keyboard.press("Escape")
    page.locator('.seg [data-mode="triage"]:visible, .pane-tabs [data-act="triage"]:visible').click()
    page.locator(".way").first.wait_for()


def _table(page):
    page.locator('.seg [data-mode="table"]:visible, .pane-tabs [data-act="table"]:visible').click()
    page.locator("[data-rows] tr").first.wait_for()


def _rules(page):
    """The drawer, under the view in force, once what is certain was taken."""
    page.locator('[data-mode="aligned"]:visible, .pane-tabs [data-act="pane-t"]:visible').first.click()
    with acts.saved(page):
        page.locator('[data-act="accept-certain"]').first.click()
    page.locator('[data-tab="rules"]').click()
    page.locator(".drawer .rule").first.wait_for()


def _taken(page):
    with acts.saved(page):
        page.locator('[data-act="accept-certain"]').first.click()


def _review(page):
    """What the edit changed, for who is to approve it."""
    page.goto(page.url.split("?")[0] + "/review")
    page.locator(".change").first.wait_for()


VISITS = [
    ("light", 1280, {"aligned": _as_it_opens, "free": _free, "triage": _triage, "table": _table, "rules": _rules, "review": _review}),
    ("dark", 1280, {"aligned": _as_it_opens, "free": _free, "triage": _triage, "table": _table, "rules": _rules}),
    ("light", 800, {"tree": _as_it_opens, "triage": _triage, "table": _table, "rules": _rules}),
    ("dark", 800, {"tree": _as_it_opens, "triage": _triage, "review": lambda page: (_taken(page), _review(page))}),
    ("light", 390, {"tree": _as_it_opens, "triage": _triage, "review": lambda page: (_taken(page), _review(page))}),
]
"""Theme and width of a visit, and what is done in it, one after the other, with the image that is taken then."""


@pytest.fixture
def drawn(chromium, site):
    """Pages whose letters are blocks."""
    contexts = []

    def make(theme, width):
        context = chromium.new_context(
            viewport={"width": width, "height": 860},
            device_scale_factor=0.5,
            color_scheme=theme,
            bypass_csp=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(acts.PATIENCE)
        page.goto(site.link)
        return page

    yield make
    for context in contexts:
        context.close()


def _in_blocks(page):
    """Letters as blocks; what comes and goes by itself is not there."""
    data = base64.b64encode(blocks.font()).decode()
    page.add_style_tag(
        content=f'@font-face {{ font-family: blocks; src: url("data:font/ttf;base64,{data}"); }}'
        ":root { --mono: blocks !important; --ui: blocks !important; } #hints, #toasts { display: none; }"
        " *, *::before, *::after { caret-color: transparent !important; }"
    )
    assert page.evaluate("async () => (await document.fonts.load('12px blocks')).length") == 1
    page.evaluate('document.dispatchEvent(new CustomEvent("kg:looks"))')
    page.mouse.move(2, 2)
    page.wait_for_timeout(400)


def _apart(page, name):
    """Which share of its cells an image has that are other ones than those of the image that is kept."""
    now = page.screenshot(animations="disabled")
    (OUT / "images" / name).write_bytes(now)
    if os.environ.get("KEYGRAFT_KEEP_IMAGES"):
        (IMAGES / name).write_bytes(now)
    kept = (IMAGES / name).read_bytes()
    return page.evaluate(COMPARE, [base64.b64encode(each).decode() for each in (kept, now)])


@pytest.mark.parametrize(("theme", "width", "steps"), VISITS, ids=[f"{theme}-{width}" for theme, width, _ in VISITS])
def test_it_looks_as_it_did(drawn, site, theme, width, steps):
    """Against the images that are kept, but for a few cells."""
    (OUT / "images").mkdir(parents=True, exist_ok=True)
    page = drawn(theme, max(width, 800))
    acts.start(page, site.url, SOURCE, TARGET)
    page.set_viewport_size({"width": width, "height": 860})
    others = {}
    for view, go in steps.items():
        go(page)
        _in_blocks(page)
        name = f"{view}-{theme}-{width}.png"
        apart = _apart(page, name)
        if apart > CELLS:
            others[name] = f"{apart:.1%}"
    assert not others, f"cells that differ: {others}; compare tests/_out/images with tests/browser/images"


def test_the_comparison_sees_a_change(drawn, site):
    """A pane without its rows is not taken for one that has them, and the same page is taken for itself."""
    page = drawn("light", 1280)
    acts.start(page, site.url, SOURCE, TARGET)
    _in_blocks(page)
    full = base64.b64encode(page.screenshot()).decode()
    page.evaluate('document.querySelector("#aligned .window").replaceChildren()')
    bare = base64.b64encode(page.screenshot()).decode()
    assert page.evaluate(COMPARE, [full, full]) == 0
    assert page.evaluate(COMPARE, [full, bare]) > CELLS
