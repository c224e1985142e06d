"""From an expression and resolved references to a recipe: one row at a time, with what an op gives for equal shapes remembered."""

from collections.abc import Iterator, Mapping

import msgspec

from app.keys import TensorInfo
from app.keys.dtypes import plain_dtype
from app.mapping.arithmetic import compute, parse_formula, variables
from app.mapping.errors import OpError
from app.mapping.expressions import is_formula
from app.mapping.ops import Op, Value, op_named
from app.mapping.outcomes import Leaf, Recipe, Step
from app.mapping.plan import Arg, Call, Expr, Ref
from app.mapping.resolution import Found, Several


class _Known(msgspec.Struct, frozen=True, gc=False):
    """What an op made of inputs of these shapes: a step over the same inputs, or (`op` empty) the first input itself."""

    op: str
    args: dict[str, Arg]
    shape: tuple[int, ...]
    dtype: str


class Builder:
    """Builds the recipes of one bind."""

    def __init__(self, expr: Expr) -> None:
        self.root = _node(expr)
        self.names = tuple(dict.fromkeys(self.root.names()))
        self._known: dict[object, _Known] = {}

    def build(self, found: list[Found], numbers: Mapping[str, int], target: tuple[int, ...] | None) -> Value:
        """Make the value for one target key; OpError where an op does not fit."""
        return self._build(self.root, iter(found), numbers, target)[0]

    def _build(self, node: "_Node", found: Iterator[Found], numbers: Mapping[str, int], target: tuple[int, ...] | None) -> list[Value]:
        if node.op is None:
            here = next(found)
            if isinstance(here, Several):
                return [_leaf(leaf, info) for leaf, info in here.leaves]
            assert isinstance(here, tuple)  # noqa: S101 - the caller has sorted out everything else
            return [_leaf(*here)]
        inputs = [value for inner in node.inputs for value in self._build(inner, found, numbers, target)]
        args, index = node.arguments(numbers), node.result(numbers)
        key = (
            id(node),
            tuple((value.shape, value.dtype) for value in inputs),
            tuple(str(args[name]) for name in node.varying),
            index,
            target,
        )
        known = self._known.get(key)
        if known is not None:
            if not known.op:
                return inputs[:1]
            recipe = Step(known.op, tuple(value.recipe for value in inputs), known.args, known.shape, known.dtype)
            return [Value(recipe, known.shape, known.dtype)]
        value = node.op.apply(inputs, args, index, target)
        self._remember(key, inputs, value)
        return [value]

    def _remember(self, key: object, inputs: list[Value], value: Value) -> None:
        recipe: Recipe = value.recipe
        if recipe is inputs[0].recipe:
            self._known[key] = _Known("", {}, value.shape, value.dtype)
        elif (
            isinstance(recipe, Step)
            and len(recipe.inputs) == len(inputs)
            and all(mine is given.recipe for mine, given in zip(recipe.inputs, inputs, strict=True))
        ):
            self._known[key] = _Known(recipe.op, recipe.args, recipe.shape, recipe.dtype)


class _Node:
    """An expression with its op looked up and its formulas read."""

    def __init__(self, op: Op | None, inputs: tuple["_Node", ...], args: Mapping[str, Arg], index: int | str | None) -> None:
        self.op = op
        self.inputs = inputs
        self.args = dict(args)
        self.index = index
        self.varying = tuple(name for name, value in args.items() if _varies(value))

    def names(self) -> list[str]:
        """Placeholders that arguments speak of."""
        out: list[str] = []
        for value in (*self.args.values(), self.index):
            out += _names(value)
        for inner in self.inputs:
            out += inner.names()
        return out

    def arguments(self, numbers: Mapping[str, int]) -> dict[str, Arg]:
        if not self.varying:
            return self.args
        return self.args | {name: _filled(self.args[name], numbers) for name in self.varying}

    def result(self, numbers: Mapping[str, int]) -> int | str | None:
        if isinstance(self.index, str) and is_formula(self.index):
            return compute(parse_formula(self.index[1:-1]), numbers)
        return self.index


def _node(expr: Expr) -> _Node:
    if isinstance(expr, Ref):
        return _Node(None, (), {}, None)
    return _call_node(expr)


def _call_node(call: Call) -> _Node:
    return _Node(op_named(call.op), tuple(_node(inner) for inner in call.inputs), call.args, call.index)


def _varies(value: Arg) -> bool:
    if isinstance(value, list):
        return any(_varies(item) for item in value)
    return is_formula(value)


def _names(value: Arg) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    if isinstance(value, str) and is_formula(value):
        return list(variables(parse_formula(value[1:-1])))
    return []


def _filled(value: Arg, numbers: Mapping[str, int]) -> Arg:
    if isinstance(value, list):
        return [_filled(item, numbers) for item in value]
    if isinstance(value, str) and is_formula(value):
        return compute(parse_formula(value[1:-1]), numbers)
    return value


def _leaf(leaf: Leaf, info: TensorInfo) -> Value:
    if info.shape is None:
        raise OpError("op_shape_unknown", key=leaf.key)
    return Value(leaf, info.shape, plain_dtype(info.dtype))
