"""Python source as a formatter would lay it out: on one line where it fits, else one item a line with a trailing comma."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

WIDTH = 100
_INDENT = "    "


class Group(msgspec.Struct, frozen=True):
    """Items between brackets; `lone` items (a generator as only argument) take no trailing comma."""

    opening: str
    items: tuple["Node", ...]
    closing: str
    lone: bool = False


class Comprehension(msgspec.Struct, frozen=True):
    """A body and its `for` clauses between brackets."""

    opening: str
    body: "Node"
    clauses: tuple[str, ...]
    closing: str


class Row(msgspec.Struct, frozen=True):
    """Nodes that follow each other without a gap; the last bracket breaks first."""

    nodes: tuple["Node", ...]


Node: TypeAlias = str | Group | Comprehension | Row


def row(*nodes: Node) -> Row:
    """Join nodes."""
    return Row(nodes)


def call(name: str, *arguments: Node) -> Node:
    """Lay out `name(arguments)`."""
    return Row((name, Group("(", arguments, ")")))


def tuple_of(items: Sequence[Node]) -> Node:
    """Lay out a tuple display."""
    if len(items) == 1:
        return Group("(", (Row((items[0], ",")),), ")", lone=True)
    return Group("(", tuple(items), ")")


def flat(node: Node) -> str:
    """Return the node on one line."""
    match node:
        case str():
            return node
        case Group(opening, items, closing):
            return opening + ", ".join(flat(item) for item in items) + closing
        case Comprehension(opening, body, clauses, closing):
            return opening + " ".join((flat(body), *clauses)) + closing
        case Row(nodes):
            return "".join(flat(part) for part in nodes)


def lines(node: Node, depth: int = 0, before: str = "", after: str = "") -> list[str]:
    """Lay out `before`, the node and `after`, indented by `depth` levels."""
    line = f"{_INDENT * depth}{before}{flat(node)}{after}"
    return [line] if len(line) <= WIDTH else _broken(node, depth, before, after)


def _broken(node: Node, depth: int, before: str, after: str) -> list[str]:
    """Lay out a node over several lines."""
    margin = _INDENT * depth
    match node:
        case str():
            return [margin + before + node + after]
        case Row(nodes):
            return _broken_row(nodes, depth, before, after)
        case Comprehension(opening, body, clauses, closing):
            inner = [f"{margin}{_INDENT}" + " ".join((flat(body), *clauses))]
            if len(inner[0]) > WIDTH:
                inner = [*lines(body, depth + 1), *(f"{margin}{_INDENT}{clause}" for clause in clauses)]
        case Group(opening, items, closing, lone):
            inner = [text for item in items for text in lines(item, depth + 1, after="" if lone else ",")]
    return [f"{margin}{before}{opening}", *inner, f"{margin}{closing}{after}"]


def _broken_row(nodes: tuple[Node, ...], depth: int, before: str, after: str) -> list[str]:
    """Break the last bracket that has something in it."""
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if isinstance(node, str) or (isinstance(node, Group) and not node.items):
            continue
        head = before + "".join(flat(part) for part in nodes[:index])
        tail = "".join(flat(part) for part in nodes[index + 1 :]) + after
        return _broken(node, depth, head, tail)
    return [_INDENT * depth + before + "".join(flat(part) for part in nodes) + after]
