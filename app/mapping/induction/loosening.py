"""Sizes that shapes tell anyway are taken out of expressions, so that the same op on tensors of different sizes looks the same."""

from collections.abc import Mapping
from math import prod

from app.keys import KeyTree
from app.mapping.induction.pairs import plain
from app.mapping.plan import Arg, Call, Expr, Ref

_MOST_CHUNKS = 16


def loosened(expr: Expr, sources: Mapping[str, KeyTree]) -> Expr:
    """Write equal slices as chunks, the heads of a grid as -1, a last reshape as the target's shape."""
    if isinstance(expr, Ref):
        return expr
    if expr.op == "reshape" and "shape" in expr.args:
        return Call("reshape", tuple(_inner(inner, sources) for inner in expr.inputs), {"like": "target"})
    return _inner(expr, sources)


def _inner(expr: Expr, sources: Mapping[str, KeyTree]) -> Expr:
    if isinstance(expr, Ref):
        return expr
    inputs = tuple(_inner(inner, sources) for inner in expr.inputs)
    shape = _shape(expr.inputs[0], sources)
    if shape is None:
        return Call(expr.op, inputs, expr.args, expr.index)
    if expr.op == "slice":
        return _slice(expr, inputs, shape)
    if expr.op == "permute_rows":
        return _grid(expr, inputs, shape)
    return Call(expr.op, inputs, expr.args, expr.index)


def _shape(expr: Expr, sources: Mapping[str, KeyTree]) -> tuple[int, ...] | None:
    """Shape of a plain reference; None for what an op makes."""
    return sources[expr.source].tensors[plain(expr.pattern)].shape if isinstance(expr, Ref) else None


def _slice(expr: Call, inputs: tuple[Expr, ...], shape: tuple[int, ...]) -> Expr:
    dim, start, length = (expr.args.get(name, 0) for name in ("dim", "start", "length"))
    if isinstance(dim, int) and isinstance(start, int) and isinstance(length, int) and length:
        size = shape[dim]
        if size % length == 0 and start % length == 0 and 1 < size // length <= _MOST_CHUNKS:
            return Call("chunk", inputs, {"chunks": size // length, "dim": dim}, start // length)
    return Call("slice", inputs, expr.args)


def _grid(expr: Call, inputs: tuple[Expr, ...], shape: tuple[int, ...]) -> Expr:
    view, dim = expr.args["view"], expr.args.get("dim", 0)
    if isinstance(view, list) and isinstance(dim, int) and -1 not in view and prod(view) == shape[dim]:
        # the axis that stays in its place counts heads; layouts of one architecture differ in it
        dims = expr.args["dims"]
        still = next((at for at, axis in enumerate(dims) if at == axis), 0) if isinstance(dims, list) else 0
        loose: list[Arg] = [-1 if at == still else size for at, size in enumerate(view)]
        return Call("permute_rows", inputs, {**expr.args, "view": loose})
    return Call(expr.op, inputs, expr.args)
