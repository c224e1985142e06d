"""Turning the keys of the source into the keys of the target."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from app.exporting.runtime.checkpoint import Source, TransferError, open_source, outline
from app.exporting.runtime.tables import (
    EXPECTED,
    FRESH,
    LEFT_BEHIND,
    MAY_BE_MISSING,
    RENAMES,
    SEPARATOR,
    remapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Take:
    """Hands out source tensors by key and remembers which were used; `outlines` hands out shapes without data."""

    def __init__(self, state_dict: Mapping[str, torch.Tensor], *, outlines: bool = False) -> None:
        self.state_dict = state_dict
        self.outlines = outlines
        self.used: set[str] = set()
        self.recent: list[str] = []

    def __call__(self, key: str) -> torch.Tensor:
        """Return a tensor, or its outline."""
        if key not in self.state_dict:
            raise TransferError(
                f"the checkpoint lacks {key!r}, which this transfer computes with{self._instead(key)}"
            )
        self.used.add(key)
        self.recent.append(key)
        if not self.outlines:
            return self.state_dict[key]
        return outline(self.state_dict, key)

    def _instead(self, key: str) -> str:
        """Say where the key stands, if the checkpoint holds it deeper than the transfer knows it."""
        lead = next(
            (held.removesuffix(key) for held in self.state_dict if held.endswith(SEPARATOR + key)),
            "",
        )
        return lead and f"; it holds its keys under {lead!r}: give that part of it"

    def left(self) -> Iterator[str]:
        """Yield the keys that were not taken so far and are not left behind on purpose."""
        taken = frozenset(self.used)
        for key in self.state_dict:
            if key not in taken and key not in LEFT_BEHIND:
                yield key


def rename(key: str) -> str:
    """Give a source key its name in the target; the first pattern that matches its start decides."""
    for pattern, replacement in RENAMES:
        match = re.match(pattern, key, re.ASCII)
        if match:
            return match.expand(replacement) + key[match.end() :]
    return key


@dataclass
class Report:
    """What became of every key."""

    loaded: dict[str, str] = field(default_factory=dict)
    """Target key -> the source keys that filled it."""
    missing: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    mismatched: dict[str, str] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    coverage: float = 0.0
    """Share of the target's elements that were loaded."""

    @property
    def problems(self) -> list[str]:
        """One line for each thing that strict loading does not accept."""
        return [
            *(f"missing: {key}" for key in self.missing if key not in MAY_BE_MISSING),
            *(f"mismatched: {key} {why}" for key, why in self.mismatched.items()),
            *(f"unexpected: {key}" for key in self.unexpected),
        ]

    def table(self) -> str:
        """Lay out three columns: target key, what fills it, outcome."""
        rows = [("target", "from", "outcome")]
        rows += [(key, _short(source), "loaded") for key, source in self.loaded.items()]
        rows += [(key, why, "mismatched") for key, why in self.mismatched.items()]
        rows += [
            (key, "", "missing" if key not in MAY_BE_MISSING else "missing, allowed")
            for key in self.missing
        ]
        rows += [(key, FRESH[key][0], "starts fresh") for key in self.fresh]
        rows += [("", key, "unexpected") for key in self.unexpected]
        rows += [("", key, "left behind") for key in self.left_behind]
        shown = [
            tuple(cell if cell.isprintable() else ascii(cell) for cell in cells) for cells in rows
        ]
        widths = [max(len(cells[column]) for cells in shown) for column in range(2)]
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in shown]
        total = f"{len(self.loaded)} keys loaded, {self.coverage:.1%} of the elements"
        return "\n".join([*lines, "", total])


def _short(origin: str) -> str:
    """Name the first two of many keys and count the rest: 256 experts would make a line that nobody reads."""
    first, *others = origin.split(" + ")
    return origin if len(others) < 4 else f"{first} + {others[0]} + {len(others) - 1} more"


def inspect(
    source: Source,
    expected: Mapping[str, tuple[int, ...]] = EXPECTED,
) -> Report:
    """Find out what loading would do, from names and shapes alone."""
    state_dict = open_source(source)
    report = Report()
    take = Take(state_dict, outlines=True)
    seen: dict[str, str] = {}
    for key, value in computed(take):
        origin, take.recent = " + ".join(dict.fromkeys(take.recent)), []
        if key in seen:
            raise TransferError(f"two sources claim {key!r}: {seen[key]} and {origin}")
        seen[key] = origin
        shape = tuple(value.shape)
        if key not in expected:
            if key not in EXPECTED:
                report.unexpected.append(origin)
        elif shape == expected[key] or (shape == (1,) and expected[key] == ()):
            report.loaded[key] = origin
        else:
            report.mismatched[key] = f"{shape} does not fit {expected[key]}"
    report.fresh = [key for key in expected if key in FRESH and key not in seen]
    report.missing = [key for key in expected if key not in seen and key not in FRESH]
    report.left_behind = [key for key in state_dict if key in LEFT_BEHIND]
    report.coverage = _elements(expected, report.loaded) / max(1, _elements(expected, expected))
    return report


def computed(take: Take) -> Iterator[tuple[str, torch.Tensor]]:
    """Compute each target key; TransferError where the sources have shapes that the transfer was not made for."""
    try:
        yield from remapped(take)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        if isinstance(error, TransferError) or not take.recent:
            raise
        shapes = ", ".join(
            f"{key!r} {tuple(outline(take.state_dict, key).shape)}"
            for key in dict.fromkeys(take.recent)
        )
        raise TransferError(f"this transfer was not made for {shapes}: {error}") from error


def _elements(shapes: Mapping[str, tuple[int, ...]], keys: Mapping[str, object]) -> int:
    return sum(torch.Size(shapes[key]).numel() for key in keys)


def remap_state_dict(state_dict: Source, *, strict: bool = True) -> dict[str, torch.Tensor]:
    """Return the state_dict of the target.

    Tensors that only change their name or are sliced share memory with the source. With `strict`, a key that is missing,
    of another shape or left over raises TransferError, but for those that the transfer allows.
    """
    tensors = open_source(state_dict)
    report = inspect(tensors)
    if not report.loaded:
        raise TransferError(
            "nothing fits: this is not the checkpoint that the transfer was made for"
        )
    if strict and report.problems:
        raise TransferError("\n".join(report.problems))
    return {key: tensor for key, tensor in remapped(Take(tensors)) if key in report.loaded}
