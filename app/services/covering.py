"""Chosen keys as few patterns: a whole module is one, a whole family is one, the rest are themselves."""

from collections.abc import Collection, Iterable

from app.keys import families
from app.keys.folding import HOLE
from app.mapping.patterns import escape

_NAMES = "ijklmn"


def patterns(chosen: Collection[str], everything: Iterable[str], separator: str) -> list[str]:
    """Patterns that match the chosen keys and no other of the tree, in the tree's order."""
    wanted = set(chosen)
    if len(wanted) < 2:
        return [escape(key) for key in wanted]
    listed = list(everything)
    module = _module(wanted, listed, separator)
    if module is not None:
        return [module]
    out: list[str] = []
    for family in families(listed, separator).values():
        members = [key for _, key in family.members if key in wanted]
        holes = family.template.split(separator).count(HOLE)
        if len(members) > 1 and len(members) == len(family.members) and holes <= len(_NAMES):
            out.append(_family(family.template, separator))
        else:
            out.extend(map(escape, members))
    return out


def _module(wanted: set[str], listed: list[str], separator: str) -> str | None:
    """The pattern of a module all of whose keys are wanted."""
    first = min(wanted).split(separator)
    last = max(wanted).split(separator)
    common = 0
    while common < min(len(first), len(last)) - 1 and first[common] == last[common]:
        common += 1
    if common == 0:
        return None
    prefix = separator.join(first[:common]) + separator
    return escape(prefix) + "*" if {key for key in listed if key.startswith(prefix)} == wanted else None


def _family(template: str, separator: str) -> str:
    names = iter(_NAMES)
    return separator.join("{" + next(names) + "}" if segment == HOLE else escape(segment) for segment in template.split(separator))
