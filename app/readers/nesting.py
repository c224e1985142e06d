"""Which of the trees in a file is the one that people mean, and which others it offers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from app.keys import Token, TreeOffer
from app.readers.stands import Path, Stand
from app.readers.storages import MOST

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


class _Branch(NamedTuple):
    """A tree and the stands that may lie in it: all that do, and perhaps others."""

    path: Path
    stands: Sequence[Stand]

    def inside(self) -> Iterator[Stand]:
        """Those that lie in it by their keys, which know nothing of the inner names of modules."""
        return (stand for stand in self.stands if below(stand.key, self.path))


def _role(branch: _Branch) -> str:
    """Guess what a tree is from its path; from what it holds where an optimizer goes by a name of its own."""
    role = role_of(branch.path)
    if role != "weights":
        return role
    telling = False
    for stand in branch.inside():
        if not all(type(token) is str and token in _SLOTS for token in stand.tokens):
            return role
        telling = telling or not _TELLING.isdisjoint(stand.tokens)
    return "optimizer" if telling else role


def principal(found: Sequence[Stand]) -> Path:
    """Path of the tree that is preselected; () where the file is one tree."""
    return _descended(_Branch((), found))


def offers(found: Sequence[Stand], chosen: Path) -> tuple[TreeOffer, ...]:
    """Every tree of the file, the chosen one first, each with what it holds."""
    branches = [_Branch(chosen, found)]
    tops = _branches(found, ())
    direct = not chosen and _direct(found, ())
    if len(tops) <= MOST_OFFERS:
        others = [top for top in tops if top.path != chosen[:1] and not (direct and _role(top) == "weights")]
        branches.extend(_Branch(_descended(top), top.stands) for top in others)
    held = [stand for stand in found if below(stand.path, chosen)] if chosen else []
    inner = [] if _direct(held, chosen) else _branches(held, chosen)
    if 1 < len(inner) <= MOST_OFFERS and not any(_is_module_part(branch.path[-1]) for branch in inner):
        branches.extend(inner)
    if chosen:
        branches.append(_Branch((), found))
    return tuple(_offer(branch) for branch in branches if branch.path in {chosen, ()} or _is_tree(branch))


def _is_tree(branch: _Branch) -> bool:
    return any(stand.depth > len(branch.path) for stand in branch.inside())


def _offer(branch: _Branch) -> TreeOffer:
    inside = list(branch.inside())
    shapes = Counter(tensor.shape for stand in inside for tensor in stand.tensors)
    parameters = sum(count * _elements(shape) for shape, count in shapes.items())
    return TreeOffer(branch.path, sum(len(stand.tensors) for stand in inside), min(parameters, (1 << 63) - 1), _role(branch))


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


def _direct(inside: Sequence[Stand], nesting: Path) -> bool:
    """Whether tensors stand right in this container, of which these are the stands."""
    depth = len(nesting)
    return any(len(stand.path) == depth and stand.tokens for stand in inside)


def _branches(inside: Sequence[Stand], nesting: Path) -> list[_Branch]:
    """Containers right below that hold tensors, in order, each with its stands."""
    depth = len(nesting)
    branches: dict[str, tuple[Path, list[Stand]]] = {}
    last: Token = None
    held: list[Stand] | None = None
    for stand in inside:
        path = stand.path
        if len(path) <= depth or not stand.tokens:
            continue
        token = path[depth]
        if held is None or token is not last:
            name = f"{type(token).__name__}:{token!r}"
            if name not in branches:
                branches[name] = ((*nesting, token), [])
            last, held = token, branches[name][1]
        held.append(stand)
    return [_Branch(path, stands) for path, stands in branches.values()]


def _descended(branch: _Branch) -> Path:
    """Follow preferred names, then single branches, down to where the keys begin."""
    while True:
        nesting, inside = branch.path, branch.stands
        depth, direct = len(nesting), _direct(inside, nesting)
        if nesting and direct:
            return nesting
        listed = _branches(inside, nesting)
        branches = {
            each.path[depth]: each for each in listed if type(each.path[depth]) is str or (not depth and type(each.path[depth]) is int)
        }
        if any(_is_module_part(token) for token in branches):
            return nesting
        named = next((branches[name] for name in PREFERRED if name in branches), None)
        if named is None:
            if direct and not _is_training(inside, nesting, list(branches.values())):
                return nesting
            named = _only(list(branches.values()))
            if named is None or len(branches) < len(listed):
                return nesting
        branch = named


def _elements(shape: tuple[int, ...] | None) -> int:
    """Count of elements; 0 where no tensor has such a shape: it is not checked yet, and numbers of megabytes take long to multiply."""
    if shape is None or (shape and (min(shape) < 0 or max(shape) > MOST)):
        return 0
    return prod(shape)


def _is_module_part(token: Token) -> bool:
    return token in {"_parameters", "_buffers", "_modules"}


def _is_training(inside: Sequence[Stand], nesting: Path, branches: list[_Branch]) -> bool:
    """Whether tensors that stand beside branches are the small change of a training run: an optimizer is there too, and larger weights."""
    roles = [(branch, _role(branch)) for branch in branches[:MOST_OFFERS]]
    if not any(role == "optimizer" for _, role in roles):
        return False
    stray = sum(_elements(tensor.shape) for stand in inside if stand.depth == len(nesting) + 1 for tensor in stand.tensors)
    return any(role == "weights" and _offer(branch).parameters > stray for branch, role in roles)


def _only(branches: list[_Branch]) -> _Branch | None:
    """Return the only branch of weights; of several the one that has an averaged twin, or the largest where an optimizer stands beside them."""
    if len(branches) == 1:
        return branches[0]
    if len(branches) > MOST_OFFERS:
        return None
    seen = [(branch, _offer(branch)) for branch in branches]
    weights = [(branch, offer) for branch, offer in seen if offer.role in {"weights", "ema"}]
    raw = [(branch, offer) for branch, offer in weights if offer.role == "weights"]
    for only in (weights, raw):
        if len(only) == 1:
            return only[0][0]
    averaged = {(offer.tensors, offer.parameters) for _, offer in weights if offer.role == "ema"}
    twins = [each for each in raw if (each[1].tensors, each[1].parameters) in averaged]
    among = twins or ((raw or weights) if len(weights) < len(branches) else [])
    return max(among, key=lambda each: each[1].parameters, default=(None, None))[0]
