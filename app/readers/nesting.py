"""Which of the trees in a file is the one that people mean, and which others it offers."""

import re
from collections.abc import Sequence
from math import prod

from app.keys import Token, TreeOffer
from app.readers.walking import Leaf, Path

PREFERRED = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "params",
    "model_weights",
    "weights",
    "generator",
)
"""Names under which weights nest, the likeliest first."""
_MOST_OFFERS = 64
"""More branches than this are no choice for a person."""
_ROLES = (
    ("optimizer", re.compile(r"optim|(^|_)opt(_|$)|exp_avg|adam|sgd", re.IGNORECASE)),
    ("ema", re.compile(r"(?<![a-z])(ema|swa)(?![a-z])|teacher|shadow|averaged", re.IGNORECASE)),
    (
        "other",
        re.compile(
            r"callback|sched|(?<![a-z])(rng|args|metrics?|loops)(?![a-z])|random_state|hyper_?param|hparams|config|scaler|history",
            re.IGNORECASE,
        ),
    ),
)


def role_of(path: Path) -> str:
    """Guess from its path what a tree is: "weights", "ema", "optimizer", "other"."""
    for role, pattern in _ROLES:
        if any(type(token) is str and pattern.search(token) for token in path):
            return role
    return "weights"


def principal(leaves: Sequence[Leaf]) -> Path:
    """Path of the tree that is preselected; () where the file is one tree."""
    return _descended(leaves, ())


def offers(leaves: Sequence[Leaf], chosen: Path) -> tuple[TreeOffer, ...]:
    """Every tree of the file, the chosen one first, each with what it holds."""
    paths = [chosen]
    tops = _branches(leaves, ())
    inside = not chosen and _direct(leaves, ())
    if len(tops) <= _MOST_OFFERS:
        others = [top for top in tops if top != chosen[:1] and not (inside and role_of(top) == "weights")]
        paths.extend(_descended(_below(leaves, top), top) for top in others)
    inner = _branches(leaves, chosen) if chosen and not _direct(leaves, chosen) else []
    if 1 < len(inner) <= _MOST_OFFERS and not any(_is_module_part(path[-1]) for path in inner):
        paths.extend(inner)
    if chosen:
        paths.append(())
    return tuple(_offer(leaves, path) for path in paths if path in {chosen, ()} or _is_tree(leaves, path))


def _is_tree(leaves: Sequence[Leaf], path: Path) -> bool:
    return any(len(leaf.path) > len(path) for leaf in _below(leaves, path))


def _offer(leaves: Sequence[Leaf], path: Path) -> TreeOffer:
    inside = _below(leaves, path)
    parameters = sum(prod(leaf.tensor.shape or (0,)) for leaf in inside)
    return TreeOffer(path, len(inside), min(parameters, (1 << 63) - 1), role_of(path))


def below(path: Path, nesting: Path) -> bool:
    """Whether a path lies at or below another; types count, so that 1 is not True."""
    depth = len(nesting)
    return path[:depth] == nesting and (not depth or all(type(a) is type(b) for a, b in zip(path, nesting, strict=False)))


def _below(leaves: Sequence[Leaf], nesting: Path) -> list[Leaf]:
    return [leaf for leaf in leaves if below(leaf.key, nesting)]


def _direct(leaves: Sequence[Leaf], nesting: Path) -> bool:
    """Whether tensors stand right in this container."""
    return any(len(leaf.path) == len(nesting) + 1 for leaf in leaves if below(leaf.path, nesting))


def _branches(leaves: Sequence[Leaf], nesting: Path) -> list[Path]:
    """Paths of the containers right below that hold tensors, in order."""
    depth = len(nesting)
    found: dict[str, Path] = {}
    for leaf in leaves:
        if len(leaf.path) > depth + 1 and below(leaf.path, nesting):
            token = leaf.path[depth]
            found.setdefault(f"{type(token).__name__}:{token!r}", (*nesting, token))
    return list(found.values())


def _descended(leaves: Sequence[Leaf], nesting: Path) -> Path:
    """Follow preferred names, then single branches, down to where the keys begin."""
    while True:
        depth = len(nesting)
        if nesting and _direct(leaves, nesting):
            return nesting
        branches = {path[depth]: path for path in _branches(leaves, nesting) if type(path[depth]) is str}
        if any(_is_module_part(token) for token in branches):
            return nesting
        named = next((branches[name] for name in PREFERRED if name in branches), None)
        if named is None:
            if _direct(leaves, nesting):
                return nesting
            named = _only(leaves, list(branches.values()))
            if named is None or len(branches) < len(_branches(leaves, nesting)):
                return nesting
        nesting = named


def _is_module_part(token: Token) -> bool:
    return token in {"_parameters", "_buffers", "_modules"}


def _only(leaves: Sequence[Leaf], branches: list[Path]) -> Path | None:
    """Return the only branch of weights; the largest where an optimizer stands beside several."""
    weights = [path for path in branches if role_of(path[-1:]) in {"weights", "ema"}]
    if len(branches) == 1:
        return branches[0]
    if len(weights) == 1:
        return weights[0]
    raw = [path for path in weights if role_of(path[-1:]) == "weights"]
    if len(raw) < len(branches) and len(raw) != len(weights):
        return raw[0] if len(raw) == 1 else None
    if weights and len(weights) < len(branches):
        return max(weights, key=lambda path: _offer(leaves, path).parameters)
    return None
