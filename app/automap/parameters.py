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
    "weights": "weight",
    "biases": "bias",
    "depthwise_weights": "weight",
    "_mean": "mean",
    "_variance": "var",
}
"""Last segment -> parameter of the module above it."""

_QUANTIZED = ("weight", "qweight", "weight_packed")
"""Names of a weight that others scale."""
_COMPANIONS: Mapping[str, str] = {
    "weight_scale": "scale",
    "weight_scale_inv": "scale",
    "weight_scales": "scale",
    "scale_inv": "scale",
    "scale_weight": "scale",
    "scales": "scale",
    "scale": "scale",
    "weight_scale_2": "scale_2",
    "weight_global_scale": "scale_2",
    "weight_zero_point": "zeros",
    "weight_shape": "shape",
    "qzeros": "zeros",
    "zeros": "zeros",
    "g_idx": "groups",
    "weight_g_idx": "groups",
    "input_scale": "input_scale",
    "scale_input": "input_scale",
    "input_zero_point": "input_zeros",
    "output_scale": "output_scale",
    "SCB": "row_scale",
    "weight_format": "format",
}
"""Last segment beside a weight -> what it says of that weight: as fp8, GPTQ, AWQ, compressed-tensors and bitsandbytes write it."""
_SCALED = ("_scale_inv", "_scales", "_scale")

COMPANIONS = frozenset(_COMPANIONS.values())

_PARAMETRIZED = {"original0": "weight_g", "original1": "weight_v"}
_WEIGHT_BESIDE_BIAS = {"gamma": ("beta",), "scale": ("bias", "offset"), "g": ("b", "bias"), "s": ("b",)}
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
    mark = ":0" if last.endswith(":0") else ""  # TensorFlow's number of an output
    last = last.removesuffix(mark)
    head = key[: len(key) - len(last) - len(mark)]
    quantized = _quantized(segments[:-1] if path == segments[:-1] else (), last, tree, separator)
    if quantized is not None:
        return quantized
    if len(segments) > 3 and segments[-3] == "parametrizations" and last in _PARAMETRIZED:
        return segments[:-3], _PARAMETRIZED[last]
    if path and last in PLAIN:
        return path, PLAIN[last]
    if path and last in _WEIGHT_BESIDE_BIAS:
        named = last != "gamma" and bool(_NORMS & set(words(path[-1])))
        if named or any(head + other + mark in tree.tensors for other in _WEIGHT_BESIDE_BIAS[last]):
            return path, "weight"
    if path and last == "offset" and head + "scale" + mark in tree.tensors:
        return path, "bias"
    if path and last in {"mean", "var"} and head + ("var" if last == "mean" else "mean") + mark in tree.tensors:
        return path, last
    return _written_in_one(path, last, rank, head, tree) or (segments, "weight")


def _written_in_one(path: Path, last: str, rank: int, head: str, tree: KeyTree) -> tuple[Path, str] | None:
    """Return the place of a parameter whose name begins or ends with what it is: `in_proj_bias`, Haiku's `query_w`, Marian's `Wq` beside `bq`."""
    if last.endswith("_weight"):
        return (*path, last[:-7]), "weight"
    if last.endswith("_bias") and rank < 2:
        return (*path, last[:-5]), "bias"
    stem = last[:-2]
    if stem and last.endswith("_w"):
        return (*path, stem), "weight"
    if stem and last.endswith("_b") and head + stem + "_w" in tree.tensors:
        return (*path, stem), "bias"
    mark, stem = last[:1], last[1:]
    if mark in _LETTERS and stem and head + _LETTERS[mark] + stem in tree.tensors:
        return (*path, stem), "weight" if mark == "W" else "bias"
    return None


_LETTERS = {"W": "b", "b": "W"}


_ADAPTED = {"lora_a": "lora_a", "lora_down": "lora_a", "down": "lora_a", "lora_b": "lora_b", "lora_up": "lora_b", "up": "lora_b"}
"""Names of the two factors that LoRA adds to a weight, as PEFT, torchtune, kohya and diffusers write them; `down` and `up` below `lora`."""
_ADAPTERS = frozenset({"lora", "lora_linear_layer"})


def adapted(path: Path) -> tuple[Path, str] | None:
    """Return the module that a factor of LoRA belongs to, and which it is; None for any other module.

    `to_q.lora_A`, `to_q.lora_A.default`, `to_q.lora.down` and `to_q.lora_down` are all of `to_q`.
    """
    for end in range(len(path), max(0, len(path) - 2), -1):
        name = path[end - 1].lower()
        if name in _ADAPTED and (name.startswith("lora_") or (end > 1 and path[end - 2] in _ADAPTERS)):
            module = path[: end - 1] if name.startswith("lora_") else path[: end - 2]
            return (module, _ADAPTED[name]) if module else None
    return None


def speaks_of_adapters(tree: KeyTree) -> bool:
    """Whether a file has LoRA's factors under names that are known."""
    ends = (tuple(key.removesuffix(".weight").rsplit(".", 3)) for key in tree.tensors if "lora" in key)
    return any(adapted(end) for end in ends)


def told_of(param: str) -> bool:
    """Whether a parameter only says how another is stored or weighed: its scale, its zero points, LoRA's alpha."""
    return param in COMPANIONS or param.startswith(".") or param == "alpha"


def _quantized(path: Path, last: str, tree: KeyTree, separator: str) -> tuple[Path, str] | None:
    """Return the place of a quantized weight or of what goes with it; None for anything else.

    `q_proj.weight_scale_inv` beside `q_proj.weight`; `experts.down_proj_scale` beside `experts.down_proj`; `fc.weight.absmax` below `fc.weight`.
    """
    if not path:
        return None
    head = separator.join(path) + separator
    if last in _QUANTIZED:
        return path, "weight"
    if last in _COMPANIONS and any(head + name in tree.tensors for name in _QUANTIZED):
        return path, _COMPANIONS[last]
    for suffix in _SCALED:
        stem = last.removesuffix(suffix)
        if stem != last and stem not in PLAIN and head + stem in tree.tensors:
            return (*path, stem), "scale"
    for depth in range(len(path) - 1, max(0, len(path) - 3), -1):
        if path[depth] == "weight" and separator.join(path[: depth + 1]) in tree.tensors:
            return path[:depth], "." + separator.join((*path[depth + 1 :], last))
    return None
