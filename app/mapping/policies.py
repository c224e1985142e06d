"""What a target key may start with, in the words that `init` and the ops that grow a tensor share."""

from collections.abc import Mapping

from app.mapping.errors import PlanError
from app.mapping.plan import Arg

POLICIES: Mapping[str, frozenset[str]] = {
    "model": frozenset(),
    "zeros": frozenset(),
    "ones": frozenset(),
    "constant": frozenset({"value"}),
    "normal": frozenset({"mean", "std", "seed"}),
    "uniform": frozenset({"low", "high", "seed"}),
    "truncated_normal": frozenset({"mean", "std", "seed"}),
    "kaiming_normal": frozenset({"seed", "mode", "nonlinearity"}),
    "kaiming_uniform": frozenset({"seed", "mode", "nonlinearity"}),
    "xavier_normal": frozenset({"seed", "gain"}),
    "xavier_uniform": frozenset({"seed", "gain"}),
}
"""Policy -> names of its arguments."""

_TEXTS = {"mode": {"fan_in", "fan_out"}, "nonlinearity": {"linear", "relu", "leaky_relu", "tanh", "sigmoid", "selu"}}


def check_policy(policy: str, args: Mapping[str, Arg]) -> None:
    """Raise PlanError where a policy is none of ours or has arguments that are not its own."""
    known = POLICIES.get(policy)
    if known is None:
        raise PlanError("init_policy", policy=policy, known=", ".join(POLICIES))
    for name, value in args.items():
        if name not in known:
            raise PlanError("init_argument", policy=policy, argument=name)
        wanted = _TEXTS.get(name)
        if wanted is not None:
            right = value in wanted
        elif name == "seed":
            right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
        else:
            right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right:
            raise PlanError("init_value", policy=policy, argument=name, value=str(value))
    if policy == "constant" and "value" not in args:
        raise PlanError("init_argument_missing", policy=policy, argument="value")


def computable(policy: str) -> bool:
    """Whether a policy gives values without building the model."""
    return policy != "model"
