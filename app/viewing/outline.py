"""The outline of a key tree: modules, runs of equal siblings and leaves, each a numbered node.

A run stands for integer siblings that hold the same keys with the same shapes: `blocks.{0–11}`. What lies below a run stands for all its
members at once, so 91,991 keys become some hundred nodes. Numbers are given in listing order, so the same tree always gets the same ones.
"""

import gc
from collections.abc import Iterable, Sequence

import msgspec

from app.keys import KeyTree, TensorInfo
from app.keys.folding import is_index
from app.viewing.trie import Branch, grow


class Node(msgspec.Struct, gc=False):
    """One line of an outline; filled while the outline is made, never changed after.

    id       -- its number; the root is 0 and never shown
    parent   -- number of the node above; -1 for the root
    depth    -- 0 for what stands directly below the root
    segments -- its whole path; a run's segment is None
    label    -- segments that this line shows (a chain of only children is one line)
    runs     -- indices that each None of `label` stands for
    children -- numbers of the nodes below, in order
    keys     -- of a leaf: every key it stands for; of anything else empty
    leaves   -- number of leaf nodes at or below
    total    -- number of keys at or below
    info     -- of a leaf: the first key's tensor; of a module: that of its largest leaf, where it holds only leaves
    """

    id: int
    parent: int
    depth: int
    segments: tuple[str | None, ...]
    label: tuple[str | None, ...]
    runs: tuple[tuple[int, ...], ...]
    children: list[int]
    keys: tuple[str, ...] = ()
    leaves: int = 0
    total: int = 0
    info: TensorInfo | None = None

    @property
    def times(self) -> int:
        """How many equal siblings this line folds; 1 where it folds none."""
        folded = 1
        for run in self.runs:
            folded *= len(run)
        return folded

    @property
    def leaf(self) -> bool:
        """Whether it stands for tensors itself."""
        return not self.children


class Outline(msgspec.Struct, frozen=True):
    """All nodes of one tree by number, and the leaf that each key belongs to."""

    nodes: tuple[Node, ...]
    leaf_of: dict[str, int]
    separator: str

    def __len__(self) -> int:
        return len(self.nodes)

    def node(self, number: int) -> Node:
        """Return a node; IndexError for what is none."""
        if not 0 <= number < len(self.nodes):
            raise IndexError(number)
        return self.nodes[number]

    def above(self, number: int) -> list[int]:
        """Numbers of all nodes above one, nearest first, without the root."""
        found = []
        parent = self.nodes[number].parent
        while parent > 0:
            found.append(parent)
            parent = self.nodes[parent].parent
        return found

    def below(self, number: int) -> Iterable[Node]:
        """Every leaf at or below a node, in order."""
        waiting = [number]
        while waiting:
            node = self.nodes[waiting.pop()]
            if node.leaf:
                yield node
            waiting.extend(reversed(node.children))

    def keys(self, number: int) -> tuple[str, ...]:
        """Every key at or below a node."""
        return tuple(key for leaf in self.below(number) for key in leaf.keys)


class _Maker:
    def __init__(self, tree: KeyTree, folded: bool) -> None:
        self.tree = tree
        self.folded = folded
        self.lines: list[Node] = []
        self.leaf_of: dict[str, int] = {}

    def make(self) -> Outline:
        root = grow(self.tree)
        self._line(-1, -1, (), (), ())
        self._fill(0, [root])
        return Outline(tuple(self.lines), self.leaf_of, self.tree.separator)

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
            self.leaf_of.update(dict.fromkeys(leaf.keys, leaf.id))
        if first.below:
            module = self._line(above.id, above.depth + 1, segments, label, runs)
            self._fill(module.id, branches)

    def _groups(self, branches: Sequence[Branch]) -> list[tuple[str | None, tuple[int, ...], Sequence[Branch]]]:
        """Children of branches that are alike: (segment, (), branches) or (None, indices, branches) for a run."""
        first = branches[0].below
        if not self.folded:
            return [(name, (), [branch.below[name] for branch in branches]) for name in first]
        groups: list[tuple[str | None, tuple[int, ...], Sequence[Branch]]] = []
        for names in _runs(first):
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


def outline(tree: KeyTree, *, folded: bool = True) -> Outline:
    """Make the outline of a tree; with `folded=False` every key has a line of its own.

    The collector is paused: what is made by the hundred thousand here is kept, and looking through it again and again takes longer than making it.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        return _Maker(tree, folded).make()
    finally:
        if running:
            gc.enable()
