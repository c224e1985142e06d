"""What stands in the way of putting a file together from ranges alone: the rules that compute, and by which op."""

from collections.abc import Mapping

import msgspec

from app.exporting.piece import PieceList
from app.exporting.ranges import ranges_of
from app.keys import KeyTree
from app.keys.dtypes import BLOCKS
from app.mapping import Evaluation, Plan, statement
from app.mapping.outcomes import Recipe, Step

BLOCKED = "blocks"
"""Instead of an op: a source tensor whose numbers are kept in blocks, quantized."""

SCATTERED = "layout"
"""Instead of an op: a source tensor whose elements do not lie one after another in its file."""


class Obstacle(msgspec.Struct, frozen=True):
    """One rule that computes: its text (empty where none decided), the op, how many target keys, and the first of them."""

    statement: str
    op: str
    keys: int
    first: str


def obstacles(pieces: PieceList, evaluation: Evaluation, plan: Plan, sources: Mapping[str, KeyTree]) -> tuple[Obstacle, ...]:
    """Name the rules behind the computed tensors of a file, in the order of the file."""
    found: dict[tuple[int | None, str], list[str]] = {}
    for piece in pieces.computed_pieces:
        rule = evaluation.targets[piece.key].rule
        found.setdefault((rule, _op(piece.recipe, sources)), []).append(piece.key)
    return tuple(
        Obstacle("" if rule is None else statement(plan.rules[rule]), op, len(keys), keys[0]) for (rule, op), keys in found.items()
    )


def _op(recipe: Recipe, sources: Mapping[str, KeyTree]) -> str:
    """Name the innermost op that needs arithmetic, or that meets elements out of order."""
    if not isinstance(recipe, Step):
        return BLOCKED if sources[recipe.source].tensors[recipe.key].dtype in BLOCKS else SCATTERED
    for part in recipe.inputs:
        if ranges_of(part, sources) is None:
            return _op(part, sources)
    return recipe.op
