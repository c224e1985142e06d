"""Search over installed models."""

from app.definitions import Offered, offered, search

MODELS = [Offered("timm", name, "1") for name in ("resnet50", "resnet50d", "wide_resnet50_2", "vit_base_patch16_224")] + [
    Offered("torchvision", "resnet50", "1"),
    Offered("transformers", "LlamaForCausalLM", "5"),
]


def test_search():
    """All words must occur; the closest name comes first; the library is a word too."""
    assert [model.spec for model in search("resnet 50", MODELS)][:3] == ["timm:resnet50", "torchvision:resnet50", "timm:resnet50d"]
    assert [model.spec for model in search("torchvision resnet", MODELS)] == ["torchvision:resnet50"]
    assert [model.name for model in search("llama causal", MODELS)] == ["LlamaForCausalLM"]
    assert len(search("", MODELS, limit=2)) == 2


def test_libraries_that_are_not_installed_offer_nothing(sandbox):
    """The list comes from where models are built, and is empty without libraries."""
    assert offered(sandbox, ["no_such_library"]) == ()
