"""Whether a tensor fits a target key, in the way `load_state_dict` decides it.

What torch does: a shape must be equal, but a tensor of shape [1] goes into a 0-d parameter (files of torch 0.3 and before); any dtype is
copied into any other without a word.
"""

from functools import lru_cache

from app.mapping.ops import words
from app.mapping.outcomes import Reason, TargetState


@lru_cache(maxsize=65_536)
def fit(shape: tuple[int, ...] | None, dtype: str, wanted: tuple[int, ...] | None, wanted_dtype: str) -> tuple[TargetState, Reason | None]:
    """Return the state of a target key of shape `wanted`, and why it is not simply loaded."""
    if shape is None or wanted is None:
        return "loaded", Reason("shape_unknown")
    if shape != wanted:
        if wanted == () and shape == (1,):
            return "loaded", Reason("first_element")
        return "mismatched", Reason("shape_differs", {"found": words(shape), "wanted": words(wanted)})
    if dtype != wanted_dtype:
        return "loaded", Reason("dtype_cast", {"found": dtype, "wanted": wanted_dtype})
    return "loaded", None
