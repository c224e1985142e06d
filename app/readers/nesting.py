"""Which of the trees in a file is the one that people mean, and which others it offers."""

import re
from collections.abc import Sequence
from math import prod

from app.keys import Token, TreeOffer
from app.readers.stands import Path, Stand

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


def principal(found: Sequence[Stand]) -> Path:
    """Path of the tree that is preselected; () where the file is one tree."""
    return _descended(found, ())


def offers(found: Sequence[Stand], chosen: Path) -> tuple[TreeOffer, ...]:
    """Every tree of the file, the chosen one first, each with what it holds."""
    paths = [chosen]
    tops = _branches(found, ())
    inside = not chosen and _direct(found, ())
    if len(tops) <= _MOST_OFFERS:
        others = [top for top in tops if top != chosen[:1] and not (inside and role_of(top) == "weights")]
        paths.extend(_descended(_below(found, top), top) for top in others)
    inner = _branches(found, chosen) if chosen and not _direct(found, chosen) else []
    if 1 < len(inner) <= _MOST_OFFERS and not any(_is_module_part(path[-1]) for path in inner):
        paths.extend(inner)
    if chosen:
        paths.append(())
    return tuple(_offer(found, path) for path in paths if path in {chosen, ()} or _is_tree(found, path))


def _is_tree(found: Sequence[Stand], path: Path) -> bool:
    return any(stand.depth > len(path) for stand in _below(found, path))


def _offer(found: Sequence[Stand], path: Path) -> TreeOffer:
    inside = _below(found, path)
    parameters = sum(sum([prod(tensor.shape or (0,)) for tensor in stand.tensors]) for stand in inside)
    return TreeOffer(path, sum(len(stand.tensors) for stand in inside), min(parameters, (1 << 63) - 1), role_of(path))


def below(path: Path, nesting: Path) -> bool:
    """Whether a path lies at or below another; types count, so that 1 is not True."""
    depth = len(nesting)
    return path[:depth] == nesting and (not depth or all(type(a) is type(b) for a, b in zip(path, nesting, strict=False)))


def _below(found: Sequence[Stand], nesting: Path) -> list[Stand]:
    return [stand for stand in found if below(stand.key, nesting)]


def _direct(found: Sequence[Stand], nesting: Path) -> bool:
    """Whether tensors stand right in this container."""
    return any(stand.depth == len(nesting) + 1 and below(stand.path, nesting) for stand in found)


def _branches(found: Sequence[Stand], nesting: Path) -> list[Path]:
    """Paths of the containers right below that hold tensors, in order."""
    depth = len(nesting)
    branches: dict[str, Path] = {}
    for stand in found:
        if stand.depth > depth + 1 and below(stand.path, nesting):
            token = stand.path[depth]
            branches.setdefault(f"{type(token).__name__}:{token!r}", (*nesting, token))
    return list(branches.values())


def _descended(found: Sequence[Stand], nesting: Path) -> Path:
    """Follow preferred names, then single branches, down to where the keys begin."""
    while True:
        depth = len(nesting)
        if nesting and _direct(found, nesting):
            return nesting
        branches = {path[depth]: path for path in _branches(found, nesting) if type(path[depth]) is str}
        if any(_is_module_part(token) for token in branches):
            return nesting
        named = next((branches[name] for name in PREFERRED if name in branches), None)
        if named is None:
            if _direct(found, nesting):
                return nesting
            named = _only(found, list(branches.values()))
            if named is None or len(branches) < len(_branches(found, nesting)):
                return nesting
        nesting = named


def _is_module_part(token: Token) -> bool:
    return token in {"_parameters", "_buffers", "_modules"}


def _only(found: Sequence[Stand], branches: list[Path]) -> Path | None:
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
        return max(weights, key=lambda path: _offer(found, path).parameters)
    return None
