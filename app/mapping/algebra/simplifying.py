"""Recipes without detours: parts that are joined again, joins that are cut again, reorderings that undo each other."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.keys import KeyTree
from app.mapping.outcomes import Leaf, Recipe, Step


def simplified(recipe: Recipe, sources: Mapping[str, KeyTree]) -> Recipe:
    """Return a recipe that moves the same elements in fewer steps."""
    if isinstance(recipe, Leaf):
        return recipe
    inputs = tuple(simplified(inner, sources) for inner in recipe.inputs)
    return _step(Step(recipe.op, inputs, recipe.args, recipe.shape, recipe.dtype), sources)


def _step(recipe: Step, sources: Mapping[str, KeyTree]) -> Recipe:
    args: Mapping[str, Any] = recipe.args
    inner = recipe.inputs[0]
    found: Recipe | None = None
    match recipe.op:
        case "concat" | "stack":
            found = _rejoined(recipe, args["dim"], sources)
        case "slice":
            found = _recut(recipe, inner, args, sources)
        case "select" if isinstance(inner, Step) and inner.op == "stack" and inner.args["dim"] == args["dim"]:
            found = inner.inputs[args["index"]]
        case "transpose" if isinstance(inner, Step) and inner.op == "transpose" and inner.args == args:
            found = inner.inputs[0]
        case "flip" if isinstance(inner, Step) and inner.op == "flip" and inner.args == args:
            found = inner.inputs[0]
        case "reshape":
            found = _reshaped(recipe, inner, sources)
        case "permute" if isinstance(inner, Step) and inner.op == "permute":
            found = _permuted(args, inner)
    return recipe if found is None else found


def _shape(recipe: Recipe, sources: Mapping[str, KeyTree]) -> tuple[int, ...] | None:
    return recipe.shape if isinstance(recipe, Step) else sources[recipe.source].tensors[recipe.key].shape


def _rejoined(recipe: Step, dim: int, sources: Mapping[str, KeyTree]) -> Recipe | None:
    """Parts of one tensor, in order and all of them."""
    cut = "slice" if recipe.op == "concat" else "select"
    parts = [part for part in recipe.inputs if isinstance(part, Step) and part.op == cut and part.args["dim"] == dim]
    if len(parts) != len(recipe.inputs) or any(part.inputs != parts[0].inputs for part in parts):
        return None
    at = 0
    for part in parts:
        if part.args["start" if cut == "slice" else "index"] != at:
            return None
        at += part.shape[dim] if cut == "slice" else 1
    whole = parts[0].inputs[0]
    shape = _shape(whole, sources)
    return whole if shape is not None and shape[dim] == at else None


def _recut(recipe: Step, inner: Recipe, args: Mapping[str, Any], sources: Mapping[str, KeyTree]) -> Recipe | None:
    if not isinstance(inner, Step) or inner.args.get("dim") != args["dim"]:
        return None
    dim, start, length = args["dim"], args["start"], args["length"]
    if inner.op == "slice":
        return _step(Step("slice", inner.inputs, {**args, "start": start + inner.args["start"]}, recipe.shape, recipe.dtype), sources)
    if inner.op != "concat":
        return None
    at = 0
    for part in inner.inputs:
        shape = _shape(part, sources)
        if shape is None:
            return None
        if at == start and shape[dim] == length:
            return part
        at += shape[dim]
    return None


def _reshaped(recipe: Step, inner: Recipe, sources: Mapping[str, KeyTree]) -> Recipe | None:
    if _shape(inner, sources) == recipe.shape:
        return inner
    if isinstance(inner, Step) and inner.op == "reshape":
        return _step(Step("reshape", inner.inputs, recipe.args, recipe.shape, recipe.dtype), sources)
    return None


def _permuted(args: Mapping[str, Any], inner: Step) -> Recipe | None:
    """Two orders that undo each other."""
    before: Mapping[str, Any] = inner.args
    if args["kind"] != before["kind"] or args.get("dim") != before.get("dim"):
        return None
    if "view" in args and "view" in before:
        same = [before["view"][axis] for axis in before["dims"]] == list(args["view"])
        return inner.inputs[0] if same and _undo(before["dims"], args["dims"]) else None
    if args["kind"] == "dims":
        return inner.inputs[0] if _undo(before["dims"], args["dims"]) else None
    if "index" in args and "index" in before:
        return inner.inputs[0] if _undo(before["index"], args["index"]) and len(args["index"]) == len(before["index"]) else None
    return None


def _undo(first: Sequence[int], second: Sequence[int]) -> bool:
    return [first[at] for at in second] == list(range(len(first)))
