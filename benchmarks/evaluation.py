"""Evaluate a plan over 90,427 keys (the shape of a DeepSeek-V3), beside the loop of `re.sub` calls that people write.

usage: python benchmarks/evaluation.py [PAIRS]

Prints the median CPU seconds of each and their ratio, taken in alternating order in one run. The loop only renames and compares names and shapes;
evaluation also explains every key of both sides and counts coverage. Target: evaluation below 0.3 s, induction of its rules below 1 s.
"""

import re
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.keys.tree import from_shapes
from app.mapping import Claim, Plan, evaluate, induce

LAYERS, DENSE, EXPERTS = 61, 3, 256
NAMES = {"gate_proj": "w1", "up_proj": "w3", "down_proj": "w2"}


def keys():
    """Keys and shapes of the source."""
    out = {
        "model.embed_tokens.weight": ((129280, 7168), "BF16"),
        "model.norm.weight": ((7168,), "BF16"),
        "lm_head.weight": ((129280, 7168), "BF16"),
    }
    for layer in range(LAYERS):
        start = f"model.layers.{layer}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            out[f"{start}{name}.weight"] = ((7168,), "BF16")
        for name, shape in (
            ("q_a_proj", (1536, 7168)),
            ("q_b_proj", (24576, 1536)),
            ("kv_b_proj", (32768, 512)),
            ("o_proj", (7168, 16384)),
        ):
            out[f"{start}self_attn.{name}.weight"] = (shape, "F8_E4M3")
            out[f"{start}self_attn.{name}.weight_scale_inv"] = (tuple(size // 128 for size in shape), "F32")
        modules = ["mlp"] if layer < DENSE else [f"mlp.experts.{expert}" for expert in range(EXPERTS)] + ["mlp.shared_experts"]
        for module in modules:
            for name in NAMES:
                out[f"{start}{module}.{name}.weight"] = ((2048, 7168), "F8_E4M3")
                out[f"{start}{module}.{name}.weight_scale_inv"] = ((16, 56), "F32")
    return out


def renamed(key):
    """What a person's script does to each key."""
    key = re.sub(r"^model\.layers\.(\d+)", r"transformer.h.\1", key)
    key = re.sub(r"self_attn", "attn", key)
    key = re.sub(r"mlp\.experts", "ffn.experts", key)
    for before, after in NAMES.items():
        key = re.sub(rf"\.{before}\.", f".{after}.", key)
    return key


def loop(source, target):
    """The peer: rename each key, then look for it."""
    moved = {renamed(key): info for key, info in source.tensors.items()}
    missing = [key for key in target.tensors if key not in moved]
    wrong = [key for key, info in target.tensors.items() if key in moved and moved[key].shape != info.shape]
    return missing, wrong


def seconds(work):
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(pairs=7):
    """Measure and print."""
    entries = keys()
    source = from_shapes(entries)
    target = from_shapes({renamed(key): entry for key, entry in entries.items()})
    claims = {renamed(key): Claim((key,)) for key in entries}
    inducing = seconds(lambda: induce(claims, {"": source}, target))
    plan = Plan(induce(claims, {"": source}, target))
    assert evaluate(plan, {"": source}, target).clean
    assert loop(source, target) == ([], [])
    ours, theirs = [], []
    for turn in range(pairs):
        both = [(ours, lambda: evaluate(plan, {"": source}, target)), (theirs, lambda: loop(source, target))]
        for times, work in both if turn % 2 else reversed(both):
            times.append(seconds(work))
    print(f"keys {len(entries)}   rules {len(plan.rules)}   induced in {inducing:.2f} s CPU")
    print(
        f"evaluate {statistics.median(ours):.3f} s   re.sub loop {statistics.median(theirs):.3f} s   ratio {statistics.median(ours) / statistics.median(theirs):.2f}"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
