"""The outline of a key tree in which every key has a line of its own.

Branches of one kind have equal lines below them. So nothing is made line by line: what lies below a kind is worked out once, and a node is made when
it is asked for, by walking down to it. A tree of a hundred thousand keys opens as fast as one of a hundred families.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import overload

import msgspec
import numpy as np

from app.keys import KeyTree
from app.viewing.nodes import Node, Numbers, Outline
from app.viewing.trie import Kind


class _Below(msgspec.Struct, gc=False):
    """What stands below one kind, numbered from the first line there.

    labels -- of each child, the segments it shows (a chain of only children is one line); kinds -- what ends the chain
    starts -- number of each child's first line; children -- numbers of all lines right below
    leaves -- of each key the number of its line; ends -- of each line the highest number at or below it
    rests  -- of each key what its path goes on with
    """

    labels: list[tuple[str, ...]]
    kinds: list[int]
    starts: list[int]
    children: list[int]
    leaves: Numbers
    ends: Numbers
    rests: list[str]


class Unfolded(Outline):
    """An outline whose nodes are made when they are asked for."""

    def __init__(self, tree: KeyTree, kinds: Sequence[Kind]) -> None:
        self._tensors = tree.tensors
        self._kinds = kinds
        self._root = len(kinds) - 1
        self._known: dict[int, Node] = {}
        self._below = _all_below(kinds, tree.separator)
        whole = self._below[self._root]
        own = dict(zip(tree.tensors, tree.tensors, strict=True))  # the tree's own texts: their hashes are known
        order = [own[key] for key in whole.rests]
        ends = np.concatenate((np.array([len(whole.ends)], np.int32), whole.ends + 1), dtype=np.int32)
        for below in self._below.values():
            below.rests = []
        super().__init__(_Nodes(self, len(ends)), order, whole.leaves + 1, ends, tree.separator)

    def made(self, number: int) -> Node:
        """The node of a number that there is; made once."""
        node = self._known.get(number)
        if node is None:
            node = self._known[number] = self._make(number)
        return node

    def _make(self, number: int) -> Node:
        """Walk down to a line."""
        kind, parent, depth, base = self._root, 0, 0, 1
        segments: tuple[str, ...] = ()
        if number == 0:
            return self._module(0, -1, -1, (), (), kind)
        while True:
            below = self._below[kind]
            at = bisect_right(below.starts, number - base) - 1
            kind, label, start = below.kinds[at], below.labels[at], base + below.starts[at]
            segments = (*segments, *label)
            own = self._kinds[kind].own
            if own and number == start:
                key = self.separator.join(segments)
                return Node(number, parent, depth, segments, label, (), [], (key,), 1, 1, self._tensors[key])
            start += own
            if number == start:
                return self._module(number, parent, depth, segments, label, kind)
            parent, depth, base = start, depth + 1, start + 1

    def _module(self, number: int, parent: int, depth: int, segments: tuple[str, ...], label: tuple[str, ...], kind: int) -> Node:
        below = self._below[kind]
        node = Node(number, parent, depth, segments, label, (), [number + 1 + child for child in below.children])
        node.leaves = node.total = len(below.leaves)
        if len(below.children) == len(below.leaves) == len(below.kinds) > 0:  # it holds only leaves
            largest = max(range(len(below.kinds)), key=lambda at: self._kinds[below.kinds[at]].numel)
            node.info = self._tensors[self.separator.join((*segments, *below.labels[largest]))]
        return node


class _Nodes(Sequence[Node]):
    def __init__(self, outline: Unfolded, length: int) -> None:
        self._outline = outline
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> Node: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Node]: ...
    def __getitem__(self, at: int | slice) -> Node | Sequence[Node]:
        if isinstance(at, slice):
            return [self._outline.made(number) for number in range(self._length)[at]]
        return self._outline.made(range(self._length)[at])

    def __iter__(self) -> Iterator[Node]:
        return map(self._outline.made, range(self._length))


def _all_below(kinds: Sequence[Kind], separator: str) -> dict[int, _Below]:
    """What stands below the root and below every kind that ends a chain; a kind's children have lower numbers than it has."""
    chains: dict[int, list[tuple[tuple[str, ...], int]]] = {}
    waiting = [len(kinds) - 1]
    while waiting:
        number = waiting.pop()
        if number not in chains:
            kind = kinds[number]
            chains[number] = [_chain(kinds, name, below) for name, below in zip(kind.names, kind.kinds, strict=True)]
            waiting.extend(end for _, end in chains[number])
    found: dict[int, _Below] = {}
    for number in sorted(chains):
        found[number] = _one_below(kinds, chains[number], found, separator)
    return found


def _chain(kinds: Sequence[Kind], name: str, kind: int) -> tuple[tuple[str, ...], int]:
    """The segments that one line shows, and the kind of the branch where they end."""
    label = [name]
    while not kinds[kind].own and len(kinds[kind].names) == 1:
        label.append(kinds[kind].names[0])
        kind = kinds[kind].kinds[0]
    return tuple(label), kind


def _one_below(kinds: Sequence[Kind], chains: Sequence[tuple[tuple[str, ...], int]], found: dict[int, _Below], separator: str) -> _Below:
    made = _Below([label for label, _ in chains], [kind for _, kind in chains], [], [], _NONE, _NONE, [])
    leaves, ends, start = [_NONE], [_NONE], 0
    for label, kind in chains:
        made.starts.append(start)
        text, below = separator.join(label), found[kind]
        if kinds[kind].own:
            made.children.append(start)
            leaves.append(np.array([start], np.int32))
            ends.append(np.array([start], np.int32))
            made.rests.append(text)
            start += 1
        if below.labels:
            made.children.append(start)
            leaves.append(below.leaves + (start + 1))
            ends += [np.array([start + len(below.ends)], np.int32), below.ends + (start + 1)]
            made.rests += [f"{text}{separator}{rest}" for rest in below.rests]
            start += 1 + len(below.ends)
    made.leaves, made.ends = np.concatenate(leaves, dtype=np.int32), np.concatenate(ends, dtype=np.int32)
    return made


_NONE = np.empty(0, np.int32)
