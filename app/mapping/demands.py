"""What carrying a plan out takes: bytes written, and memory at the worst moment."""

from collections.abc import Mapping

import msgspec

from app.keys import KeyTree, bytes_of
from app.keys.dtypes import BLOCKS, UNPACKED, plain_dtype
from app.mapping.block import leaves
from app.mapping.outcomes import Evaluation, Leaf, Recipe, Step


class Demands(msgspec.Struct, frozen=True):
    """Bytes.

    output  -- of all tensors that are written
    moved   -- of those, the ones that are copied as they are and never held in memory
    peak    -- of the tensors that the largest computed key needs at once: its sources, what is made on the way, the result
    largest -- that key; "" where nothing is computed
    unread  -- target keys out of quantized blocks whose numbers cannot be told: nothing is written while there are any
    """

    output: int
    moved: int
    peak: int = 0
    largest: str = ""
    unread: int = 0


def demands(evaluation: Evaluation, sources: Mapping[str, KeyTree]) -> Demands:
    """Work out what an export takes, from shapes alone."""
    output = moved = peak = unread = 0
    largest = ""
    for key, outcome in evaluation.targets.items():
        recipe = outcome.recipe
        if outcome.state != "loaded" or recipe is None:
            continue
        unread += any(_is_unread(leaf, sources) for leaf in leaves(recipe))
        own = _bytes(recipe, sources)
        output += own
        if isinstance(recipe, Leaf) and sources[recipe.source].tensors[recipe.key].dtype not in UNPACKED:
            moved += own
            continue
        needed = _held(recipe, sources)
        if needed > peak:
            peak, largest = needed, key
    return Demands(output, moved, peak, largest, unread)


def _is_unread(leaf: Leaf, sources: Mapping[str, KeyTree]) -> bool:
    dtype = sources[leaf.source].tensors[leaf.key].dtype
    return dtype in BLOCKS and dtype not in UNPACKED


def _bytes(recipe: Recipe, sources: Mapping[str, KeyTree]) -> int:
    if isinstance(recipe, Step):
        return bytes_of(recipe.shape, recipe.dtype)
    info = sources[recipe.source].tensors[recipe.key]
    return bytes_of(info.shape, plain_dtype(info.dtype))


def _held(recipe: Recipe, sources: Mapping[str, KeyTree]) -> int:
    inner = sum(_held(part, sources) for part in recipe.inputs) if isinstance(recipe, Step) else 0
    return inner + _bytes(recipe, sources)
