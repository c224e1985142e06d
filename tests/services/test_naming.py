"""Names of what leaves the house."""

import pytest

from app.services.naming import module_of, stem_of


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
