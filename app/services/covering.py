"""Chosen keys as few patterns: a whole module is one, a whole family is one, the rest are themselves."""

from collections.abc import Collection

from app.keys import KeyTree
from app.mapping.folds import HOLE, fold_tree
from app.mapping.patterns import escape

_NAMES = "ijklmn"


def patterns(chosen: Collection[str], tree: KeyTree) -> list[str]:
    """Patterns that match the chosen keys and no other of the tree, in the tree's order."""
    wanted = set(chosen)
    if len(wanted) < 2:
        return [escape(key) for key in wanted]
    module = _module(wanted, tree)
    if module is not None:
        return [module]
    out: list[str] = []
    for family in fold_tree(tree):
        members = [key for key in family.keys if key in wanted] if not wanted.isdisjoint(family.keys) else []
        if len(members) > 1 and len(members) == len(family.keys) and len(family.holes) <= len(_NAMES):
            out.append(_family(family.template, tree.separator))
        else:
            out.extend(map(escape, members))
    return out


def _module(wanted: set[str], tree: KeyTree) -> str | None:
    """The pattern of a module all of whose keys are wanted."""
    separator = tree.separator
    first = min(wanted).split(separator)
    last = max(wanted).split(separator)
    common = 0
    while common < min(len(first), len(last)) - 1 and first[common] == last[common]:
        common += 1
    if common == 0:
        return None
    prefix = separator.join(first[:common]) + separator
    inside = [key for key in tree.tensors if key.startswith(prefix)]  # all that is wanted is inside, for the first and the last of it are
    return escape(prefix) + "*" if len(inside) == len(wanted) else None


def _family(template: str, separator: str) -> str:
    names = iter(_NAMES)
    return separator.join("{" + next(names) + "}" if segment == HOLE else escape(segment) for segment in template.split(separator))
