"""What a plan would write, without data."""

from collections.abc import Mapping

from app.exporting.ranges import shape_of
from app.keys import KeyTree, TensorInfo
from app.keys.dtypes import BLOCKS
from app.mapping import Evaluation

_WRITTEN = frozenset({"loaded", "mismatched"})


def outlines(evaluation: Evaluation, sources: Mapping[str, KeyTree]) -> dict[str, TensorInfo]:
    """Shape and dtype of each tensor of the remapped state_dict, by key as spelt; what does not fit is in it too, so that torch can say so."""
    out = {}
    for key, outcome in evaluation.targets.items():
        if outcome.recipe is not None and outcome.state in _WRITTEN:
            shape, dtype = shape_of(outcome.recipe, sources)
            out[key] = TensorInfo(
                shape, "F32" if dtype in BLOCKS else dtype
            )  # numbers in blocks are floats, whether we can tell them or not
    return out
