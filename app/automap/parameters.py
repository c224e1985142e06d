"""Keys as parameters of leaf modules, under one canonical name each: `kernel`, `gamma`, `weight` are all the weight."""

from collections.abc import Mapping

from app.automap.names import words
from app.keys import KeyTree

PLAIN: Mapping[str, str] = {
    "weight": "weight",
    "kernel": "weight",
    "bias": "bias",
    "beta": "bias",
    "running_mean": "mean",
    "moving_mean": "mean",
    "running_var": "var",
    "moving_variance": "var",
    "moving_var": "var",
    "running_variance": "var",
    "num_batches_tracked": "count",
    "weight_g": "weight_g",
    "weight_v": "weight_v",
    "embedding": "weight",
    "embeddings": "weight",
    "w": "weight",
    "b": "bias",
    "depthwise_kernel": "weight",
}
"""Last segment -> parameter of the module above it."""

_PARAMETRIZED = {"original0": "weight_g", "original1": "weight_v"}
_WEIGHT_BESIDE_BIAS = {"gamma": ("beta",), "scale": ("bias", "offset"), "g": ("b", "bias")}
_NORMS = frozenset({"norm", "ln", "layernorm", "rmsnorm", "batchnorm", "bn", "rms"})

Path = tuple[str, ...]


def place(key: str, rank: int, tree: KeyTree, separator: str) -> tuple[Path, str]:
    """Return the path of the module that a key belongs to, and the canonical name of its parameter.

    A bare parameter (`cls_token`) is a module of its own whose weight it is. The rules look at siblings: `gamma` beside `beta` is a
    norm's weight, alone it is a layer scale.
    """
    segments = tuple(key.split(separator))
    last, path = segments[-1], segments[:-1]
    if last in PLAIN and path:
        return path, PLAIN[last]
    if separator == "_" and len(segments) > 2 and "_".join(segments[-2:]) in PLAIN:
        last, path = "_".join(segments[-2:]), segments[:-2]
    last = last.removesuffix(":0")
    if len(segments) > 3 and segments[-3] == "parametrizations" and last in _PARAMETRIZED:
        return segments[:-3], _PARAMETRIZED[last]
    if path and last in PLAIN:
        return path, PLAIN[last]
    if path and last in _WEIGHT_BESIDE_BIAS:
        head = key[: len(key) - len(last)]
        if any(head + other in tree.tensors for other in _WEIGHT_BESIDE_BIAS[last]) or (last != "gamma" and _NORMS & set(words(path[-1]))):
            return path, "weight"
    if path and last == "offset" and key[: len(key) - len(last)] + "scale" in tree.tensors:
        return path, "bias"
    if path and last in {"mean", "var"} and key[: len(key) - len(last)] + ("var" if last == "mean" else "mean") in tree.tensors:
        return path, last
    if last.endswith("_weight"):
        return (*path, last[:-7]), "weight"
    if last.endswith("_bias") and rank < 2:
        return (*path, last[:-5]), "bias"
    return segments, "weight"
