"""Totals over target keys: keys, parameters and bytes in each state."""

from collections import Counter
from collections.abc import Mapping
from math import prod

from app.keys import KeyTree, bytes_of
from app.mapping.outcomes import Coverage, TargetOutcome

_STATES = ("loaded", "missing", "mismatched", "conflicting", "initialised", "benign", "total")


def coverage_of(target: KeyTree, outcomes: Mapping[str, TargetOutcome]) -> dict[str, Coverage]:
    """Sum up; parameters and bytes count a tied tensor once, keys count it each time."""
    tensors = target.tensors
    counted = Counter(
        (outcome.state, outcome.benign, info.shape, info.dtype, info.alias is None)
        for info, outcome in zip(tensors.values(), (outcomes[key] for key in tensors), strict=True)
    )
    totals = {state: [0, 0, 0] for state in _STATES}
    for (state, benign, shape, dtype, own), count in counted.items():
        parameters = prod(shape) * count if own and shape is not None else 0
        size = bytes_of(shape, dtype) * count if own else 0
        for name in (state, "total", *(["benign"] if benign else [])):
            total = totals[name]
            total[0] += count
            total[1] += parameters
            total[2] += size
    return {state: Coverage(*total) for state, total in totals.items()}
