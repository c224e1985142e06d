"""A filter asked of whole rows: what is the same for all keys that a row folds is asked once, and texts are sought in all its keys at a time."""

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from app.keys import KeyTree, TensorInfo
from app.mapping.likes import Likes
from app.stopping import each
from app.viewing.deciding import NO_RULE, rules_of
from app.viewing.marks import Marks
from app.viewing.nodes import Numbers, Outline
from app.viewing.search import (
    Found,
    Known,
    Matches,
    compiled,
    either,
    facet_test,
    is_glob,
    is_regex,
    pattern_of,
    rule_number,
    states_of,
    terms,
    text_test,
)
from app.viewing.states import URGENCY

_NO_STATE = 255
_NO_TENSOR = TensorInfo(shape=None, dtype="")
_SPARSE = 20
"""Where fewer than one key in so many is left, each is looked at."""
_FEW = 8
"""Keys of a row up to which each is looked at."""


class Sieve:
    """One filter of one side, and the states that were clicked. Raises SearchError for what cannot be read."""

    def __init__(self, query: str, states: frozenset[str], tree: KeyTree, known: Known, likes: Likes) -> None:
        texts, facets = terms(query)
        self._tree, self._known, self._likes = tree, known, likes
        self._texts = [_Text(term) for term in texts]
        self._states = [states] if states else []
        self._states += [frozenset().union(*map(states_of, values)) for facet, values in facets.items() if facet == "is"]
        self._rules = [frozenset(map(rule_number, values)) for facet, values in facets.items() if facet == "rule"]
        self._kinds = [self._of_kinds(facet, values) for facet, values in facets.items() if facet in {"dtype", "shape"}]
        self._others = [self._facet(facet, values) for facet, values in facets.items() if facet == "class"]

    def _facet(self, facet: str, values: list[str]) -> Matches:
        return either([facet_test(facet, value, self._tree, self._known) for value in values])

    def _of_kinds(self, facet: str, values: list[str]) -> frozenset[int]:
        """Numbers of the kinds of tensors that a term asks for."""
        test = self._facet(facet, values)
        infos = (TensorInfo(shape=shape, dtype=dtype) for shape, dtype, _ in self._likes.kinds)
        return frozenset(number for number, info in enumerate(infos) if test("", info))

    def leaves(self, outline: Outline, marks: Marks) -> Numbers:
        """Numbers of an outline's leaves of which a key passes, rising."""
        if len(outline.order) == len(outline.firsts[0]):
            return self._single(outline, marks)
        kept = [leaf for leaf in each(outline.firsts[0].tolist(), _FEW) if self.keeps(outline.nodes[leaf].keys, marks.totals(leaf).keys())]
        return np.array(kept, np.int32)

    def _single(self, outline: Outline, marks: Marks) -> Numbers:
        """The same where every leaf is one key: columns are compared, and only the keys that are left are looked at."""
        left = np.ones(len(outline.order), np.bool_)
        for wanted in self._states:
            left &= np.isin(marks.codes, [URGENCY.get(state, _NO_STATE) for state in wanted])
        for kinds in self._kinds:
            left &= np.isin(np.fromiter(map(self._likes.of.__getitem__, outline.order), np.int32), list(kinds))
        for numbers in self._rules:
            left &= np.isin(rules_of(self._known.rules, outline), [NO_RULE if each is None else each for each in numbers])
        places = np.flatnonzero(left).tolist()
        for text in self._texts:
            places = text.found(outline, places)
        for test in self._others:
            places = [at for at in each(places) if test(outline.order[at], self._tree.tensors[outline.order[at]])]
        return outline.leaves[places]

    def keeps(self, keys: Sequence[str], states: AbstractSet[str]) -> bool:
        """Whether any key of a row passes; `states` are those of its keys."""
        left: list[Matches] = []
        for wanted in self._states:
            if not _some(states, wanted, left, self._known.states.get):
                return False
        for numbers in self._rules:
            if not _some(set(map(self._known.rules.get, keys)), numbers, left, self._known.rules.get):
                return False
        for kinds in self._kinds:
            if not _some(set(map(self._likes.of.__getitem__, keys)), kinds, left, self._likes.of.__getitem__):
                return False
        return self._reads(keys, [*left, *self._others])

    def _reads(self, keys: Sequence[str], tests: list[Matches]) -> bool:
        """Whether any key passes the tests that look at each, and holds the texts."""
        infos = self._tree.tensors
        every = [*tests, *(text.test for text in self._texts)]
        if not every or all(test(keys[0], infos[keys[0]]) for test in every):
            return True
        if len(keys) > _FEW:
            answers = [text.among(keys) for text in self._texts]
            if False in answers:
                return False
            if not tests and answers == [True]:
                return True
        return any(all(test(key, infos[key]) for test in every) for key in each(keys))


def _some(found: AbstractSet[object], wanted: Collection[object], left: list[Matches], of: Callable[[str], object]) -> bool:
    """Whether some of what was found is wanted; where not all is, each key has to be asked."""
    inside = sum(each in wanted for each in found)
    if 0 < inside < len(found):
        left.append(lambda key, _info: of(key) in wanted)
    return inside > 0


class _Text:
    """One text of a filter, sought in many keys at a time."""

    def __init__(self, term: str) -> None:
        self.test = text_test(term)
        self._plain = "" if is_regex(term) or is_glob(term) else term.casefold()
        self._exact = not is_regex(term)  # a star stays within its line
        self._pattern: Found | None = None
        if not self._plain and not any(mark in term for mark in ("\\A", "\\z", "\\Z")):
            own = pattern_of(term)
            self._pattern = compiled(own.replace(b"(?is)", b"(?i)", 1) if self._exact else b"(?m)" + own, term.strip("/"))

    def found(self, outline: Outline, places: Sequence[int]) -> list[int]:
        """Those of some places of an outline where a key holds it."""
        if self._plain:
            lowered = outline.lowered
            return [at for at in places if self._plain in lowered[at]]
        lines = self._lines(outline) if len(places) * _SPARSE >= len(outline.order) else None
        if lines is None:
            return [at for at in each(places) if self.test(outline.order[at], _NO_TENSOR)]
        return lines if len(places) == len(outline.order) else sorted(set(lines).intersection(places))

    def _lines(self, outline: Outline) -> list[int] | None:
        """Which keys of an outline hold it, sought in all of them at once; None where each has to be asked."""
        if self._pattern is None or outline.text is None:
            return None
        text, starts = outline.text
        spans = np.array([hit.span() for hit in each(self._pattern.finditer(text))], np.int64).reshape(-1, 2)
        first, last = (starts.searchsorted(spans[:, end], side="right") - 1 for end in (0, 1))
        if not self._exact and (first != last).any():
            return None
        found: list[int] = np.unique(first).tolist()
        return found

    def among(self, keys: Sequence[str]) -> bool | None:
        """Whether one of the keys holds it; None where each has to be asked."""
        whole = "\n".join(keys)
        if whole.count("\n") != len(keys) - 1:
            return None
        if self._plain:
            return self._plain in whole.casefold()
        if self._pattern is None:
            return None
        text = whole.encode("utf-8", "surrogatepass")
        hit = next(iter(self._pattern.finditer(text)), None)
        if hit is None:
            return False
        start, end = hit.span()
        return True if self._exact or b"\n" not in text[start:end] else None
