"""Runs each dialect in the real library on a small model and compares every tensor: `make test-dialects`.

Says which library ran at which version, and which is not installed; exits with 1 where one disagrees.
"""

import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from app.dialects import write_dialect
from app.mapping import evaluate, parse_plan
from tests.dialects.test_dialects import PLAN, source, wanted
from tests.exporting.cases import tree_of


def code_of(name: str, plan: str, old: dict[str, torch.Tensor], new: dict[str, torch.Tensor]) -> tuple[dict[str, object], set[str]]:
    """Write a dialect and run its text; return what it defines and the keys that it leaves over."""
    trees, target, parsed = {"": tree_of(old)}, tree_of(new), parse_plan(plan)
    made = write_dialect(name, parsed, trees, target, evaluate(parsed, trees, target))
    scope: dict[str, object] = {}
    exec(made.text, scope)  # noqa: S102 -- the code under test
    return scope, {each.target for each in made.left}


def same(found: dict[str, torch.Tensor], new: dict[str, torch.Tensor], left: set[str]) -> None:
    """Compare every tensor that is not left over."""
    for key, value in new.items():
        assert key in left or torch.equal(found[key], value), key


def shell(tensors: dict[str, torch.Tensor]) -> nn.Module:
    """Make a model with these keys."""
    model = nn.Module()
    for key, tensor in tensors.items():
        *path, name = key.split(".")
        module = model
        for step in path:
            if step not in module._modules:
                module.add_module(step, nn.Module())
            module = module._modules[step]
        module.register_parameter(name, nn.Parameter(torch.zeros_like(tensor)))
    return model


def completed(model: nn.Module, scope: dict[str, object], left: set[str]) -> None:
    """Fill what a list leaves over with the function that stands beside it; then nothing is left."""
    found = dict(scope["rest"](source()))
    assert set(found) == left, set(found) ^ left
    model.load_state_dict({**model.state_dict(), **found}, strict=True)
    same(model.state_dict(), wanted(), set())


def run_mmengine() -> None:
    """Load with `revise_keys`: renames by the list, fused parts and experts by the function beside it."""
    from mmengine.runner import load_checkpoint

    scope, left = code_of("mmengine", PLAN, source(), wanted())
    with tempfile.TemporaryDirectory() as folder:
        torch.save(source(), Path(folder) / "old.pth")
        model = shell(wanted())
        load_checkpoint(model, str(Path(folder) / "old.pth"), revise_keys=scope["revise_keys"], map_location="cpu")
    same(model.state_dict(), wanted(), left)
    completed(model, scope, left)


def run_timm() -> None:
    """Load checkpoint files through a filter function: fused parts in a real ViT; renames, fused parts and experts in a small model."""
    import timm
    from timm.models import load_checkpoint

    scope, left = code_of("timm", PLAN, source(), wanted())
    assert not left
    with tempfile.TemporaryDirectory() as folder:
        torch.save(source(), Path(folder) / "old.pth")
        model = shell(wanted())
        load_checkpoint(model, str(Path(folder) / "old.pth"), filter_fn=scope["checkpoint_filter_fn"], strict=True)
    same(model.state_dict(), wanted(), set())

    target = timm.create_model("vit_tiny_patch16_224", depth=2, num_classes=3)
    new = {key: torch.randn_like(value) for key, value in target.state_dict().items()}
    old = {f"module.{key.replace('blocks.', 'layers.')}": value for key, value in new.items() if ".attn.qkv." not in key}
    for key, value in new.items():
        if ".attn.qkv." in key:
            for part, name in zip(value.chunk(3), "qkv", strict=True):
                old["module." + key.replace("blocks.", "layers.").replace("qkv", name)] = part
    plan = """keygraft_plan 1
rename strip_prefix "module."
"blocks.{i}.attn.qkv.{p}" = concat("layers.{i}.attn.q.{p}", "layers.{i}.attn.k.{p}", "layers.{i}.attn.v.{p}", dim=0)
"blocks.{i}.{rest*}" = "layers.{i}.{rest*}"
"""
    scope, left = code_of("timm", plan, old, new)
    with tempfile.TemporaryDirectory() as folder:
        torch.save(old, Path(folder) / "old.pth")
        load_checkpoint(target, str(Path(folder) / "old.pth"), filter_fn=scope["checkpoint_filter_fn"], strict=True)
    same(target.state_dict(), new, left)


def run_transformers() -> None:
    """Load with `key_mapping` through `from_pretrained`."""
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    config = BertConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, vocab_size=20)
    new = {key: torch.randn_like(value) if value.is_floating_point() else value for key, value in BertModel(config).state_dict().items()}
    changes = (("encoder.layer.", "trunk.blocks."), ("attention.self.query", "attn.q"), ("LayerNorm", "norm"))
    old = {}
    for key, value in new.items():
        name = key
        for before, after in changes:
            name = name.replace(before, after)
        old["model." + (f"stem.{name[11:]}" if name.startswith("embeddings.") else name)] = value
    plan = """keygraft_plan 1
rename strip_prefix "model."
rename replace "norm" -> "LayerNorm"
"encoder.layer.{i}.attention.self.query.{p}" = "trunk.blocks.{i}.attn.q.{p}"
"encoder.layer.{i}.{rest*}" = "trunk.blocks.{i}.{rest*}"
"embeddings.{rest*}" = "stem.{rest*}"
"""
    scope, left = code_of("transformers", plan, old, new)
    assert not left, left
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        save_file(old, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model, info = BertModel.from_pretrained(folder, key_mapping=scope["key_mapping"], output_loading_info=True)
    assert not info["missing_keys"], info
    same(model.state_dict(), new, left)


def toy() -> type:
    """Make a model class of transformers whose keys are those of the small case."""
    from transformers import PretrainedConfig, PreTrainedModel

    class ToyConfig(PretrainedConfig):
        model_type = "keygraft_toy"

    class Toy(PreTrainedModel):
        config_class = ToyConfig
        base_model_prefix = "toy"

        def __init__(self, config: ToyConfig) -> None:
            super().__init__(config)
            for name, child in shell(wanted()).named_children():
                self.add_module(name, child)
            self.post_init()

        def _init_weights(self, module: nn.Module) -> None:
            pass

    return Toy


def toy_loaded(**options: object) -> tuple[nn.Module, set[str]]:
    """Load it from a safetensors file; return it with the keys that transformers found missing."""
    from safetensors.torch import save_file

    kind = toy()
    with tempfile.TemporaryDirectory() as folder:
        kind.config_class().save_pretrained(folder)
        save_file(source(), Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model, info = kind.from_pretrained(folder, output_loading_info=True, **options)
    return model, set(info["missing_keys"])


def run_mapped() -> None:
    """Load the small model with `key_mapping`: renames by the list, fused parts and experts by the function beside it."""
    scope, left = code_of("transformers", PLAN, source(), wanted())
    model, missing = toy_loaded(key_mapping=scope["key_mapping"])
    assert missing == left, missing ^ left
    same(model.state_dict(), wanted(), left)
    completed(model, scope, left)


def run_converters() -> None:
    """Load with a registered list of renamings and converters: renames, fused parts, stacked experts."""
    from transformers.conversion_mapping import register_checkpoint_conversion_mapping

    scope, left = code_of("transformers-converters", PLAN, source(), wanted())
    assert left == {"out.weight"}, left
    register_checkpoint_conversion_mapping("keygraft_toy", scope["conversions"], overwrite=True)
    model, missing = toy_loaded()
    assert missing == left, missing
    same(model.state_dict(), wanted(), left)
    completed(model, scope, left)


def run_all_transformers() -> None:
    """Load in all three ways; what is registered comes last, since it stays."""
    run_transformers()
    run_mapped()
    run_converters()


def run_lightning() -> None:
    """Load a module from a checkpoint."""
    lightning = importlib.import_module("lightning.pytorch")
    scope, left = code_of("lightning", PLAN, source(), wanted())

    class Module(scope["RemapOnLoad"], lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            for name, child in shell(wanted()).named_children():
                self.add_module(name, child)

    with tempfile.TemporaryDirectory() as folder:
        torch.save({"state_dict": source(), "pytorch-lightning_version": lightning.__version__}, Path(folder) / "old.ckpt")
        model = Module.load_from_checkpoint(Path(folder) / "old.ckpt", strict=True)
    same(model.state_dict(), wanted(), left)


LIBRARIES: dict[str, Callable[[], None]] = {
    "transformers": run_all_transformers,
    "timm": run_timm,
    "mmengine": run_mmengine,
    "lightning": run_lightning,
}


def declare_vision_operators() -> torch.library.Library:
    """Let torchvision be imported beside a torch it was not built for: nothing here runs its operators."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def main() -> int:
    """Run what is installed."""
    failed = 0
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        declared = declare_vision_operators()
        sys.stdout.write(f"torchvision without its own operators ({declared.ns})\n")
    for name, run in LIBRARIES.items():
        try:
            version = importlib.import_module(name).__version__
        except ImportError as error:
            sys.stdout.write(f"{name}: not installed ({error})\n")
            continue
        try:
            run()
        except Exception as error:  # noqa: BLE001 -- the edge: each library is reported
            failed += 1
            sys.stdout.write(f"{name} {version}: {type(error).__name__}: {error}\n")
        else:
            sys.stdout.write(f"{name} {version}: every tensor is right\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
