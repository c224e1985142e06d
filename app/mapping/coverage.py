"""Totals over target keys: keys, parameters and bytes in each state."""

from collections.abc import Iterable
from math import prod
from typing import TypeAlias

from app.keys import bytes_of
from app.mapping.likes import Kind
from app.mapping.outcomes import Coverage

STATES = ("loaded", "missing", "mismatched", "conflicting", "initialised", "benign", "total")

Totals: TypeAlias = dict[str, tuple[int, int, int]]
"""State -> keys, parameters, bytes; states without a key are left out."""


def totals_of(counted: Iterable[tuple[Kind, str, bool, int]]) -> Totals:
    """Sum up keys of one kind in one state; parameters and bytes count a tied tensor once, keys count it each time."""
    totals: Totals = {}
    for (shape, dtype, own), state, benign, count in counted:
        parameters = prod(shape) * count if own and shape is not None else 0
        size = bytes_of(shape, dtype) * count if own else 0
        for name in (state, "total", *(["benign"] if benign else [])):
            before = totals.get(name, (0, 0, 0))
            totals[name] = before[0] + count, before[1] + parameters, before[2] + size
    return totals


def coverage_of(every: Iterable[Totals]) -> dict[str, Coverage]:
    """Add totals up, in all states."""
    sums = {state: [0, 0, 0] for state in STATES}
    for totals in every:
        for state, total in totals.items():
            for at in range(3):
                sums[state][at] += total[at]
    return {state: Coverage(*found) for state, found in sums.items()}
