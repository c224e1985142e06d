"""What a remapped file holds: each target key with its shape, type and the pieces of its bytes."""

from collections.abc import Callable, Mapping
from math import prod
from typing import TypeAlias

import msgspec

from app.errors import KeygraftError
from app.exporting.dtypes import policy
from app.exporting.names import plain_name
from app.exporting.options import FileOptions
from app.exporting.piece import Computed, Piece
from app.exporting.ranges import joined, ranges_of, shape_of
from app.keys import KeyTree, bytes_of, itemsize
from app.keys.dtypes import BLOCKS, UNPACKED, plain_dtype
from app.mapping import leaves
from app.mapping.outcomes import Evaluation, Leaf, Recipe, Step
from app.mapping.plan import Arg, Init, Plan
from app.mapping.policies import computable


class ExportError(KeygraftError):
    """An export that cannot be made as asked."""


class Entry(msgspec.Struct, frozen=True):
    """One tensor of an output file."""

    key: str
    shape: tuple[int, ...]
    dtype: str
    pieces: tuple[Piece, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of the tensor."""
        return bytes_of(self.shape, self.dtype)


class Content(msgspec.Struct, frozen=True):
    """All tensors, what is left out and why, and which keys are written under another one."""

    entries: tuple[Entry, ...]
    left_out: dict[str, str]
    aliases: dict[str, str]
    peak: int


def refuse_conflicts(evaluation: Evaluation) -> None:
    """ExportError `transfer_conflicts` while a target key has two sources: what is taken away never settles that silently."""
    key = next((key for key, outcome in evaluation.targets.items() if outcome.state == "conflicting"), None)
    if key is not None:
        raise ExportError("transfer_conflicts", key=key)


def content(evaluation: Evaluation, sources: Mapping[str, KeyTree], target: KeyTree, options: FileOptions, plan: Plan | None) -> Content:
    """Work out the tensors of a remapped checkpoint, in the target's order.

    ExportError `transfer_conflicts` while a target key has two sources, `source_without_bytes` where a source key has no bytes to
    read (a model definition, a compressed or sparse tensor), `source_in_blocks` where they are kept in blocks whose numbers are not
    known here, `nothing_to_write` where no key is loaded.
    """
    entries: list[Entry] = []
    left_out: dict[str, str] = {}
    aliases: dict[str, str] = {}
    written: dict[tuple[str, str, str], str] = {}
    dtype_for = policy(options.dtype, options.dtypes, target)
    peak = 0
    refuse_conflicts(evaluation)
    _refuse_blocks(evaluation, sources)
    for key, outcome in evaluation.targets.items():
        recipe = outcome.recipe if outcome.state == "loaded" else _fresh(plan, outcome.rule, target, key, outcome.state)
        if recipe is None:
            left_out[key] = outcome.state
            continue
        for leaf in leaves(recipe):
            _check_bytes(leaf, sources)
        identity = _identity(key, recipe, sources, dtype_for)
        if identity is not None and options.shared == "alias" and identity in written:
            aliases[plain_name(key)] = plain_name(written[identity])
            continue
        if identity is not None:
            written[identity] = key
        entry, held = _entry(key, recipe, sources, target, dtype_for)
        peak = max(peak, held)
        entries.append(entry)
    if not entries:
        raise ExportError("nothing_to_write")
    return Content(tuple(entries), left_out, aliases, peak)


def _fresh(plan: Plan | None, rule: int | None, target: KeyTree, key: str, state: str) -> Recipe | None:
    """Return a recipe for an initialised key whose policy needs no model."""
    found = plan.rules[rule] if plan is not None and rule is not None and state == "initialised" else None
    info = target.tensors[key]
    if not isinstance(found, Init) or info.shape is None or not computable(found.policy):
        return None
    args: dict[str, Arg] = {"policy": found.policy, "settings": dict(found.args), "size": list(info.shape), "dtype": info.dtype}
    return Step("fresh", (), args, info.shape, info.dtype)


def _refuse_blocks(evaluation: Evaluation, sources: Mapping[str, KeyTree]) -> None:
    """ExportError `source_in_blocks` with all source keys whose numbers cannot be told: one by one they would be found one by one."""
    loaded = [outcome.recipe for outcome in evaluation.targets.values() if outcome.state == "loaded" and outcome.recipe is not None]
    dtypes = {leaf.key: sources[leaf.source].tensors[leaf.key].dtype for recipe in loaded for leaf in leaves(recipe)}
    unread = {key: dtype for key, dtype in dtypes.items() if dtype in BLOCKS and dtype not in UNPACKED}
    if unread:
        kinds, first = ", ".join(sorted(set(unread.values()))), ", ".join(list(unread)[:_NAMED])
        raise ExportError("source_in_blocks", count=len(unread), dtypes=kinds, keys=first)


_NAMED = 5


def _check_bytes(leaf: Leaf, sources: Mapping[str, KeyTree]) -> None:
    info = sources[leaf.source].tensors[leaf.key]
    size = itemsize(plain_dtype(info.dtype))
    if info.where is None or info.layout != "strided" or info.shape is None or size is None:
        raise ExportError("source_without_bytes", key=leaf.key)


DtypeFor: TypeAlias = Callable[[str, str], str]


def _identity(key: str, recipe: Recipe, sources: Mapping[str, KeyTree], dtype_for: DtypeFor) -> tuple[str, str, str] | None:
    """Name the tensor of a plain rename: the same for all aliases of one tensor that are written as one type."""
    if not isinstance(recipe, Leaf):
        return None
    info = sources[recipe.source].tensors[recipe.key]
    return recipe.source, info.alias or recipe.key, dtype_for(key, plain_dtype(info.dtype))


def _entry(key: str, recipe: Recipe, sources: Mapping[str, KeyTree], target: KeyTree, dtype_for: DtypeFor) -> tuple[Entry, int]:
    shape, dtype = shape_of(recipe, sources)
    wanted = target.tensors[key].shape
    if wanted is not None and wanted != shape and prod(wanted) == prod(shape):
        recipe, shape = Step("reshape", (recipe,), {"shape": list(wanted)}, wanted, dtype), wanted
    kept, dtype = dtype, dtype_for(key, dtype)
    if dtype != kept:
        recipe = Step("cast", (recipe,), {"dtype": dtype}, shape, dtype)
    found = ranges_of(recipe, sources)
    if found is not None:
        return Entry(plain_name(key), shape, dtype, joined(found)), 0
    size = bytes_of(shape, dtype)
    held = size + sum(sources[leaf.source].tensors[leaf.key].stored for leaf in leaves(recipe))
    return Entry(plain_name(key), shape, dtype, (Computed(key, recipe, size),) if size else ()), held
