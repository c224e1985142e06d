"""Labels of rows: the segments of a path as parts, folded runs as ranges, hits of the filter marked."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from app.viewing.hits import Finder, Span, merged, within
from app.viewing.nodes import Node, Outline
from app.viewing.sizes import ranges_text


class Part(msgspec.Struct, frozen=True):
    """A stretch of a label: plain, a folded `range`, or a `hit` of the filter."""

    text: str
    kind: Literal["", "range", "hit"] = ""


def path_text(node: Node, outline: Outline) -> str:
    """Write a node's whole path, runs as ranges; what was written once is kept with the outline."""
    known = outline.paths
    chain = [node]
    while chain[-1].id not in known and chain[-1].parent > 0:
        chain.append(outline.nodes[chain[-1].parent])
    above = chain.pop()
    path = known.get(above.id)
    if path is None:
        path = known[above.id] = _own_text(above, outline)
    for piece in reversed(chain):
        path = known[piece.id] = f"{path}{outline.separator}{_own_text(piece, outline)}"
    return path


def _own_text(node: Node, outline: Outline) -> str:
    return "".join(part.text for part in label_of(node, outline))


def label_of(node: Node, outline: Outline) -> list[Part]:
    """Write a node's own label."""
    return label_parts(node.label, node.runs, outline.separator)


def label_parts(label: tuple[str | None, ...], runs: tuple[tuple[int, ...], ...], separator: str) -> list[Part]:
    """Write a label, runs as ranges in braces."""
    waiting = iter(runs)
    parts: list[Part] = []
    for place, segment in enumerate(label):
        if place:
            parts.append(Part(separator))
        parts.append(Part("{" + ranges_text(next(waiting)) + "}", "range") if segment is None else Part(segment or "∅"))
    return joined(parts)


def joined(parts: Sequence[Part]) -> list[Part]:
    """Plain parts that stand side by side as one."""
    out: list[Part] = []
    for part in parts:
        if out and out[-1].kind == part.kind == "":
            out[-1] = Part(out[-1].text + part.text)
        else:
            out.append(part)
    return out


def marked(node: Node, outline: Outline, find: Finder | None, key: str) -> tuple[Part, ...]:
    """Write a node's label with what the filter found in `key`, a key at or below the node: a hit may go on from the row above into the next."""
    parts = label_of(node, outline)
    if find is None or not key:
        return tuple(parts)
    segments = key.split(outline.separator)
    first = len(node.segments) - len(node.label)
    start = sum(len(segment) + len(outline.separator) for segment in segments[:first])
    spans = find(key)
    return tuple(_marks(_written(node, segments[first:], parts), spans, start))


def _written(node: Node, segments: Sequence[str], parts: Sequence[Part]) -> Iterator[tuple[Part, int]]:
    """Each part with how many characters of the key it stands for."""
    place = 0
    for part in parts:
        if part.kind == "range":
            while node.label[place] is not None:
                place += 1
            yield part, len(segments[place])
            place += 1
        else:
            yield part, len(part.text)


def _marks(parts: Iterator[tuple[Part, int]], spans: Sequence[Span], at: int) -> Iterator[Part]:
    for part, length in parts:
        hits = within(spans, at, at + length)
        at += length
        if part.kind == "range" or not hits:
            yield Part(part.text, "hit") if hits and part.kind == "range" else part
        else:
            yield from parts_of(part.text, merged(hits))


def parts_of(text: str, hits: Sequence[Span]) -> Iterator[Part]:
    """Cut a text into what was found and what stands between."""
    done = 0
    for start, end in hits:
        if start > done:
            yield Part(text[done:start])
        yield Part(text[start:end], "hit")
        done = end
    if done < len(text):
        yield Part(text[done:])
