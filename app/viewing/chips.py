"""The few words on a link: what is done to a tensor on its way."""

from collections.abc import Sequence

from app.mapping.claims import Claim
from app.mapping.outcomes import Recipe, Step
from app.mapping.plan import Arg
from app.viewing.sizes import shape_text

_QUIET = frozenset({"identity", "cast"})


def chip_of_recipe(recipe: Recipe | None) -> str:
    """Name the ops of a recipe, outermost first, at most two; nothing where the tensor goes as it is."""
    words: list[str] = []
    while isinstance(recipe, Step):
        if recipe.op not in _QUIET:
            words.append(_chip(recipe.op, recipe.args, len(recipe.inputs)))
        recipe = recipe.inputs[0] if recipe.inputs else None
    return " · ".join(words[:2])


def chip_of_claim(claim: Claim | None) -> str:
    """Name the op of a claim."""
    if claim is None or claim.op in _QUIET:
        return ""
    return _chip(claim.op, claim.args, len(claim.sources))


def chip_of_shapes(given: Sequence[int] | None, wanted: Sequence[int] | None) -> str:
    """Name what differs between two shapes: `1000 → 10`, or both in full where the number of sides differs."""
    if given is None or wanted is None:
        return ""
    if len(given) != len(wanted):
        return f"{shape_text(given)} → {shape_text(wanted)}"
    return ", ".join(f"{have} → {want}" for have, want in zip(given, wanted, strict=True) if have != want)


def _chip(op: str, args: dict[str, Arg], inputs: int) -> str:
    start, length = args.get("start"), args.get("length")
    if op in {"slice", "narrow"} and isinstance(start, int) and isinstance(length, int):
        return f"rows {start}–{start + length - 1}" if args.get("dim", 0) == 0 else f"columns {start}–{start + length - 1}"
    if inputs > 1:
        return f"{op} ×{inputs}"
    if op == "chunk" and isinstance(args.get("n"), int):
        return f"chunk {args['n']}"
    return op.replace("_", " ")
