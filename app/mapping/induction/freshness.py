"""`init` rules for keys that would be filled although nothing is claimed for them."""

from collections.abc import Collection, Iterable

from app.keys import KeyTree
from app.mapping.patterns import escape
from app.mapping.plan import Init


def fresh_rules(keys: Iterable[str], claimed: Collection[str], target: KeyTree) -> list[Init]:
    """Write few patterns that take these keys and none that is claimed: whole branches where they hold nothing else."""
    separator = target.separator
    holds_claims: set[tuple[str, ...]] = set()
    for key in claimed:
        parts = key.split(separator)
        holds_claims.update(tuple(parts[:length]) for length in range(len(parts) + 1))
    patterns: dict[str, None] = {}
    for key in keys:
        segments = tuple(key.split(separator))
        length = next((length for length in range(1, len(segments)) if segments[:length] not in holds_claims), None)
        if length is None:
            patterns[escape(key)] = None
        else:
            patterns[escape(separator.join(segments[:length]) + separator) + "*"] = None
    return [Init(pattern) for pattern in patterns]
