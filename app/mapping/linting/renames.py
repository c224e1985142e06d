"""Renames that do nothing, hit where they were not meant to, hit twice, collide, or depend on their order."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from app.keys import KeyTree
from app.mapping.linting.finding import SHOWN, Finding
from app.mapping.plan import Plan, Rename
from app.mapping.regexes import compile_regex
from app.mapping.working import WorkingSource, enabled_renames, renamer


def lint_renames(plan: Plan, sources: Mapping[str, KeyTree]) -> Iterator[Finding]:
    """Look at every rename on the names that reach it."""
    renames = enabled_renames(plan)
    reached = {index: _reaching(renames, index, sources) for index, _ in renames}
    for index, rule in renames:
        names = reached[index]
        change = renamer(rule)
        hit = [name for name in names if change(name) != name]
        if not hit:
            yield Finding("rename_dead", "warning", index)
            continue
        again = [name for name in hit if change(change(name)) != change(name)]
        if again and rule.how != "add_prefix":
            yield Finding(
                "rename_again",
                "warning",
                index,
                None,
                {"before": again[0], "after": change(again[0]), "then": change(change(again[0]))},
                tuple(again[:SHOWN]),
            )
        yield from _hits(index, rule, hit)
    yield from _collisions(renames, sources)
    yield from _order(renames, reached)


def _reaching(renames: Sequence[tuple[int, Rename]], before: int, sources: Mapping[str, KeyTree]) -> list[str]:
    """Names as they are when they reach a rename."""
    rule = next(rule for index, rule in renames if index == before)
    earlier = [(index, other) for index, other in renames if index < before]
    out: list[str] = []
    for name, tree in sources.items():
        if rule.source is None or rule.source == name:
            out += [key for key in WorkingSource(name, tree, earlier).names if key[:1] != "~"]
    return out


def _hits(index: int, rule: Rename, hit: Sequence[str]) -> Iterator[Finding]:
    """Hits inside of a word, beside hits of whole words; several hits in one name."""
    if rule.how not in {"replace", "regex"}:
        return
    search = _searcher(rule)
    inside: list[str] = []
    whole: list[str] = []
    twice: list[str] = []
    for name in hit:
        spans = search(name)
        if len(spans) > 1:
            twice.append(name)
        (whole if all(_at_words(name, *span) for span in spans) else inside).append(name)
    if inside and whole:
        yield Finding("rename_unanchored", "warning", index, None, {"meant": whole[0], "hit": inside[0]}, tuple(inside[:SHOWN]))
    if twice:
        yield Finding("rename_twice", "warning", index, None, {"key": twice[0], "count": len(search(twice[0]))}, tuple(twice[:SHOWN]))


def _searcher(rule: Rename) -> Callable[[str], list[tuple[int, int]]]:
    if rule.how == "replace":
        plain = re.compile(re.escape(rule.find))
        return lambda name: [found.span() for found in plain.finditer(name)]
    return compile_regex(rule.find, rule.to).spans


def _at_words(name: str, start: int, end: int) -> bool:
    """Whether a hit begins and ends where a word does."""
    edges = ((name[start - 1 : start], name[start : start + 1]), (name[end - 1 : end], name[end : end + 1]))
    return not any(_of_word(left) and _of_word(right) for left, right in edges)


def _of_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _collisions(renames: Sequence[tuple[int, Rename]], sources: Mapping[str, KeyTree]) -> Iterator[Finding]:
    for name, tree in sources.items():
        working = WorkingSource(name, tree, renames)
        for wanted, keys in list(working.rivals.items())[:SHOWN]:
            rule = next((working.renamed[key] for key in keys if key in working.renamed), None)
            yield Finding("rename_collision", "error", rule, None, {"name": wanted, "first": keys[0], "second": keys[1]}, keys[:SHOWN])


def _order(renames: Sequence[tuple[int, Rename]], reached: Mapping[int, Sequence[str]]) -> Iterator[Finding]:
    for (first, one), (second, other) in combinations(renames, 2):
        if one.source is not None and other.source is not None and one.source != other.source:
            continue
        do, then = renamer(one), renamer(other)
        for name in reached[first]:
            if do(name) != name and then(do(name)) != do(then(name)):
                params: dict[str, str | int | float] = {"key": name, "now": then(do(name)), "else": do(then(name))}
                yield Finding("rename_order", "notice", first, second, params, (name,))
                break
