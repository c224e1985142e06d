"""Lines of a key tree, numbered: what every outline can say of them, folded or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from app.keys import TensorInfo

Numbers = npt.NDArray[np.int32]


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


class Outline:
    """All nodes of one tree by number, and the leaf that each key belongs to.

    nodes  -- by number
    order  -- all keys, as the leaves stand; leaves -- of each of them the number of its leaf
    ends   -- of each node the highest number at or below it: what lies below it has the numbers between
    """

    def __init__(self, nodes: Sequence[Node], order: Sequence[str], leaves: Numbers, ends: Numbers, separator: str) -> None:
        self.nodes = nodes
        self.order = order
        self.leaves = leaves
        self.ends = ends
        self.separator = separator

    def __len__(self) -> int:
        return len(self.nodes)

    def node(self, number: int) -> Node:
        """Return a node; IndexError for what is none."""
        if not 0 <= number < len(self.nodes):
            raise IndexError(number)
        return self.nodes[number]

    @cached_property
    def leaf_of(self) -> Mapping[str, int]:
        """Key -> number of its leaf."""
        return dict(zip(self.order, self.leaves.tolist(), strict=True))

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Key -> place in `order`."""
        return {key: at for at, key in enumerate(self.order)}

    @cached_property
    def firsts(self) -> tuple[Numbers, npt.NDArray[np.intp]]:
        """Numbers of all leaves, and of each the place of its first key."""
        leaves, at = np.unique(self.leaves, return_index=True)
        return leaves, at

    @cached_property
    def paths(self) -> dict[int, str]:
        """Node -> its whole path as it is written, of those that were written already."""
        return {}

    @cached_property
    def text(self) -> tuple[bytes, npt.NDArray[np.int64]] | None:
        """All keys as one text, a line each, and where each begins (and the end); None where a key has several lines itself."""
        whole = "\n".join(self.order)
        return None if not self.order or whole.count("\n") != len(self.order) - 1 else in_lines(self.order, whole)

    @cached_property
    def lowered(self) -> list[str]:
        """All keys as a filter compares them, whatever their case; those that have none are the same texts."""
        return [key if (low := key.casefold()) == key else low for key in self.order]

    def places(self, keys: Sequence[str] | Iterable[str]) -> Numbers:
        """Places of some keys in `order`; -1 for what is not there."""
        return np.fromiter(map(self.place.get, keys, repeat(-1)), np.int32)

    def span(self, number: int) -> tuple[int, int]:
        """The keys at or below a node are those of `order` from the first of two places up to the second."""
        return between(self.leaves, number, int(self.ends[number]))

    def above(self, number: int) -> list[int]:
        """Numbers of all nodes above one, nearest first, without the root."""
        found = []
        parent = self.nodes[number].parent
        while parent > 0:
            found.append(parent)
            parent = self.nodes[parent].parent
        return found

    def common(self, first: int, last: int) -> int:
        """Lowest node that two nodes both are or stand below; 0 where only the root is."""
        low, high = min(first, last), max(first, last)
        while low > 0 and self.ends[low] < high:
            low = self.nodes[low].parent
        return max(low, 0)

    def below(self, number: int) -> Iterator[Node]:
        """Every leaf at or below a node, in order."""
        at, last = self.span(number)
        while at < last:
            leaf = self.nodes[int(self.leaves[at])]
            yield leaf
            at += len(leaf.keys)

    def keys(self, number: int) -> tuple[str, ...]:
        """Every key at or below a node."""
        first, last = self.span(number)
        return tuple(self.order[first:last])


def in_lines(keys: Sequence[str], whole: str) -> tuple[bytes, npt.NDArray[np.int64]]:
    """Keys that were joined line by line as bytes, and where each begins (and the end)."""
    text = whole.encode("utf-8", "surrogatepass")
    lengths = map(len, keys) if len(text) == len(whole) else (len(key.encode("utf-8", "surrogatepass")) for key in keys)
    return text, np.cumsum([0, *lengths]) + np.arange(len(keys) + 1)


def between(numbers: Numbers, low: int, high: int) -> tuple[int, int]:
    """The places of what lies from one number to another, both included, in a rising column: from the first up to before the second."""
    first, last = numbers.searchsorted(np.array((low, high + 1), np.int32)).tolist()
    return first, last


def over(outline: Outline, leaves: npt.NDArray[np.signedinteger[Any]]) -> npt.NDArray[np.bool_]:
    """Of each node whether it is one of some leaves or stands above one: whether one lies between it and its end."""
    counted = np.zeros(len(outline) + 1, np.int32)
    counted[leaves + 1] = 1
    before = np.cumsum(counted)
    here: npt.NDArray[np.bool_] = before[outline.ends + 1] > before[:-1]
    return here


def distinct(numbers: Numbers) -> int:
    """How many numbers there are, each counted once."""
    if len(numbers) < 2:
        return len(numbers)
    low = numbers.min()
    seen = np.zeros(int(numbers.max() - low) + 1, np.bool_)
    seen[numbers - low] = True
    return int(np.count_nonzero(seen))
