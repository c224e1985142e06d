"""The example's two files, made without torch: the weights of a small image net, and the model that they are wanted in."""

import json
import random
from array import array
from math import prod

_SEED = 7
_BLOCKS = ((16, 16), (16, 32), (32, 64))
"""Channels in and out of each stage."""


def _norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    listed: dict[str, tuple[int, ...]] = {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {**listed, f"{name}.num_batches_tracked": ()}


def _shapes(stem: str, classes: int) -> dict[str, tuple[int, ...]]:
    """Key -> shape, in the order in which the model registers them."""
    shapes: dict[str, tuple[int, ...]] = {f"{stem}.weight": (16, 3, 3, 3), **_norm("bn1", 16)}
    for stage, (before, after) in enumerate(_BLOCKS, 1):
        for block in range(2):
            at = f"layer{stage}.{block}"
            into = before if block == 0 else after
            shapes |= {f"{at}.conv1.weight": (after, into, 3, 3), **_norm(f"{at}.bn1", after)}
            shapes |= {f"{at}.conv2.weight": (after, after, 3, 3), **_norm(f"{at}.bn2", after)}
            if into != after:
                shapes |= {f"{at}.downsample.0.weight": (after, into, 1, 1), **_norm(f"{at}.downsample.1", after)}
    return shapes | {"fc.weight": (classes, 64), "fc.bias": (classes,)}


def checkpoint() -> bytes:
    """A safetensors file: the net with `conv1` and ten classes."""
    chance = random.Random(_SEED)  # noqa: S311 -- weights, no secret
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = bytearray()
    for key, shape in sorted(_shapes("conv1", 10).items()):
        dtype, data = _tensor(key, shape, chance)
        header[key] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + bytes(body)


def _tensor(key: str, shape: tuple[int, ...], chance: random.Random) -> tuple[str, bytes]:
    if key.endswith("num_batches_tracked"):
        return "I64", (4000).to_bytes(8, "little")
    count = prod(shape)
    if key.endswith(("running_var", "bn1.weight", "bn2.weight", "downsample.1.weight")):
        return "F32", array("f", (chance.uniform(0.5, 1.5) for _ in range(count))).tobytes()
    spread = (2 / max(1, prod(shape[1:]))) ** 0.5
    return "F32", array("f", (chance.gauss(0, spread) for _ in range(count))).tobytes()


def model() -> str:
    """A key list: the model with `backbone_conv` and twenty classes."""
    return json.dumps(
        {
            key: {"shape": list(shape), "dtype": "I64" if key.endswith("num_batches_tracked") else "F32"}
            for key, shape in _shapes("backbone_conv", 20).items()
        },
        indent=1,
    )
