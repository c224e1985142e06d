"""Recipes run backwards: what the source tensors are, written over the target tensors.

Each target is known to be its recipe. From a known step follow its inputs: a reordering is undone, a join is cut apart, and the parts that were cut
out of one tensor are joined again once they cover it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from app.keys import KeyTree
from app.keys.dtypes import FLOATING, ITEMSIZE
from app.mapping.outcomes import Leaf, Recipe, Step
from app.mapping.patterns import escape
from app.mapping.plan import Arg, Call, Expr, Ref


class Undone(msgspec.Struct, frozen=True):
    """What was found.

    values -- source key -> expression over target keys
    stuck  -- ops that could not be undone, by source key
    """

    values: dict[Leaf, Expr]
    stuck: dict[Leaf, str]


class _Cut(msgspec.Struct, frozen=True):
    """A part of a tensor that is known: rows `start` to `start + length`, without the dimension where `picked`."""

    start: int
    length: int
    picked: bool
    expr: Expr


def undo(recipes: Mapping[str, Recipe], sources: Mapping[str, KeyTree]) -> Undone:
    """Run recipes backwards.

    recipes -- target key -> what it is made of
    """
    work = _Undoing(sources)
    for key, recipe in recipes.items():
        work.known(recipe, Ref(escape(key)))
    work.finish()
    return Undone(work.values, {leaf: op for leaf, op in work.stuck.items() if leaf not in work.values})


class _Undoing:
    def __init__(self, sources: Mapping[str, KeyTree]) -> None:
        self.sources = sources
        self.values: dict[Leaf, Expr] = {}
        self.stuck: dict[Leaf, str] = {}
        self.cuts: dict[tuple[str, int], tuple[Recipe, list[_Cut]]] = {}

    def known(self, recipe: Recipe, expr: Expr) -> None:
        """Take in that a recipe's tensor is this expression."""
        if isinstance(recipe, Leaf):
            self.values.setdefault(recipe, expr)
            return
        args: Mapping[str, Any] = recipe.args
        match recipe.op:
            case "concat":
                start = 0
                for inner in recipe.inputs:
                    size = self.shape(inner)[args["dim"]]
                    self.known(inner, Call("slice", (expr,), {"dim": args["dim"], "start": start, "length": size}))
                    start += size
            case "stack":
                for at, inner in enumerate(recipe.inputs):
                    self.known(inner, Call("select", (expr,), {"dim": args["dim"], "index": at}))
            case "slice":
                self.cut(recipe.inputs[0], args["dim"], _Cut(args["start"], args["length"], picked=False, expr=expr))
            case "select":
                self.cut(recipe.inputs[0], args["dim"], _Cut(args["index"], 1, picked=True, expr=expr))
            case _:
                back = self._unary(recipe, args, expr)
                if back is None:
                    for leaf in _leaves(recipe):
                        self.stuck.setdefault(leaf, recipe.op)
                else:
                    self.known(recipe.inputs[0], back)

    def shape(self, recipe: Recipe) -> tuple[int, ...]:
        """Shape of a recipe's tensor."""
        if isinstance(recipe, Step):
            return recipe.shape
        return self.sources[recipe.source].tensors[recipe.key].shape or ()

    def dtype(self, recipe: Recipe) -> str:
        """Dtype of a recipe's tensor."""
        return recipe.dtype if isinstance(recipe, Step) else self.sources[recipe.source].tensors[recipe.key].dtype

    def cut(self, whole: Recipe, dim: int, part: _Cut) -> None:
        """Take in a part of a tensor; a part that another one already gives adds nothing."""
        _, parts = self.cuts.setdefault((repr(whole), dim), (whole, []))
        if all((known.start, known.length) != (part.start, part.length) for known in parts):
            parts.append(part)

    def finish(self) -> None:
        """Join parts that cover their tensor, as long as there are such; what joining gives may complete others."""
        waiting = True
        while waiting:
            waiting = False
            for place in list(self.cuts):
                whole, parts = self.cuts[place]
                joined = _joined(parts, self.shape(whole)[place[1]], place[1])
                if joined is not None:
                    del self.cuts[place]
                    self.known(whole, joined)
                    waiting = True
        for whole, _ in self.cuts.values():
            for leaf in _leaves(whole):
                self.stuck.setdefault(leaf, "slice")

    def _unary(self, recipe: Step, args: Mapping[str, Any], expr: Expr) -> Expr | None:
        inner = recipe.inputs[0]
        shape = self.shape(inner)
        match recipe.op:
            case "transpose":
                return Call(
                    "transpose", (expr,), {} if list(args["dims"]) == [0, 1] else {"dim0": args["dims"][0], "dim1": args["dims"][1]}
                )
            case "permute":
                return _unpermuted(args, expr, shape)
            case "flip":
                return Call("flip", (expr,), {"dims": args["dims"]})
            case "reshape":
                return Call("reshape", (expr,), {"shape": list(shape)})
            case "cast":
                return Call("cast", (expr,), {"dtype": self.dtype(inner)}) if widens(self.dtype(inner), args["dtype"]) else None
            case "pad":
                return Call("slice", (expr,), {"dim": args["dim"], "start": args["before"], "length": shape[args["dim"]]})
            case "repeat":
                return Call("slice", (expr,), {"dim": args["dim"], "start": 0, "length": shape[args["dim"]]})
            case _:
                return None


def widens(before: str, after: str) -> bool:
    """Whether every value of one dtype is exact in the other."""
    exact = {
        "F32": {"F64"},
        "F16": {"F32", "F64"},
        "BF16": {"F32", "F64"},
        "F8_E4M3": {"F16", "BF16", "F32", "F64"},
        "F8_E5M2": {"F16", "F32", "F64"},
    }
    if before in FLOATING:
        return after in exact.get(before, ())
    whole = ["I8", "I16", "I32", "I64"]
    return before in whole and after in whole and ITEMSIZE[after] >= ITEMSIZE[before]


def _unpermuted(args: Mapping[str, Any], expr: Expr, shape: tuple[int, ...]) -> Expr | None:
    if args["kind"] == "dims":
        return Call("permute", (expr,), {"dims": _inverted(args["dims"])})
    dim: dict[str, Arg] = {"dim": args["dim"]} if args["dim"] else {}
    if "view" in args:
        view = [args["view"][axis] for axis in args["dims"]]
        return Call("permute_rows", (expr,), {"view": view, "dims": _inverted(args["dims"]), **dim})
    if "deinterleave" in args:
        return Call("interleave", (expr,), {"groups": args["deinterleave"]["groups"], "parts": args["deinterleave"]["parts"], **dim})
    if "roll" in args:
        return Call("roll", (expr,), {"start": shape[args["dim"]] - args["roll"], **dim})
    if sorted(args["index"]) != list(range(shape[args["dim"]])):
        return None
    return Call("take", (expr,), {"index": _inverted(args["index"]), **dim})


def _inverted(order: list[int]) -> list[Arg]:
    out: list[Arg] = [0] * len(order)
    for at, place in enumerate(order):
        out[place] = at
    return out


def _joined(parts: list[_Cut], size: int, dim: int) -> Expr | None:
    """Join parts that cover all rows without overlap; None where they do not."""
    ordered = sorted(parts, key=lambda part: part.start)
    at = 0
    for part in ordered:
        if part.start != at:
            return None
        at += part.length
    if at != size:
        return None
    if all(part.picked for part in ordered):
        return Call("stack", tuple(part.expr for part in ordered), {"dim": dim})
    inputs = tuple(Call("unsqueeze", (part.expr,), {"dim": dim}) if part.picked else part.expr for part in ordered)
    return Call("concat", inputs, {"dim": dim})


def _leaves(recipe: Recipe) -> Iterator[Leaf]:
    if isinstance(recipe, Leaf):
        yield recipe
    else:
        for inner in recipe.inputs:
            yield from _leaves(inner)
