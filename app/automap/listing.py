"""Whether a listing's order means something: registration order does, sorted and shuffled listings do not."""

from collections.abc import Sequence
from itertools import pairwise

from app.automap.folding import separator_of
from app.keys import KeyTree


def informative(tree: KeyTree) -> bool:
    """Whether keys stand in registration order.

    A sorted listing says nothing. In registration order the keys of one module stand together; where they rarely do, the listing is
    shuffled. A listing of few keys that happens to be sorted is taken as sorted: the cautious reading.
    """
    keys = list(tree.tensors)
    return tree.ordered and len(keys) > 1 and not _sorted(keys) and _together(keys, separator_of(tree) or ".")


def _sorted(keys: Sequence[str]) -> bool:
    return all(a <= b for a, b in pairwise(keys)) or _numerically(keys)


def _numerically(keys: Sequence[str]) -> bool:
    if len(keys) > 20_000:
        return False
    from app.automap.names import words  # noqa: PLC0415 -- only short listings need it

    ranked = [tuple((word.isdigit(), int(word) if word.isdigit() else 0, word) for word in words(key)) for key in keys]
    return all(a <= b for a, b in pairwise(ranked))


def _together(keys: Sequence[str], separator: str) -> bool:
    seen: set[str] = set()
    broken = steps = 0
    last = ""
    for key in keys:
        module = key.rpartition(separator)[0].rpartition(separator)[0] if key.count(separator) > 1 else ""
        if module != last:
            steps += 1
            broken += module in seen
            seen.add(module)
            last = module
    return broken <= 0.25 * steps
