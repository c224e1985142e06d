"""A finding: what is odd about a rule, and the keys that show it."""

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "notice"]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Message `lint-<code>` of the catalogue, with its parameters.

    rule     -- index of the rule; None where it is an affair of keys
    other    -- index of a second rule that takes part
    severity -- error: the plan cannot be right; warning: it is probably not meant so; notice: nobody but a person can tell
    keys     -- keys that show it, the first few
    """

    code: str
    severity: Severity
    rule: int | None = None
    other: int | None = None
    params: dict[str, str | int | float] = {}
    keys: tuple[str, ...] = ()


SHOWN = 5
