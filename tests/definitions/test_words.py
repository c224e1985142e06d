"""Every code of these rooms has its sentence and its hint."""

import re

from app import messages
from app.definitions.failures import PARAMS, Failure
from app.definitions.live import BUILD_WARNINGS
from app.sandbox.status import _WALLS


def _codes(root):
    for room in ("definitions", "sandbox"):
        for path in (root / "app" / room).glob("*.py"):
            for match in re.finditer(
                r'(?:Text|Spec|Upload|Build|Sandbox|SandboxUnavailable)Error\(\s*"([a-z_]+)"', path.read_text("utf-8")
            ):
                yield match[1]


def test_every_code_has_words(root):
    """Errors raised here, and those that the sandbox's programs name, have a sentence and what to do."""
    codes = {*_codes(root), *PARAMS}
    assert len(codes) > 40
    lacking = [code for code in codes if messages._pattern(messages.error_id(code), "hint", "en")[1] is None]
    assert lacking == []


def test_every_failure_fills_its_sentence():
    """A failure that lacks parameters, or brings strange ones, still gives a whole sentence."""
    for code in PARAMS:
        error = Failure(code, {"detail": "x\n\x1b[0m", "strange": 1}).error("log")
        assert messages.error_text(error)
        assert messages.error_hint(error)
        assert "\x1b" not in messages.error_text(error)


def test_warnings_and_layers_have_words():
    """What a tree warns of, and the layers of the status page, are in the catalogue."""
    assert all(messages.has(f"warning-{code}") for code in BUILD_WARNINGS)
    assert all(messages.has(f"sandbox-layer-{name}") for name in _WALLS)
