"""Which element type each tensor of an output takes."""

from collections.abc import Callable, Mapping
from functools import cache

from app.errors import KeygraftError
from app.keys import KeyTree
from app.keys.dtypes import FROM_TORCH
from app.mapping import matcher

KEEP, TARGET = "keep", "target"
CASTABLE = ("F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2")
_SHORT = {"FP32": "F32", "FP16": "F16", "FP64": "F64"}


class DtypeError(KeygraftError):
    """A type that floats cannot be cast to."""


def dtype_of(text: str) -> str:
    """Read a choice: `keep`, `target`, or a type as safetensors or torch spells it. DtypeError `dtype_unsuited`."""
    if text in {"", KEEP}:
        return KEEP
    if text == TARGET:
        return TARGET
    bare = text.removeprefix("torch.")
    found = FROM_TORCH.get(bare, bare.upper())
    found = _SHORT.get(found, found)
    if found not in CASTABLE:
        raise DtypeError("dtype_unsuited", dtype=text[:40], known=", ".join(CASTABLE))
    return found


def policy(default: str, by_pattern: Mapping[str, str], target: KeyTree) -> Callable[[str, str], str]:
    """Make the function (target key, dtype of its tensor) -> dtype to write.

    Only floats are ever cast. The first pattern that a key fits decides, else `default`; `target` is the type of the model's own key.
    DtypeError `dtype_unsuited`, PatternError.
    """
    chosen = [(matcher(pattern, target.separator), dtype_of(dtype)) for pattern, dtype in by_pattern.items()]
    fallback = dtype_of(default)

    @cache
    def choice(key: str) -> str:
        return next((dtype for pattern, dtype in chosen if pattern.match(key) is not None), fallback)

    def dtype_for(key: str, held: str) -> str:
        wanted = choice(key)
        if wanted == TARGET:
            wanted = target.tensors[key].dtype
        return wanted if held in CASTABLE and wanted in CASTABLE else held

    return dtype_for
