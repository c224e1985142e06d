"""Keys that a report writes together: `fc.{bias, weight}`, `layers.{0...11}.attn.weight`."""

import re

from app.definitions.entries import MAX_KEYS
from app.definitions.errors import TextError

_GROUP = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"([0-9]{1,6})\.{2,3}([0-9]{1,6})\Z")


def expanded(written: str) -> list[str]:
    """Every key that is meant, the leftmost group slowest. Raises TextError where they are too many."""
    keys = [""]
    position = 0
    for group in _GROUP.finditer(written):
        choices = [choice for part in group[1].split(",") for choice in _choices(part.strip())]
        if len(keys) * len(choices) > MAX_KEYS:
            raise TextError("text_too_many_keys", limit=MAX_KEYS)
        keys = [key + written[position : group.start()] + choice for key in keys for choice in choices]
        position = group.end()
    return [key + written[position:] for key in keys]


def _choices(part: str) -> list[str]:
    ends = _RANGE.match(part)
    return [str(number) for number in range(int(ends[1]), int(ends[2]) + 1)] if ends else [part]
