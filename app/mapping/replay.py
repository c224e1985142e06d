"""An expression over single keys made into its recipe."""

from collections.abc import Mapping

from app.keys import KeyTree
from app.keys.dtypes import plain_dtype
from app.mapping.errors import OpError
from app.mapping.matching import matcher
from app.mapping.ops import Value, op_named
from app.mapping.outcomes import Leaf, Recipe
from app.mapping.plan import Expr, Ref


def recipe_of(expr: Expr, sources: Mapping[str, KeyTree], target: tuple[int, ...] | None) -> Recipe | None:
    """Lower an expression whose references are plain keys of the files; None where an op does not fit."""
    try:
        return _value(expr, sources, target).recipe
    except OpError:
        return None


def _value(expr: Expr, sources: Mapping[str, KeyTree], target: tuple[int, ...] | None) -> Value:
    if isinstance(expr, Ref):
        key = matcher(expr.pattern).constant or expr.pattern
        info = sources[expr.source].tensors[key]
        if info.shape is None:
            raise OpError("op_shape_unknown", key=key)
        return Value(Leaf(key, expr.source), info.shape, plain_dtype(info.dtype))
    inputs = [_value(inner, sources, target) for inner in expr.inputs]
    return op_named(expr.op).apply(inputs, expr.args, expr.index, target)
