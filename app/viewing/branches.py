"""One checkpoint's folded tree as nested lines, each with what lies below it as far as a page shows it at once."""

from collections.abc import Iterator, Sequence

import msgspec

from app.keys import KeyTree, TensorInfo
from app.viewing.hits import Finder, finder
from app.viewing.labels import Part, label_parts, parts_of, path_text
from app.viewing.nodes import Node, Outline
from app.viewing.outlines import likes_of
from app.viewing.plain import safe
from app.viewing.search import Matches, matcher
from app.viewing.sizes import shape_text
from app.viewing.weights import weigh

OPENED = 60
"""Lines that stand open at first."""
LISTED = 500
"""Most lines of one list."""
_PLAIN = ("strided", "", None)
LONGEST = 400
"""Characters shown of a key."""


class Line(msgspec.Struct, frozen=True):
    """A module, a run of equal ones, or a tensor.

    times  -- equal siblings that it folds; keys -- tensors at or below; nbytes -- of them, tied ones counted once
    below  -- the lines below; None where they are fetched when asked for
    tied   -- key of the tensor that it is one with
    odd    -- what is not plain about it, in the words of its format: its layout, a note
    strides -- of one that is not contiguous
    """

    node: int
    parts: tuple[Part, ...]
    title: str
    times: int
    keys: int
    nbytes: int
    leaf: bool
    shape: str = ""
    dtype: str = ""
    tied: str = ""
    odd: str = ""
    strides: str = ""
    below: "tuple[Line, ...] | None" = None
    more: int = 0


class Lines(msgspec.Struct, frozen=True):
    """Lines of one list; `more` were left off."""

    lines: tuple[Line, ...]
    more: int = 0


class Branches:
    """The tree of one checkpoint, ready to be printed."""

    def __init__(self, tree: KeyTree, outline: Outline) -> None:
        self.tree = tree
        self.outline = outline
        self._bytes = weigh(outline, likes_of(tree)).nbytes

    def below(self, number: int, opened: int = 0) -> Lines:
        """Return the lines right below a node, and of their own as many as `opened` allows, nearest first. IndexError for what is no node."""
        shown = self._opened(number, opened)
        return self._list(self.outline.node(number).children, shown)

    def found(self, query: str) -> Lines | None:
        """Return the tensors that a query asks for, in one list; None where it asks for everything. Raises SearchError."""
        matches = matcher(query, self.tree)
        if matches is None:
            return None
        find = finder(query)
        leaves = [node for node in self.outline.nodes if node.keys and self._any(node, matches)]
        return Lines(tuple(self._found(node, find) for node in leaves[:LISTED]), max(0, len(leaves) - LISTED))

    def _any(self, node: Node, matches: Matches) -> bool:
        return any(matches(key, self.tree.tensors[key]) for key in node.keys)

    def _opened(self, number: int, budget: int) -> frozenset[int]:
        """Nodes whose lines are shown: level by level, as long as all of a level's lines fit."""
        shown: set[int] = set()
        level = [number]
        while level:
            next_level = [child for each in level for child in self.outline.nodes[each].children]
            budget -= len(next_level)
            if shown and budget < 0:
                break
            shown.update(level)
            level = [child for child in next_level if self.outline.nodes[child].children]
        return frozenset(shown)

    def _list(self, numbers: Sequence[int], shown: frozenset[int]) -> Lines:
        return Lines(tuple(self._line(number, shown) for number in numbers[:LISTED]), max(0, len(numbers) - LISTED))

    def _line(self, number: int, shown: frozenset[int]) -> Line:
        node = self.outline.nodes[number]
        inside = self._list(node.children, shown) if node.children and number in shown else None
        line = self._bare(node, _cut(label_parts(node.label, node.runs, self.outline.separator)))
        return line if inside is None else msgspec.structs.replace(line, below=inside.lines, more=inside.more)

    def _found(self, node: Node, find: Finder | None) -> Line:
        text = _short(path_text(node, self.outline))
        return self._bare(node, tuple(parts_of(text, find(text) if find else ())))

    def _bare(self, node: Node, parts: tuple[Part, ...]) -> Line:
        info = node.info if node.leaf else None
        return Line(
            node.id,
            parts,
            _short(path_text(node, self.outline)),
            node.times,
            node.total,
            self._bytes(node.id),
            node.leaf,
            shape_text(info.shape) if info else "",
            info.dtype if info else "",
            _short(info.alias) if info and info.alias else "",
            *(self._odd(node, info) if info else ()),
        )

    def _odd(self, node: Node, info: TensorInfo) -> tuple[str, str]:
        """What is not plain about a tensor, if it is so for all that its line stands for."""
        what = (info.layout, info.note, info.stride)
        if what == _PLAIN or any((each.layout, each.note, each.stride) != what for each in map(self.tree.tensors.__getitem__, node.keys)):
            return "", ""
        words = [word for word in ("" if info.layout == "strided" else info.layout, info.note) if word]
        return _short(", ".join(words)), ", ".join(map(str, info.stride or ()))


def _cut(parts: Sequence[Part]) -> tuple[Part, ...]:
    def cut() -> Iterator[Part]:
        room = LONGEST
        for part in parts:
            if room <= 0:
                return
            yield Part(_short(part.text, room), part.kind)
            room -= len(part.text)

    return tuple(cut())


def _short(text: str, longest: int = LONGEST) -> str:
    return safe(text if len(text) <= longest else text[:longest] + "…")
