"""The transfers whose scripts are kept as golden files; `python -m tests.exporting.goldens` writes them anew."""

from pathlib import Path

from app.keys import TensorInfo
from app.keys.tree import from_shapes
from app.mapping.outcomes import Leaf, Recipe, Step
from app.mapping.plan import Init, Plan
from tests.exporting.cases import script_for, sliced

FOLDER = Path(__file__).parent / "golden"


def transformer() -> str:
    """Write the loader of a wrapped transformer with fused qkv, experts, a turned index and a new head."""
    source: dict[str, tuple[tuple[int, ...], str]] = {"module.embed.weight": ((100, 16), "F32"), "module.head.weight": ((10, 16), "F32")}
    target: dict[str, tuple[tuple[int, ...], str]] = {"tokens.weight": ((100, 16), "F32"), "head.weight": ((20, 16), "F32")}
    recipes: dict[str, Recipe] = {"tokens.weight": Leaf("module.embed.weight")}
    for i in range(12):
        fused = f"module.blocks.{i}.attn.qkv.weight"
        source[fused] = ((48, 16), "F32")
        for turn, part in enumerate("qkv"):
            target[f"layers.{i}.attn.{part}.weight"] = ((16, 16), "F32")
            recipes[f"layers.{i}.attn.{part}.weight"] = sliced(fused, 0, 16 * turn, 16, (16, 16))
        for old, new in (("norm1", "norm1"), ("norm2", "norm2"), ("mlp.fc1", "ffn.up"), ("mlp.fc2", "ffn.down")):
            source[f"module.blocks.{i}.{old}.weight"] = target[f"layers.{i}.{new}.weight"] = ((16,), "F32")
            recipes[f"layers.{i}.{new}.weight"] = Leaf(f"module.blocks.{i}.{old}.weight")
        for e in range(8):
            for part in ("w1", "w3"):
                source[f"module.blocks.{i}.experts.{e}.{part}.weight"] = ((32, 16), "F32")
        target[f"layers.{i}.experts.gate_up"] = ((8, 64, 16), "F32")
        recipes[f"layers.{i}.experts.gate_up"] = Step(
            "concat",
            tuple(
                Step("stack", tuple(Leaf(f"module.blocks.{i}.experts.{e}.{part}.weight") for e in range(8)), {"dim": 0}, (8, 32, 16), "F32")
                for part in ("w1", "w3")
            ),
            {"dim": 1},
            (8, 64, 16),
            "F32",
        )
    for i in range(4):
        source[f"module.refine{i}.weight"] = target[f"fusion.{i}.weight"] = ((3, 3), "F32")
        recipes[f"fusion.{3 - i}.weight"] = Step("transpose", (Leaf(f"module.refine{i}.weight"),), {"dims": [0, 1]}, (3, 3), "F32")
    return script_for(
        recipes,
        {"": from_shapes(source)},
        from_shapes(target),
        {"head.weight": "initialised"},
        plan=Plan((Init("head.*", "truncated_normal", {"std": 0.02}),)),
    )


def nested() -> str:
    """Write the loader of two named sources, one nested, with keys that are no plain text."""
    vision = from_shapes({"visual.0.weight": ((2, 2), "F32"), "visual.1.weight": ((2, 2), "F32")})
    odd = from_shapes({"~int:0": ((2,), "F32"), 'say "hi"\n{x}': ((2,), "F32"), "it's": ((2,), "F32")})
    nested_odd = type(odd)(
        "torch-zip", {key: TensorInfo(info.shape, info.dtype) for key, info in odd.tensors.items()}, nesting=("ckpt", "state_dict")
    )
    target = from_shapes(
        {"tower.1.weight": ((2, 2), "F32"), "tower.2.weight": ((2, 2), "F32"), "zero": ((2,), "F32"), "a'b\"c{}\\": ((2,), "F32")}
    )
    recipes: dict[str, Recipe] = {
        "tower.1.weight": Leaf("visual.0.weight", "vision"),
        "tower.2.weight": Leaf("visual.1.weight", "vision"),
        "zero": Leaf("~int:0", "text"),
        "a'b\"c{}\\": Leaf('say "hi"\n{x}', "text"),
    }
    return script_for(recipes, {"vision": vision, "text": nested_odd}, target)


GOLDENS = {"transformer.py": transformer, "nested.py": nested}

if __name__ == "__main__":
    for name, make in GOLDENS.items():
        (FOLDER / name).write_text(make(), "utf-8")
