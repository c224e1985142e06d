"""Ops that turn one shape into another, best first: what a person is offered where a drawn pair does not fit as it is."""

from collections.abc import Iterator, Sequence
from itertools import islice, permutations
from math import prod

from app.mapping.plan import Arg, Call, Expr

Way = tuple[str, Expr, dict[str, str | int]]
_MOST_CHUNKS = 16
_MOST_PERMUTATIONS = 3


def ways_to_fit(value: Expr, given: Sequence[int], wanted: Sequence[int]) -> Iterator[Way]:
    """Yield (code, expression, parameters) for every op that makes `given` into `wanted`; code is message `suggestion-<code>`."""
    have, want = tuple(given), tuple(wanted)
    yield from _turned(value, have, want)
    yield from _reshaped(value, have, want)
    yield from _cut(value, have, want)


def _turned(value: Expr, have: tuple[int, ...], want: tuple[int, ...]) -> Iterator[Way]:
    if len(have) == len(want) == 2 and have[::-1] == want:
        yield "transpose", Call("transpose", (value,)), {}
    elif len(have) == len(want) > 2 and have != want and sorted(have) == sorted(want):
        fitting = (order for order in permutations(range(len(have))) if tuple(have[axis] for axis in order) == want)
        for order in islice(fitting, _MOST_PERMUTATIONS):
            yield "permute", Call("permute", (value,), {"dims": list(order)}), {"dims": ", ".join(map(str, order))}


def _reshaped(value: Expr, have: tuple[int, ...], want: tuple[int, ...]) -> Iterator[Way]:
    if have == want or prod(have) != prod(want):
        return
    if len(have) > 2 and len(want) == 2 and have[:2] == want:
        yield "conv_to_linear", Call("conv_to_linear", (value,)), {}
    elif len(have) == 2 and len(want) > 2 and want[:2] == have:
        yield "linear_to_conv", Call("linear_to_conv", (value,), {"spatial": len(want) - 2}), {}
    elif sorted(have) != sorted(want) or len(have) != len(want):
        yield "reshape", Call("reshape", (value,), {"shape": list(want)}), {}


def _cut(value: Expr, have: tuple[int, ...], want: tuple[int, ...]) -> Iterator[Way]:
    if len(have) != len(want):
        return
    other = [dim for dim in range(len(have)) if have[dim] != want[dim]]
    if len(other) != 1 or have[other[0]] < want[other[0]] or want[other[0]] == 0:
        return
    dim = other[0]
    parts, over = divmod(have[dim], want[dim])
    if not over and parts <= _MOST_CHUNKS:
        for part in range(parts):
            yield "chunk", Call("chunk", (value,), {"chunks": parts, "dim": dim}, part), {"part": part + 1, "parts": parts, "dim": dim}
    else:
        args: dict[str, Arg] = {"dim": dim, "start": 0, "length": want[dim]}
        yield "slice", Call("slice", (value,), args), {"length": want[dim], "dim": dim}
