"""Segments of keys as words: `LayerNorm1` and `layer_norm_1` are the same three."""

import re
from functools import lru_cache

from app.automap.units import Path, Unit
from app.automap.vocabulary import DESCENDING, WRAPPERS, Vocabulary

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
_LAST_DIGITS = re.compile(r"(.*?)([0-9]{1,9})([^0-9]*)\Z", re.ASCII | re.DOTALL)


@lru_cache(maxsize=65_536)
def words(segment: str) -> tuple[str, ...]:
    """Return the words of a segment in small letters, digits by themselves."""
    return tuple(word.lower() for word in _WORDS.findall(segment)) or (segment,)


@lru_cache(maxsize=65_536)
def joined(segment: str) -> str:
    """Return a segment without case, underscores and dashes."""
    return "".join(words(segment))


@lru_cache(maxsize=65_536)
def unwrapped(path: Path) -> Path:
    """Return a path, each segment joined, without what wrappers of training put between."""
    return tuple(joined(part) for part in path if part not in WRAPPERS)


@lru_cache(maxsize=65_536)
def numbered(segment: str) -> tuple[str, int, str] | None:
    """Split a segment around its last run of digits; None where it has none."""
    found = _LAST_DIGITS.match(segment)
    return None if found is None else (found[1], int(found[2]), found[3])


@lru_cache(maxsize=65_536)
def descends(stem: str) -> bool:
    """Whether containers of this name count against the order of computation."""
    return joined(stem).rstrip("0123456789") in DESCENDING


@lru_cache(maxsize=65_536)
def is_number(segment: str) -> bool:
    """Whether a segment is an index."""
    return _DIGITS.fullmatch(segment) is not None


@lru_cache(maxsize=65_536)
def blank(segment: str) -> str:
    """Return a segment with each run of digits taken out."""
    return _DIGITS.sub("#", segment)


@lru_cache(maxsize=65_536)
def numbers(segment: str) -> tuple[int, ...]:
    """Return all integers inside a segment."""
    return tuple(int(found) for found in _DIGITS.findall(segment))


def spoken(path: Path, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the words of a path under one spelling each; words that tell nothing are left out."""
    out = []
    for segment in path:
        if is_number(segment):
            continue
        whole = vocabulary.synonyms.get(joined(segment)) if len(words(segment)[-1]) > 1 or len(words(segment)) == 1 else None  # `to_k`
        for word in (whole,) if whole else _words_of(segment, vocabulary):
            if word not in vocabulary.silent and not word.isdigit():
                out += [vocabulary.synonyms.get(word, word)]
    return tuple(out)


def _words_of(segment: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the words of a segment, compounds taken apart."""
    return tuple(part for word in words(segment) for part in vocabulary.compounds.get(word, (word,)))


EXPERTS = frozenset({"exps", "experts", "shexp", "chexps", "switch"})
"""Words of tensors that hold all experts, or those that are shared: `ffn_gate_exps`, `ffn_gate_shexp` (GGUF), `switch_mlp.gate_proj` (MLX)."""


def bare_name(segment: str, place: str, vocabulary: Vocabulary) -> str:
    """Return a segment, joined, without the words that only say where it stands: `ffn_gate_exps` is the gate of a feed-forward."""
    found = [word for word in words(segment) if word not in EXPERTS]
    if len(found) > 1 and vocabulary.synonyms.get(found[0]) == place and not is_number(found[1]):
        found = found[1:]
    return "".join(found)


def crowd(segment: str) -> frozenset[str]:
    """Return the words of a segment that say which experts it is about."""
    return EXPERTS.intersection(words(segment))


def name_of(unit: Unit) -> str:
    """Return the last segment that is no number, joined."""
    for segment in reversed(unit.path):
        if not is_number(segment):
            return joined(segment)
    return ""
