"""A recipe written back as an expression over its own keys."""

from typing import Any

from app.mapping.outcomes import Leaf, Recipe
from app.mapping.patterns import escape
from app.mapping.plan import Call, Expr, Ref


def expression_from(recipe: Recipe) -> Expr:
    """Write a recipe in the language: the same kernels come out when it is evaluated."""
    if isinstance(recipe, Leaf):
        return Ref(escape(recipe.key), recipe.source)
    inputs = tuple(expression_from(inner) for inner in recipe.inputs)
    args: dict[str, Any] = dict(recipe.args)
    match recipe.op:
        case "transpose":
            return Call("transpose", inputs, {} if list(args["dims"]) == [0, 1] else {"dim0": args["dims"][0], "dim1": args["dims"][1]})
        case "permute":
            return _permute(args, inputs)
        case "interpolate":
            return Call(
                "interpolate", inputs, {name: value for name, value in args.items() if value not in (0, None)} | {"rank": len(args["grid"])}
            )
        case "weight_norm":
            return Call("weight_norm_fold", inputs, args)
        case "norm":
            return Call("weight_norm_split", inputs, args, "g")
        case _:
            return Call(recipe.op, inputs, args)


def _permute(args: dict[str, Any], inputs: tuple[Expr, ...]) -> Expr:
    dim = {"dim": args["dim"]} if args.get("dim") else {}
    if args["kind"] == "dims":
        return Call("permute", inputs, {"dims": args["dims"]})
    if "view" in args:
        return Call("permute_rows", inputs, {"view": args["view"], "dims": args["dims"], **dim})
    if "deinterleave" in args:
        return Call("deinterleave", inputs, {**args["deinterleave"], **dim})
    if "roll" in args:
        return Call("roll", inputs, {"start": args["roll"], **dim})
    return Call("take", inputs, {"index": args["index"], **dim})
