"""What differs between two sides."""

from typing import Any

from app.cli.given import Side
from app.keys import TensorInfo


def compare(a: Side, b: Side, *, values: bool) -> dict[str, list[Any]]:
    """Keys that only one side has, and keys whose shape, dtype or (`values`) data differ, in order."""
    first, second = a.tree.tensors, b.tree.tensors
    both = [key for key in first if key in second]
    found: dict[str, list[Any]] = {
        "removed": [key for key in first if key not in second],
        "added": [key for key in second if key not in first],
        "shape": [(key, _shape(first[key]), _shape(second[key])) for key in both if first[key].shape != second[key].shape],
        "dtype": [(key, first[key].dtype, second[key].dtype) for key in both if first[key].dtype != second[key].dtype],
    }
    if values:
        from app.cli.computing import differing

        same = [key for key in both if first[key].shape == second[key].shape and first[key].dtype == second[key].dtype]
        found["values"] = differing(a, b, same)
    return found


def _shape(info: TensorInfo) -> list[int] | None:
    return None if info.shape is None else list(info.shape)
