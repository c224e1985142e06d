"""Groups that differ in their last word only, as `weight` and `bias`: one statement says all of them."""

from collections.abc import Sequence

import msgspec

from app.exporting.grouping import Group, LeafShape, Parts, Run, Shape, StepShape


class Tailed(msgspec.Struct, frozen=True):
    """A group whose target and source keys lack their last word, and the words that stand there; no words: the group as it is."""

    group: Group
    tails: tuple[str, ...] = ()


def tailed(groups: Sequence[Group]) -> list[Tailed]:
    """Join groups that are equal but for the word behind the last dot, the same in all keys, where the first of them stands."""
    found: dict[Group, list[tuple[str, Group]]] = {}
    for group in groups:
        tail, bare = _without_tail(group)
        found.setdefault(bare, []).append((tail, group))
    out = []
    for bare, members in found.items():
        if len(members) == 1:
            out.append(Tailed(members[0][1]))
        else:
            out.append(Tailed(bare, tuple(tail for tail, _ in members)))
    return out


def _without_tail(group: Group) -> tuple[str, Group]:
    """Take the last word off every key; the group itself, its first member forgotten, where the keys end differently."""
    _, dot, tail = group.target[-1].rpartition(".")
    shape = _cut(group.shape, tail) if dot and tail else None
    if shape is None:
        return "", group
    return tail, msgspec.structs.replace(group, target=_shorter(group.target, tail), shape=shape, first="")


def _cut(shape: Shape, tail: str) -> Shape | None:
    """Take the word off each source key; None where one ends otherwise, or where nothing is read."""
    match shape:
        case LeafShape(source, parts, holes):
            ends = parts[-1].endswith(tuple(mark + tail for mark in "._/"))
            return LeafShape(source, _shorter(parts, tail), holes) if ends else None
        case StepShape(op, inputs, args):
            cut = [part for each in inputs if (part := _cut(each, tail)) is not None]
            return StepShape(op, tuple(cut), args) if cut and len(cut) == len(inputs) else None
        case Run(body, count, steps):
            inner = _cut(body, tail)
            return None if inner is None else Run(inner, count, steps)


def _shorter(parts: Parts, tail: str) -> Parts:
    return (*parts[:-1], parts[-1][: len(parts[-1]) - len(tail)])
