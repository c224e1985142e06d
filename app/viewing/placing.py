"""Where the keys that the mapping speaks of stand in an outline, as columns of numbers; what was worked out for a family stays as long as it does."""

from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from app.mapping.assembled import TargetFamilies
from app.mapping.block import Block
from app.mapping.offers import FamilyOffers
from app.stopping import each
from app.viewing.nodes import Numbers, Outline

_LATEST = 6
_K = TypeVar("_K")


class Remembered(Generic[_K]):
    """What was made of a value and some others, told apart by identity: the last few for each value, for as long as it lives."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[_K, list[tuple[tuple[object, ...], Any]]] = WeakKeyDictionary()

    def get(self, value: _K, about: tuple[object, ...]) -> Any:
        """What was made lately, or None; texts are compared as texts."""
        for known_about, made in self._known.get(value, ()):
            if all(one is other or (isinstance(one, str) and one == other) for one, other in zip(known_about, about, strict=True)):
                return made
        return None

    def put(self, value: _K, about: tuple[object, ...], made: Any) -> None:
        """Keep what was made."""
        self._known[value] = [*self._known.get(value, [])[1 - _LATEST :], (about, made)]


_families: Remembered[TargetFamilies] = Remembered()
_takes: Remembered[Block] = Remembered()
_offers: Remembered[FamilyOffers] = Remembered()


def places_of(folded: TargetFamilies, outline: Outline) -> list[Numbers]:
    """Of each family the places of its keys."""
    found: list[Numbers] | None = _families.get(folded, (outline,))
    if found is None:
        found = [outline.places(family.keys) for family in each(folded.families, 1)]
        _families.put(folded, (outline,), found)
    return found


def taken_places(block: Block, outline: Outline, source: str) -> Numbers:
    """Places of the keys of a source that a family takes."""
    found: Numbers | None = _takes.get(block, (outline, source))
    if found is None:
        found = known(outline.places(block.takes(source)))
        _takes.put(block, (outline, source), found)
    return found


def offered_places(part: FamilyOffers, outline: Outline, source: str) -> Numbers:
    """Places of the keys of a source that proposals for a family would take."""
    if not part.proposals:
        return outline.leaves[:0]
    found: Numbers | None = _offers.get(part, (outline, source))
    if found is None:
        found = known(outline.places(part.takes.get(source, ())))
        _offers.put(part, (outline, source), found)
    return found


def known(places: Numbers) -> Numbers:
    """Without the keys that are not there."""
    return places[places >= 0]
