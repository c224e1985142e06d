"""Every reason that the mapper gives has its sentence."""

import re

import pytest

from app import messages
from app.automap import AutomapLimitError, propose, proposing
from app.automap.acceptance import _same_role
from app.keys.tree import from_shapes


def codes(root):
    """Reason codes in the mapper's source."""
    text = "".join(path.read_text("utf-8") for path in (root / "app" / "automap").glob("*.py"))
    found = set(re.findall(r'Reason\("([a-z-]+)"', text)) | set(re.findall(r'"(same-values[a-z-]*)"', text))
    doubts = set(re.findall(r'"(square|turned|heads|rotary|fused_layout|nested|resize|tied|direction|remaining|halves)"', text))
    return {code for code in found if not code.endswith("-")} | {"doubt-" + doubt.replace("_", "-") for doubt in doubts}


def test_every_reason_is_in_the_catalogue(root):
    """No code without a sentence."""
    missing = [code for code in codes(root) if not messages.has("reason-" + code)]
    assert not missing


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("q", "here: the query."),
        ("self.q", "here: self attention, the query."),
        ("norm.mlp", "here: the norm of the feed-forward."),
        ("norm.half1", "here: the norm of the first feed-forward."),
        ("ogate", "here: the gate of what the attention"),
    ],
)
def test_a_role_is_said_in_words(role, said):
    """What two units are for stands in the reason as a person would say it."""
    reason = _same_role(role)
    assert said in messages.text("reason-" + reason.code, **reason.params)


def test_too_large_is_refused_with_a_word(monkeypatch):
    """More modules than can be weighed are refused, and the refusal can be read."""
    monkeypatch.setattr(proposing, "UNIT_LIMIT", 3)
    tree = from_shapes({f"{name}.weight": ((2, 2), "F32") for name in "abcdef"})
    with pytest.raises(AutomapLimitError) as refused:
        propose({"": tree}, tree)
    assert "12" in messages.error_text(refused.value)
    assert messages.error_hint(refused.value)
