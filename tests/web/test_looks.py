"""Colours: what stands on what can be read, in both themes."""

import re

import pytest

TEXT = [
    ("ink", "bg"), ("ink", "panel"), ("ink-2", "bg"), ("ink-2", "panel"), ("ink-2", "sunken"), ("ink-3", "bg"), ("ink-3", "panel"),
    ("graft", "bg"), ("graft", "panel"), ("graft", "graft-bg"), ("on-graft", "graft"), ("ask", "ask-bg"), ("ask", "panel"), ("bad", "bad-bg"),
    ("bad", "bg"), ("on-bad", "bad"), ("ink-2", "rest-bg"), ("sel", "bg"), ("sel", "panel"), ("ink", "sel-bg"), ("ink-2", "sel-bg"), ("ink", "hit"), ("ink", "ask-bg"),
    ("ink-2", "ask-bg"), ("ink-2", "bad-bg"), ("code-key", "panel"), ("code-text", "panel"), ("code-number", "panel"), ("code-note", "panel"),
    ("code-name", "panel"), ("idle", "bg"), ("rest", "bg"),
]  # fmt: skip
SIGNS = [("edge", "panel"), ("graft", "bg"), ("ask", "bg"), ("bad", "bg"), ("on-bad", "bad"), ("sel", "bg")]


@pytest.fixture(scope="module")
def themes(root):
    """Theme -> colour -> value."""
    text = (root / "static" / "css" / "tokens.css").read_text("utf-8")
    blocks = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r"\{([^{}]*)\}", text)]
    light, dark, system = (block for block in blocks if "ink" in block)
    assert dark == system
    return {"light": light, "dark": light | dark}


def _brightness(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    high, low = sorted((_brightness(one), _brightness(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(themes, theme):
    """WCAG 2.2 AA: 4.5 to 1."""
    colours = themes[theme]
    assert [
        (*pair, round(_contrast(*(colours[name] for name in pair)), 2))
        for pair in TEXT
        if _contrast(*(colours[name] for name in pair)) < 4.5
    ] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signs_can_be_seen(themes, theme):
    """WCAG 2.2 AA: 3 to 1 for borders of controls and for icons."""
    colours = themes[theme]
    assert [pair for pair in SIGNS if _contrast(*(colours[name] for name in pair)) < 3] == []


def test_every_sentence_of_the_templates_is_in_the_catalogue(root):
    """What a template asks for by a fixed name is there."""
    from app import messages

    asked = {
        name
        for path in (root / "templates").rglob("*.html")
        for name in re.findall(r"""\bt\(\s*["']([a-z0-9-]+)["']\s*[,)]""", path.read_text("utf-8"))
    }
    assert len(asked) > 100
    assert [name for name in sorted(asked) if not messages.has(name)] == []
