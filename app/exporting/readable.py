"""Recipes as a person would say them: equal parts are chunks, not rows 768 to 1536."""

from collections.abc import Mapping

import msgspec

from app.exporting.ranges import shape_of
from app.keys import KeyTree
from app.mapping.outcomes import Leaf, Recipe, Step


def readable(recipe: Recipe, sources: Mapping[str, KeyTree]) -> Recipe:
    """Turn slices that are one of several equal parts into `chunk`, which only scripts know."""
    if isinstance(recipe, Leaf):
        return recipe
    inner = tuple(readable(part, sources) for part in recipe.inputs)
    if recipe.op == "slice":
        shape, _ = shape_of(recipe.inputs[0], sources)
        dim, start, length = recipe.args["dim"], recipe.args["start"], recipe.args["length"]
        if isinstance(dim, int) and isinstance(start, int) and isinstance(length, int) and length and dim < len(shape):
            chunks, rest = divmod(shape[dim], length)
            if not rest and not start % length and chunks <= _MANY:
                return Step("chunk", inner, {"chunks": chunks, "dim": dim, "index": start // length}, recipe.shape, recipe.dtype)
    return msgspec.structs.replace(recipe, inputs=inner)


_MANY = 4
"""More parts than this are heads, experts or vocabularies, not q, k and v."""
