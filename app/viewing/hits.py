"""Where in a key a filter found what it looks for, so that rows can mark it: text, globs and expressions alike, across the rows of one path."""

from collections.abc import Callable, Iterable, Sequence

from app.viewing.search import compiled, is_regex, pattern_of, terms

Span = tuple[int, int]
Finder = Callable[[str], tuple[Span, ...]]
_MOST = 12
"""Hits that are marked in one key."""


def finder(query: str) -> Finder | None:
    """Return what finds the hits of a query in a key; None where it looks for no text. Raises SearchError."""
    found = [(compiled(pattern_of(part), part.strip("/")), part) for term in terms(query)[0] for part in _marked_parts(term)]
    if not found:
        return None

    def spans(key: str) -> tuple[Span, ...]:
        data = key.encode("utf-8", "surrogatepass")
        hits = [match.span() for pattern, _ in found for match, _ in zip(pattern.finditer(data), range(_MOST), strict=False)]
        if len(data) != len(key):
            hits = [(_characters(data, start), _characters(data, end)) for start, end in hits]
        return merged(hits)

    return spans


def _marked_parts(term: str) -> Iterable[str]:
    """What of a term is worth a mark: of a glob its words, since `*` reaches over everything between them."""
    return [term] if is_regex(term) else [part for part in term.replace("?", "*").split("*") if part]


def _characters(data: bytes, end: int) -> int:
    return len(data[:end].decode("utf-8", "surrogatepass"))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch or overlap as one; empty ones say nothing."""
    out: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return tuple(out)


def within(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """The parts of spans that lie in a stretch, counted from where it starts."""
    return tuple((max(first, start) - start, min(last, end) - start) for first, last in spans if first < end and last > start)
