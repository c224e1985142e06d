"""Colours by token: whatever is text on whatever is its ground can be read (WCAG 2.2 AA), in both themes."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
GROUNDS = ("bg", "panel", "sunken")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in (*GROUNDS, "sel-bg")),
    *((tone, ground) for tone in ("graft", "ask", "bad", "rest", "sel") for ground in ("bg", "panel", f"{tone}-bg")),
    *(("ink", ground) for ground in ("hit", "graft-bg", "ask-bg", "bad-bg", "rest-bg")),
    ("ink-2", "rest-bg"),
    ("ink-2", "graft-bg"),
    ("on-graft", "graft"),
    ("on-graft", "graft-strong"),
    ("on-bad", "bad"),
    ("bg", "ink"),
    *((f"code-{kind}", ground) for kind in ("key", "text", "number", "note", "name") for ground in ("panel", "sunken")),
]
SHAPES = [(tone, ground) for tone in ("graft", "ask", "bad", "rest", "idle", "sel", "edge") for ground in ("bg", "panel")]


def _themes():
    """Colour tokens of both themes; the dark one keeps what it does not change."""
    blocks = re.findall(r"^(:root[^{]*)\{(.*?)\}", TOKENS.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    tokens = {selector.strip(): dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", body)) for selector, body in blocks}
    light = tokens[":root"]
    return {"light": light, "dark": light | tokens[':root[data-theme="dark"]']}


THEMES = _themes()


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_itself():
    """Black on white is 21 to 1, a colour on itself 1 to 1."""
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(theme, text, ground):
    """At least 4.5 to 1."""
    assert _contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_signs_can_be_seen(theme, shape, ground):
    """State icons, wires that mean something, edges of fields: at least 3 to 1."""
    assert _contrast(THEMES[theme][shape], THEMES[theme][ground]) >= 3


def test_both_ways_to_the_dark_are_one():
    """Chosen by hand or by the system: the same colours."""
    text = TOKENS.read_text("utf-8")
    by_hand = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', text, re.DOTALL)
    by_system = re.search(r':root\[data-theme="system"\] \{(.*?)\}', text, re.DOTALL)
    assert by_hand is not None
    assert by_system is not None
    assert by_hand[1].split() == by_system[1].split()
