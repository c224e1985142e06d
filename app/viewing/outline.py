"""The outline of a key tree: modules, runs of equal siblings and leaves, each a numbered node.

A run stands for integer siblings that hold the same keys with the same shapes: `blocks.{0–11}`. What lies below a run stands for all its
members at once, so 91,991 keys become some hundred nodes. Numbers are given in listing order, so the same tree always gets the same ones.
"""

from collections.abc import Sequence

import numpy as np

from app.keys import KeyTree
from app.keys.collector import paused
from app.keys.folding import is_index
from app.viewing.nodes import Node, Numbers, Outline
from app.viewing.trie import Branch, Kind, grow
from app.viewing.unfolded import Unfolded


class _Maker:
    def __init__(self, tree: KeyTree) -> None:
        self.tree = tree
        self.lines: list[Node] = []

    def make(self, root: Branch) -> Outline:
        self._line(-1, -1, (), (), ())
        self._fill(0, [root])
        order = [key for line in self.lines for key in line.keys]
        leaves = np.repeat(np.arange(len(self.lines), dtype=np.int32), [len(line.keys) for line in self.lines])
        return Outline(tuple(self.lines), order, leaves, _ends(self.lines), self.tree.separator)

    def _line(
        self, parent: int, depth: int, segments: tuple[str | None, ...], label: tuple[str | None, ...], runs: tuple[tuple[int, ...], ...]
    ) -> Node:
        line = Node(len(self.lines), parent, depth, segments, label, runs, [])
        self.lines.append(line)
        if parent >= 0:
            self.lines[parent].children.append(line.id)
        return line

    def _fill(self, number: int, branches: Sequence[Branch]) -> None:
        """Put below a node what its branches (all alike) hold."""
        line = self.lines[number]
        for label, run, below in self._groups(branches):
            self._add(line, label, run, below)
        line.leaves = sum(self.lines[child].leaves for child in line.children)
        line.total = sum(self.lines[child].total for child in line.children)
        below_lines = [self.lines[child] for child in line.children]
        if below_lines and all(not child.children for child in below_lines):
            line.info = max((child.info for child in below_lines if child.info), key=lambda info: info.numel, default=None)

    def _add(self, above: Node, name: str | None, run: tuple[int, ...], branches: Sequence[Branch]) -> None:
        label: tuple[str | None, ...] = (name,)
        runs = (run,) if run else ()
        while branches[0].key is None:  # a chain of only children is one line
            groups = self._groups(branches)
            if len(groups) != 1:
                break
            only, indices, below = groups[0]
            if only is None and runs:
                break
            label, runs, branches = (*label, only), (*runs, indices) if indices else runs, below
        segments = (*above.segments, *label)
        first = branches[0]
        if first.key is not None:
            leaf = self._line(above.id, above.depth + 1, segments, label, runs)
            leaf.keys = tuple(branch.key for branch in branches if branch.key is not None)
            leaf.leaves, leaf.total = 1, len(leaf.keys)
            leaf.info = self.tree.tensors[first.key]
        if first.below:
            module = self._line(above.id, above.depth + 1, segments, label, runs)
            self._fill(module.id, branches)

    def _groups(self, branches: Sequence[Branch]) -> list[tuple[str | None, tuple[int, ...], Sequence[Branch]]]:
        """Children of branches that are alike: (segment, (), branches) or (None, indices, branches) for a run."""
        groups: list[tuple[str | None, tuple[int, ...], Sequence[Branch]]] = []
        for names in _runs(branches[0].below):
            members = [branch.below[name] for branch in branches for name in names]
            if len(names) == 1:
                groups.append((names[0], (), members))
            else:
                groups.append((None, tuple(int(name) for name in names), members))
        return groups


def _runs(below: dict[str, Branch]) -> list[list[str]]:
    """Group neighbouring integer names whose branches are alike; everything else stands alone.

    Where two kinds alternate (every second block differs), neighbours alone would fold nothing, so equal kinds are then gathered.
    """
    numbers = sorted((name for name in below if is_index(name)), key=int)
    if not numbers:
        return [[name] for name in below]
    runs: list[list[str]] = []
    for name in numbers:
        if runs and below[runs[-1][-1]].kind == below[name].kind:
            runs[-1].append(name)
        else:
            runs.append([name])
    kinds: dict[int, list[str]] = {}
    for name in numbers:
        kinds.setdefault(below[name].kind, []).append(name)
    if len(runs) > 2 * len(kinds):
        runs = list(kinds.values())
    groups: list[list[str]] = []
    placed = False
    for name in below:
        if not is_index(name):
            groups.append([name])
        elif not placed:
            groups.extend(runs)
            placed = True
    return groups


def _ends(lines: Sequence[Node]) -> Numbers:
    ends = list(range(len(lines)))
    for line in reversed(lines):  # children have higher numbers than what they stand below
        if line.children:
            ends[line.id] = ends[line.children[-1]]
    return np.array(ends, dtype=np.int32)


def fold(tree: KeyTree) -> tuple[Outline, tuple[Kind, ...]]:
    """Make the outline of a tree with what is equal folded, and the kinds of its branches, from which it unfolds.

    The collector is paused: what is made by the hundred thousand here is kept, and looking through it again and again takes longer than making it.
    """
    with paused():
        root, kinds = grow(tree)
        return _Maker(tree).make(root), kinds


def outline(tree: KeyTree, *, folded: bool = True) -> Outline:
    """Make the outline of a tree; with `folded=False` every key has a line of its own."""
    return fold(tree)[0] if folded else Unfolded(tree, grow(tree)[1])
