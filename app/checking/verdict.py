"""What torch says of a transfer, beside what we say; a disagreement is a defect of ours."""

from collections.abc import Mapping

import msgspec

from app.exporting.names import plain_name
from app.mapping import Evaluation


class TorchWords(msgspec.Struct, frozen=True):
    """What `load_state_dict(strict=True)` answered.

    message    -- its words, "" where it accepted all
    missing, unexpected, mismatched -- keys that it named
    """

    message: str = ""
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()


class Disagreement(msgspec.Struct, frozen=True):
    """A key of which torch says something else than the evaluation."""

    key: str
    ours: str
    torch: str


class Verdict(msgspec.Struct, frozen=True):
    """Both sides of a check.

    passed -- strict loading passes, but for keys that are meant to be absent (initialised, or benign)
    """

    words: TorchWords
    disagreements: tuple[Disagreement, ...]
    passed: bool


def verdict(evaluation: Evaluation, words: TorchWords) -> Verdict:
    """Compare key by key.

    Torch has one word for what we tell apart: it calls initialised keys missing, and conflicting ones, which are never written.
    """
    said = _said(words)
    disagreements = []
    for key, outcome in evaluation.targets.items():
        theirs = said.get(plain_name(key), "loaded")
        if theirs not in _MEANS[outcome.state]:
            disagreements.append(Disagreement(key, outcome.state, theirs))
    disagreements += [Disagreement(key, "not written", "unexpected") for key in words.unexpected]
    allowed = {plain_name(key) for key, outcome in evaluation.targets.items() if outcome.state == "initialised" or outcome.benign}
    passed = not disagreements and not words.unexpected and not words.mismatched and set(words.missing) <= allowed
    return Verdict(words, tuple(disagreements), passed)


def _said(words: TorchWords) -> Mapping[str, str]:
    return dict.fromkeys(words.missing, "missing") | dict.fromkeys(words.mismatched, "mismatched")


_MEANS: Mapping[str, frozenset[str]] = {
    "loaded": frozenset({"loaded"}),
    "missing": frozenset({"missing", "loaded"}),
    "mismatched": frozenset({"mismatched"}),
    "conflicting": frozenset({"missing"}),
    "initialised": frozenset({"missing", "loaded"}),
}
"""Ours -> what torch may call it; a key that is tied to a loaded one, or a counter torch fills by itself, is not missed by torch."""
