"""Facets: what the keys of one side can be told apart by, each value with how many keys have it and the term that asks for it."""

from collections import Counter
from typing import Any

import msgspec

from app.keys import KeyTree
from app.viewing.marks import SourceStates, TargetStates
from app.viewing.outlines import likes_of
from app.viewing.search import Known, shape_word
from app.viewing.states import NEEDS, URGENCY

MOST = 14
"""Values of one facet that are listed, the most frequent first."""


class Value(msgspec.Struct, frozen=True):
    """One value: `word` stands in the term, `index` is a rule's."""

    word: str
    term: str
    keys: int
    index: int | None = None


class Facet(msgspec.Struct, frozen=True):
    """One kind of fact; `more` values were left off."""

    name: str
    values: tuple[Value, ...]
    more: int = 0


def facets(tree: KeyTree, known: Known) -> tuple[Facet, ...]:
    """Count the facets of one side; those with nothing to choose between are left out."""
    listed = (
        _states(known),
        _counted("dtype", _kinds(tree, 1)),
        _shapes(tree),
        _classes(tree),
        _rules(tree, known),
    )
    return tuple(facet for facet in listed if len(facet.values) > 1)


def _states(known: Known) -> Facet:
    states = known.states
    counts = states.counted if isinstance(states, TargetStates | SourceStates) else Counter(states.values())
    values = [Value(state, f"is:{state}", counts[state]) for state in sorted(counts, key=URGENCY.__getitem__)]
    needs = sum(counts[state] for state in NEEDS)
    every = [Value("needs", "is:needs", needs)] if needs and len(values) > 1 else []
    return Facet("is", (*every, *values))


def _counted(name: str, counts: "Counter[str]") -> Facet:
    return Facet(name, tuple(Value(word, f"{name}:{word}", keys) for word, keys in counts.most_common(MOST)), max(0, len(counts) - MOST))


def _kinds(tree: KeyTree, place: int) -> "Counter[Any]":
    """Shapes (0) or types (1) -> keys that have them, in the order in which they come first."""
    known, found = likes_of(tree), Counter[Any]()
    for kind, keys in Counter(known.of.values()).items():
        found[known.kinds[kind][place]] += keys
    return found


def _shapes(tree: KeyTree) -> Facet:
    counts = _kinds(tree, 0)
    words = ((shape_word(shape), keys) for shape, keys in counts.most_common(MOST))
    return Facet("shape", tuple(Value(word, f"shape:{word}", keys) for word, keys in words), max(0, len(counts) - MOST))


def _classes(tree: KeyTree) -> Facet:
    modules = tree.modules
    if not modules:
        return Facet("class", ())
    owners = (modules.get(key.rpartition(tree.separator)[0]) for key in tree.tensors)
    return _counted("class", Counter(owner.cls.rpartition(".")[2] for owner in owners if owner is not None and owner.cls))


def _rules(tree: KeyTree, known: Known) -> Facet:
    counts = Counter(known.rules.values())
    values = [Value(str(rule + 1), f"rule:{rule + 1}", keys, rule) for rule, keys in counts.most_common(MOST)]
    rest = len(tree.tensors) - counts.total()
    values += [Value("none", "rule:none", rest)] if rest and values else []
    return Facet("rule", tuple(values), max(0, len(counts) - MOST))
