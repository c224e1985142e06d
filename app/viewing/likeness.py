"""How alike two paths are: their ends count, since that is where tensors differ."""

from difflib import SequenceMatcher

_END = 60
"""Letters at the end of a path that are compared: keys may be of any length, and comparing is quadratic."""


def alike(one: str, other: str) -> float:
    """From 0 to 1: the share of letters that both have in the same order."""
    return SequenceMatcher(None, one[-_END:], other[-_END:], autojunk=False).ratio()
