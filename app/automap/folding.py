"""One side as units: a trie whose equal subtrees are one class, and runs of equal numbered children one representative."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from app.automap.names import is_number, joined, numbered
from app.automap.parameters import PLAIN, adapted, place
from app.automap.underscores import levels, written_flat
from app.automap.units import Axis, Path, Shape, Unit
from app.automap.vocabulary import STEPS, SYNONYMS
from app.keys import KeyTree
from app.keys.collector import paused

LEAF_RUN = 8
"""So many equal numbered leaf modules in a row are a repetition; fewer may be steps of one computation."""

DEEPEST = 120
"""Keys of more segments are taken as one name."""

FLAT = 8
"""So many keys without dots and slashes are flat names, whose words are the levels."""

RunId = tuple[Path, str, str]


_NONE: dict[str, Any] = {}
"""Shared by all nodes that have no parameters or no children; never written to."""


class Node:
    """A module: its parameters (canonical name -> key, shape, place in the listing), its children, and the class of its subtree."""

    __slots__ = ("children", "cls", "params")

    def __init__(self) -> None:
        self.params: dict[str, tuple[str, Shape, int]] = _NONE
        self.children: dict[str, Node] = _NONE
        self.cls = -1

    def child(self, label: str) -> "Node":
        """Return the child of this name, made where it is new."""
        if self.children is _NONE:
            self.children = {}
        made = self.children[label] = Node()
        return made


def trie(tree: KeyTree, *, adapters: bool = False) -> Node:
    """Return the module tree of one side; keys without a known shape are left out.

    adapters -- whether LoRA's factors are parameters of the modules they adapt: where both sides have them
    """
    with paused():
        root = _grown(tree, separator_of(tree), adapters=adapters)
        _classify(root, {})
    return root


def _grown(tree: KeyTree, separator: str, *, adapters: bool) -> Node:
    root = node = holder = Node()
    last = around = ""
    for order, (key, info) in enumerate(tree.tensors.items()):
        if info.shape is None:
            continue
        if not separator:
            _plant(root, key, info.shape, order, adapters=adapters)
            continue
        head, _, name = key.rpartition(separator)
        param = PLAIN.get(name) if head else None
        if param is None or head.count(separator) >= DEEPEST:
            path, param = place(key, len(info.shape), tree, separator)
            if adapters and param == "weight":
                path, param = adapted(path) or (path, param)
            node, last = _walked(root, path if len(path) <= DEEPEST else (separator.join(path),)), ""
        elif head != last:  # neighbours share the way to their module, mostly
            above, _, label = head.rpartition(separator)
            if adapters and param == "weight" and (found := adapted(tuple(head.split(separator)))):
                node, last, param = _walked(root, found[0]), "", found[1]
            else:
                if above != around or not above:
                    holder, around = _walked(root, above.split(separator) if above else ()), above
                node, last = holder.children.get(label) or holder.child(label), head
        if param in node.params:
            node, last = node.child("\0" + key), ""
        if node.params is _NONE:
            node.params = {}
        node.params[param] = key, info.shape, order
    return root


def _plant(root: Node, key: str, shape: Shape, order: int, *, adapters: bool) -> None:
    """Add a key whose path is written with underscores."""
    path, _ = levels(key)
    param = PLAIN.get(path[-1], "")
    place = (path[:-1], param) if param else (path, "weight")
    if adapters and path[-1] == "alpha":
        place = path[:-1], "alpha"
    elif found := adapted(place[0]) if adapters else None:
        place = found
    node = _walked(root, place[0])
    if node.params is _NONE:
        node.params = {}
    node.params[place[1]] = key, shape, order


def _walked(root: Node, path: Iterable[str]) -> Node:
    """Return the node at a path, made where it is new."""
    node = root
    for segment in path:
        node = node.children.get(segment) or node.child(segment)
    return node


def separator_of(tree: KeyTree) -> str:
    """Return what stands between segments: the tree's own word for it, or "/", or "_" where only that occurs; "" where it is not one alone."""
    if tree.separator != ".":
        return tree.separator
    dots, slashes = (sum(key.count(mark) for key in tree.tensors) for mark in "./")
    if slashes > dots and all("/" in key for key in tree.tensors if "." in key):
        return "/"  # a dot may stand inside a name: `resblocks.0/attn/key/kernel`
    if dots:
        return "" if written_flat(tree) else "."
    return "_" if len(tree.tensors) > FLAT and sum(key.count("_") for key in tree.tensors) > len(tree.tensors) else "."


def _classify(node: Node, classes: dict[object, int]) -> int:
    params = tuple([(name, shape) for name, (_, shape, _) in node.params.items()])
    if len(params) > 1:
        params = tuple(sorted(params))
    children = [(label, _classify(child, classes)) for label, child in node.children.items()] if node.children else []
    if len(children) > 1:
        children.sort()
    node.cls = classes.setdefault((params, *children), len(classes))
    return node.cls


def run_id(axis: Axis) -> RunId:
    """Name a run so that its namesakes in sibling blocks are the same run."""
    stem = numbered(axis.labels[0])
    return tuple("#" if is_number(part) else part for part in axis.container), stem[0] if stem else "", axis.labels[0]


def units(root: Node, separator: str, source: str, unfolded: Collection[RunId] = ()) -> list[Unit]:
    """Return the units below `root` in listing order; runs named in `unfolded` stay apart."""
    found: list[Unit] = []
    _walk(root, (), (), found, separator, source, unfolded)
    return sorted(found, key=lambda unit: unit.order)


def _walk(
    node: Node, path: Path, axes: tuple[Axis, ...], found: list[Unit], separator: str, source: str, unfolded: Collection[RunId]
) -> None:
    if node.params:
        spelt = {name: tuple(key.split(separator)) if separator else levels(key)[1] for name, (key, _, _) in node.params.items()}
        shapes = {name: shape for name, (_, shape, _) in node.params.items()}
        order = min(place for _, _, place in node.params.values())
        found.append(Unit(path, axes, spelt, shapes, order, separator, source))
    if not node.children:
        return
    heads, followers = _runs(node, path, unfolded)
    for label, child in node.children.items():
        if label in heads:
            _walk(child, (*path, label), (*axes, heads[label]), found, separator, source, unfolded)
        elif label not in followers:
            _walk(child, (*path, label), axes, found, separator, source, unfolded)


def _runs(node: Node, path: Path, unfolded: Collection[RunId]) -> tuple[dict[str, Axis], set[str]]:
    """Return the first label of each run with its axis, and the labels that follow one."""
    stems: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for label, child in node.children.items():
        split = numbered(label) or _uncounted(label, node.children)
        if split is not None and (
            is_number(label) or (child.children and not child.params and SYNONYMS.get(joined(split[0])) not in STEPS)
        ):
            stems.setdefault((split[0], split[2]), []).append((split[1], label))
    heads: dict[str, Axis] = {}
    followers: set[str] = set()
    for group in stems.values():
        if len(group) < 2:
            continue
        group.sort()
        for labels in _stretches(group, node.children):
            leaf = not node.children[labels[0]].children
            if len(labels) < (LEAF_RUN if leaf else 2):
                continue
            axis = Axis(len(path), tuple(labels), path)
            if not unfolded or run_id(axis) not in unfolded:
                heads[labels[0]] = axis
                followers.update(labels[1:])
    return heads, followers


def _uncounted(label: str, siblings: Mapping[str, Node]) -> tuple[str, int, str] | None:
    """Split a label that counts as 0 beside `label_1`: Haiku and Keras number from the second of a name."""
    return (label + "_", 0, "") if label + "_1" in siblings and label + "_0" not in siblings else None


def _stretches(group: list[tuple[int, str]], children: Mapping[str, Node]) -> list[list[str]]:
    out: list[list[str]] = []
    before: tuple[int, int] | None = None
    for number, label in group:
        cls = children[label].cls
        if before == (number - 1, cls):
            out[-1].append(label)
        else:
            out.append([label])
        before = (number, cls)
    return out
