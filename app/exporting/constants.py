"""Tensors that start with one value everywhere, as bytes: what a file can hold although nothing computes it."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from app.mapping.outcomes import Recipe, Step

_WORDS: dict[str, npt.DTypeLike] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}
_VALUES = {"zeros": 0.0, "ones": 1.0}


def constant_bytes(recipe: Recipe) -> bytes | None:
    """Return the bytes of a tensor that starts as zeros, ones or a constant; None for all else.

    Values pass through 32-bit floats, as they do where torch makes them; tests compare the two.
    """
    if not isinstance(recipe, Step) or recipe.op != "fresh":
        return None
    value = _value(recipe)
    word = None if value is None else _word(value, recipe.dtype)
    return None if word is None else word * prod(recipe.shape)


def _value(recipe: Step) -> float | None:
    policy, settings = str(recipe.args["policy"]), recipe.args.get("settings")
    if policy == "constant" and isinstance(settings, dict):
        given: Any = settings.get("value")
        return float(given)
    return _VALUES.get(policy)


def _word(value: float, dtype: str) -> bytes | None:
    """Write one element; None where the type is not known here, or cannot hold the value."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
        if dtype == "BF16":
            return _narrowed(int(single.view(np.uint32)))
        if dtype not in _WORDS or (dtype[0] in "IU" and not (0 <= single < 128 and single == int(single))):
            return None
        return np.array(single).astype(_WORDS[dtype]).tobytes()


def _narrowed(bits: int) -> bytes:
    """Round a 32-bit float to the upper half of its bits, to nearest, ties to even; NaN stays what it is."""
    if bits & 0x7FFFFFFF > 0x7F800000:
        return b"\xc0\x7f"
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).to_bytes(2, "little")
