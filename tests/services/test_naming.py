"""Names of what leaves the house."""

import pytest

from app.services.cards import LentFile, Said, SideCard, SideKind
from app.services.naming import checkpoint_of, module_of, stem_of


@pytest.mark.parametrize(
    ("title", "stem", "module"),
    [
        ("a.safetensors → b.safetensors", "a-to-b", "load_a_to_b"),
        ("model.safetensors.index.json → net.py: Net", "model-to-net.py-Net", "load_model_to_net_py_net"),
        ("ckpt.pth.tar → timm:resnet50", "ckpt-to-timm-resnet50", "load_ckpt_to_timm_resnet50"),
        ("v1.2 → .pth", "v1.2-to-.pth", "load_v1_2_to_pth"),
        ("→", "to", "load_to"),
        ("  ", "transfer", "load_transfer"),
    ],
)
def test_files_are_called_by_what_goes_where(title: str, stem: str, module: str) -> None:
    """Suffixes of what was read are no part of a name; what has no other name keeps them."""
    assert stem_of(title) == stem
    assert module_of(stem) == module


def _card(kind: SideKind, label: str, form: str = "safetensors", count: int = 1) -> SideCard:
    files = tuple(LentFile(f"{label}{at}", 1) for at in range(count))
    return SideCard("x", kind, label, "ready", Said("side-ready", {}), form, files=files)


@pytest.mark.parametrize("kind", ["path", "upload", "lent", "remote"])
def test_the_checkpoint_is_called_as_it_is(kind: SideKind) -> None:
    """Wherever the file lies."""
    assert checkpoint_of({"": _card(kind, "the weights.pth")}) == "the weights.pth"


@pytest.mark.parametrize(
    "cards",
    [
        {"": _card("text", "92 keys", "text")},
        {"": _card("upload", "keys.json", "json")},
        {"": _card("code", "net.py", "definition")},
        {"": _card("lent", "a.pth +2", count=3)},
        {"a": _card("path", "a.pth"), "b": _card("path", "b.pth")},
    ],
)
def test_a_checkpoint_whose_name_nobody_knows_is_called_as_ever(cards: dict[str, SideCard]) -> None:
    """Lists of keys, code, several files: what the weights will come from is not known."""
    assert checkpoint_of(cards) == "checkpoint.pth"
