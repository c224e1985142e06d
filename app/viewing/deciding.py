"""Which rule decides a key: the table is made when it is first asked for."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from app.mapping.assembled import SourceKeys, Targets


class Deciding(Mapping[str, int]):
    """Key -> index of the rule that decides it, without those that none does."""

    def __init__(self, outcomes: Targets | SourceKeys) -> None:
        self._outcomes = outcomes

    @cached_property
    def get(self) -> Any:  # as fast as the dictionary's own: a filter asks it for every key
        """Index of a key's rule, or something else."""
        return self._outcomes.rules.get

    def __getitem__(self, key: str) -> int:
        """Index of a key's rule."""
        return self._outcomes.rules[key]

    def __iter__(self) -> Iterator[str]:
        """Keys that a rule decides."""
        return iter(self._outcomes.rules)

    def __len__(self) -> int:
        """Number of keys that a rule decides."""
        return len(self._outcomes.rules)

    def values(self) -> Any:
        """Rules, from the dictionary."""
        return self._outcomes.rules.values()
