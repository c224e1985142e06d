"""What differs between two key trees: keys, shapes, dtypes, ties, order."""

from collections.abc import Mapping

import msgspec

from app.keys.tree import KeyTree, TensorInfo, alias_groups

Shape = tuple[int, ...] | None


class Reshaped(msgspec.Struct, frozen=True):
    """A key that both trees have, in two shapes."""

    key: str
    before: Shape
    after: Shape


class Retyped(msgspec.Struct, frozen=True):
    """A key that both trees have, in two element types."""

    key: str
    before: str
    after: str


class Retied(msgspec.Struct, frozen=True):
    """A key whose tensor is shared with other keys than before. Keys that one tree lacks are left out; () means shared with none."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True):
    """How to get from one tree to the other; each in listing order, `added` in that of the second tree.

    alike     -- count of keys that are equal in all that is listed here
    reordered -- whether both trees carry an order, and the keys that they share stand in two different ones
    """

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    reshaped: tuple[Reshaped, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    retied: tuple[Retied, ...] = ()
    alike: int = 0
    reordered: bool = False

    @property
    def same(self) -> bool:
        """Whether the trees hold the same keys with the same shapes, dtypes and ties, in whatever order."""
        return not (self.removed or self.added or self.reshaped or self.retyped or self.retied)


def difference(before: KeyTree, after: KeyTree) -> Difference:
    """Compare two trees key by key, as they are spelt."""
    first, second = before.tensors, after.tensors
    both = [key for key in first if key in second]
    reshaped = tuple(Reshaped(key, first[key].shape, second[key].shape) for key in both if first[key].shape != second[key].shape)
    retyped = tuple(Retyped(key, first[key].dtype, second[key].dtype) for key in both if first[key].dtype != second[key].dtype)
    retied = _retied(both, _ties(first, second), _ties(second, first))
    changed = {each.key for each in reshaped} | {each.key for each in retyped} | {each.key for each in retied}
    return Difference(
        removed=tuple(key for key in first if key not in second),
        added=tuple(key for key in second if key not in first),
        reshaped=reshaped,
        retyped=retyped,
        retied=retied,
        alike=len(both) - len(changed),
        reordered=before.ordered and after.ordered and both != [key for key in second if key in first],
    )


def inverse(found: Difference) -> Difference:
    """Return the way back. Orders become those of the first tree, since the second is not known here."""
    return Difference(
        removed=found.added,
        added=found.removed,
        reshaped=tuple(Reshaped(each.key, each.after, each.before) for each in found.reshaped),
        retyped=tuple(Retyped(each.key, each.after, each.before) for each in found.retyped),
        retied=tuple(Retied(each.key, each.after, each.before) for each in found.retied),
        alike=found.alike,
        reordered=found.reordered,
    )


def _ties(tensors: Mapping[str, TensorInfo], other: Mapping[str, TensorInfo]) -> dict[str, tuple[str, ...]]:
    """For each tied key those that it is tied to, as far as the other tree has them."""
    ties: dict[str, tuple[str, ...]] = {}
    for group in alias_groups(tensors):
        shared = sorted(key for key in group if key in other)
        if len(shared) > 1:
            ties.update((key, tuple(shared)) for key in shared)
    return ties


def _retied(both: list[str], before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> tuple[Retied, ...]:
    found = []
    for key in both:
        old, new = before.get(key, ()), after.get(key, ())
        if old != new:
            found.append(Retied(key, tuple(each for each in old if each != key), tuple(each for each in new if each != key)))
    return tuple(found)
