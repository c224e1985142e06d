"""States of all keys of one side, added up over every node of its outline."""

from collections import Counter
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from functools import cached_property

import numpy as np
import numpy.typing as npt

from app.mapping.assembled import Targets
from app.mapping.offers import Offers
from app.mapping.outcomes import Evaluation
from app.stopping import each
from app.viewing.nodes import Outline
from app.viewing.outlines import outline_of
from app.viewing.placing import known, offered_places, places_of, taken_places
from app.viewing.states import SOURCE_STATES, URGENCY, target_state

_STATES = tuple(URGENCY)
"""Codes are places here, the most urgent first."""

Codes = npt.NDArray[np.uint8]


class Marks:
    """States of one side over its outline; a node is added up when it is asked for.

    states -- key -> state
    codes  -- of each key in the outline's order, the place of its state among all by urgency
    """

    def __init__(self, outline: Outline, states: "TargetStates | SourceStates") -> None:
        self.states = states
        self.codes = states.codes(outline)
        self._outline = outline
        self._totals: dict[int, dict[str, int]] = {}

    def totals(self, number: int) -> dict[str, int]:
        """State -> number of keys at or below a node, the most urgent first."""
        found = self._totals.get(number)
        if found is None:
            first, last = self._outline.span(number)
            counts = np.bincount(self.codes[first:last])
            found = self._totals[number] = {_STATES[code]: int(counts[code]) for code in np.flatnonzero(counts)}
        return found

    def worst(self, number: int) -> str:
        """The most urgent state at or below a node; of nothing at all `loaded`."""
        return next(iter(self.totals(number)), "loaded")


class TargetStates(Mapping[str, str]):
    """State of each target key."""

    def __init__(self, targets: Targets, pending: Offers) -> None:
        self.targets = targets
        self.pending = pending

    def __getitem__(self, key: str) -> str:
        """State of one key."""
        at = self.targets.folded.of[key]
        return target_state(self.targets.blocks[at].outcomes[key], proposed=key in self.pending.parts[at].proposals)

    def __iter__(self) -> Iterator[str]:
        """Keys, family by family."""
        return iter(self._whole)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.targets)

    def items(self) -> ItemsView[str, str]:
        """Keys and states, from one dictionary."""
        return self._whole.items()

    def values(self) -> ValuesView[str]:
        """States, from one dictionary."""
        return self._whole.values()

    @cached_property
    def _whole(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for at, block in enumerate(self.targets.blocks):
            even = self.even(at)
            found.update(dict.fromkeys(block.keys, even) if even else {key: self[key] for key in block.keys})
        return found

    def codes(self, outline: Outline) -> Codes:
        """Code of each key's state, in an outline's order."""
        found = np.zeros(len(outline.order), np.uint8)
        for at, places in enumerate(each(places_of(self.targets.folded, outline), 1)):
            even = self.even(at)
            found[places] = URGENCY[even] if even else [URGENCY[self[key]] for key in self.targets.folded.families[at].keys]
        return found

    def even(self, at: int) -> str:
        """The state of all keys of a family; empty where they have several."""
        block, offered = self.targets.blocks[at], self.pending.parts[at].proposals
        if offered:
            return "proposed" if len(offered) == len(block.keys) else ""
        if len(block.states) > 1:
            return ""
        state, benign = next(iter(block.states))
        return "benign" if benign else state

    @property
    def counted(self) -> Counter[str]:
        """State -> number of keys, those that there are."""
        return Counter({state: keys for state, (keys, _) in self.totals().items() if keys})

    def totals(self) -> dict[str, tuple[int, int]]:
        """State -> keys, parameters; a tied tensor counts its parameters once."""
        found: dict[str, tuple[int, int]] = {}
        for at, block in enumerate(self.targets.blocks):
            for state, (keys, parameters) in (
                self._totals(at).items() if not self.even(at) else ((self.even(at), block.totals["total"][:2]),)
            ):
                before = found.get(state, (0, 0))
                found[state] = before[0] + keys, before[1] + parameters
        return found

    def _totals(self, at: int) -> dict[str, tuple[int, int]]:
        block, kinds = self.targets.blocks[at], self.targets.folded.likes
        found: dict[str, tuple[int, int]] = {}
        for (state, kind), count in Counter([(self[key], kinds.of[key]) for key in block.keys]).items():
            before = found.get(state, (0, 0))
            found[state] = before[0] + count, before[1] + count * kinds.numel(kind)
        return found


class SourceStates(Mapping[str, str]):
    """State of each key of one source; those that only a waiting proposal uses are `proposed`."""

    def __init__(self, evaluation: Evaluation, pending: Offers, source: str) -> None:
        self._keys = evaluation.sources[source]
        self._blocks = evaluation.targets.blocks
        self._pending = pending
        self._name = source

    @cached_property
    def _offered(self) -> frozenset[str]:
        return self._pending.takes(self._name)

    def __getitem__(self, key: str) -> str:
        """State of one key."""
        keys = self._keys
        if key in keys.used:
            return "used"
        if key in keys.ignored:
            return "ignored"
        if key in self._offered:
            return "proposed"
        return "unexpected" if key in keys else self._keys[key].state

    def __iter__(self) -> Iterator[str]:
        """Keys in the tree's order."""
        return iter(self._keys)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._keys)

    def items(self) -> ItemsView[str, str]:
        """Keys and states, from one dictionary."""
        return self._whole.items()

    def values(self) -> ValuesView[str]:
        """States, from one dictionary."""
        return self._whole.values()

    @cached_property
    def _whole(self) -> dict[str, str]:
        keys = self._keys
        found = dict.fromkeys(keys.tree.tensors, "unexpected")
        found.update(dict.fromkeys((key for key in self._offered if key in found), "proposed"))
        found.update(dict.fromkeys(keys.ignored, "ignored"))
        found.update(dict.fromkeys(keys.used, "used"))
        return found

    def codes(self, outline: Outline) -> Codes:
        """Code of each key's state, in an outline's order."""
        found = np.full(len(outline.order), URGENCY["unexpected"], np.uint8)
        for part in each(self._pending.parts, 1):
            found[offered_places(part, outline, self._name)] = URGENCY["proposed"]
        if self._keys.ignored:
            found[known(outline.places(self._keys.ignored))] = URGENCY["ignored"]
        for block in self._blocks:
            found[taken_places(block, outline, self._name)] = URGENCY["used"]
        return found

    @property
    def counted(self) -> Counter[str]:
        """State -> number of keys, those that there are."""
        return Counter({state: keys for state, keys in self.totals.items() if keys})

    @cached_property
    def totals(self) -> dict[str, int]:
        """State -> number of keys."""
        counts = np.bincount(self.codes(outline_of(self._keys.tree)), minlength=len(URGENCY))
        return {state: int(counts[URGENCY[state]]) for state in SOURCE_STATES}
