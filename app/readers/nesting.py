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
MOST_OFFERS = 64
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

_TELLING = frozenset({"exp_avg", "exp_avg_sq", "exp_inf", "momentum_buffer", "square_avg", "acc_delta"})
_SLOTS = _TELLING | {"step", "max_exp_avg_sq", "exp_avg_sq_row", "exp_avg_sq_col", "exp_avg_diff", "neg_pre_grad", "grad_avg"}
_SLOTS |= {"sum", "prev", "step_size", "mu", "eta", "ax"}
"""What torch's optimizers keep for each parameter; first what is a name that nothing else has."""


def role_of(path: Path) -> str:
    """Guess from its path what a tree is: "weights", "ema", "optimizer", "other"."""
    for role, pattern in _ROLES:
        if any(type(token) is str and pattern.search(token) for token in path):
            return role
    return "weights"


def _role(found: Sequence[Stand], path: Path) -> str:
    """Guess what a tree is from its path; from what it holds where an optimizer goes by a name of its own."""
    role = role_of(path)
    if role != "weights":
        return role
    telling = False
    for stand in _below(found, path):
        if not all(type(token) is str and token in _SLOTS for token in stand.tokens):
            return role
        telling = telling or not _TELLING.isdisjoint(stand.tokens)
    return "optimizer" if telling else role


def principal(found: Sequence[Stand]) -> Path:
    """Path of the tree that is preselected; () where the file is one tree."""
    return _descended(found, ())


def offers(found: Sequence[Stand], chosen: Path) -> tuple[TreeOffer, ...]:
    """Every tree of the file, the chosen one first, each with what it holds."""
    paths = [chosen]
    tops = _branches(found, ())
    inside = not chosen and _direct(found, ())
    if len(tops) <= MOST_OFFERS:
        others = [top for top in tops if top != chosen[:1] and not (inside and _role(found, top) == "weights")]
        paths.extend(_descended(_below(found, top), top) for top in others)
    inner = _branches(found, chosen) if chosen and not _direct(found, chosen) else []
    if 1 < len(inner) <= MOST_OFFERS and not any(_is_module_part(path[-1]) for path in inner):
        paths.extend(inner)
    if chosen:
        paths.append(())
    return tuple(_offer(found, path) for path in paths if path in {chosen, ()} or _is_tree(found, path))


def _is_tree(found: Sequence[Stand], path: Path) -> bool:
    return any(stand.depth > len(path) for stand in _below(found, path))


def _offer(found: Sequence[Stand], path: Path) -> TreeOffer:
    inside = _below(found, path)
    parameters = sum(sum([prod(tensor.shape or (0,)) for tensor in stand.tensors]) for stand in inside)
    return TreeOffer(path, sum(len(stand.tensors) for stand in inside), min(parameters, (1 << 63) - 1), _role(found, path))


def below(path: Path, nesting: Path) -> bool:
    """Whether a path lies at or below another; types count, so that 1 is not True."""
    depth = len(nesting)
    return path[:depth] == nesting and (not depth or all(type(a) is type(b) for a, b in zip(path, nesting, strict=False)))


def meant(found: Sequence[Stand], nesting: Path) -> Path:
    """Return a path as it stands in the file: a person who writes 0 may mean the number; what is there as it is written comes first."""
    if any(below(stand.key, nesting) for stand in found):
        return nesting
    depth, written = len(nesting), [str(token) for token in nesting]
    alike = (stand.key[:depth] for stand in found if [str(token) for token in stand.key[:depth]] == written)
    return next(alike, nesting)


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
        branches = {
            path[depth]: path for path in _branches(found, nesting) if type(path[depth]) is str or (not depth and type(path[depth]) is int)
        }
        if any(_is_module_part(token) for token in branches):
            return nesting
        named = next((branches[name] for name in PREFERRED if name in branches), None)
        if named is None:
            if _direct(found, nesting) and not _is_training(found, nesting, list(branches.values())):
                return nesting
            named = _only(found, list(branches.values()))
            if named is None or len(branches) < len(_branches(found, nesting)):
                return nesting
        nesting = named


def _is_module_part(token: Token) -> bool:
    return token in {"_parameters", "_buffers", "_modules"}


def _is_training(found: Sequence[Stand], nesting: Path, branches: list[Path]) -> bool:
    """Whether tensors that stand beside branches are the small change of a training run: an optimizer is there too, and larger weights."""
    roles = {path: _role(found, path) for path in branches[:MOST_OFFERS]}
    if "optimizer" not in roles.values():
        return False
    stray = sum(
        prod(tensor.shape or ())
        for stand in found
        if stand.depth == len(nesting) + 1 and below(stand.path, nesting)
        for tensor in stand.tensors
    )
    return any(role == "weights" and _offer(found, path).parameters > stray for path, role in roles.items())


def _only(found: Sequence[Stand], branches: list[Path]) -> Path | None:
    """Return the only branch of weights; of several the one that has an averaged twin, or the largest where an optimizer stands beside them."""
    if len(branches) == 1:
        return branches[0]
    if len(branches) > MOST_OFFERS:
        return None
    seen = {path: _offer(found, path) for path in branches}
    roles = {path: _role(found, path) for path in branches}
    weights = [path for path in branches if roles[path] in {"weights", "ema"}]
    raw = [path for path in weights if roles[path] == "weights"]
    for only in (weights, raw):
        if len(only) == 1:
            return only[0]
    averaged = {(seen[path].tensors, seen[path].parameters) for path in weights if roles[path] == "ema"}
    twins = [path for path in raw if (seen[path].tensors, seen[path].parameters) in averaged]
    among = twins or ((raw or weights) if len(weights) < len(branches) else [])
    return max(among, key=lambda path: seen[path].parameters, default=None)
