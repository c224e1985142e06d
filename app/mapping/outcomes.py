"""What a plan does to each key: outcomes, each with the rule and the reason, and the recipe that fills the key."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from app.mapping.plan import Arg

if TYPE_CHECKING:
    from app.mapping.assembled import SourceKeys, Targets

TargetState = Literal["loaded", "missing", "mismatched", "conflicting", "initialised"]
SourceState = Literal["used", "unexpected", "ignored"]


class Leaf(msgspec.Struct, frozen=True, gc=False, tag="leaf", omit_defaults=True):
    """A source key, by its spelling in the file's tree (not its working name)."""

    key: str
    source: str = ""


class Step(msgspec.Struct, frozen=True, gc=False, tag="step", omit_defaults=True):
    """An op on concrete tensors: every argument a literal, shape and dtype of the result known."""

    op: str
    inputs: tuple["Recipe", ...]
    args: dict[str, Arg] = {}
    shape: tuple[int, ...] = ()
    dtype: str = ""


Recipe: TypeAlias = Leaf | Step


class Reason(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Message `reason-<code>` of the catalogue, with its parameters."""

    code: str
    params: dict[str, str | int | float] = {}


class TargetOutcome(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What happens to a target key.

    rule   -- index of the rule that decided; None where names are equal or nothing reaches it
    recipe -- what fills it; kept for a mismatch too, so that both shapes can be shown
    benign -- a missing key that is known to do no harm
    """

    state: TargetState
    rule: int | None = None
    recipe: Recipe | None = None
    reason: Reason | None = None
    benign: bool = False


class SourceOutcome(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What happens to a source key: which targets it reaches, and the rule that ignores or uses it first."""

    state: SourceState
    rule: int | None = None
    targets: tuple[str, ...] = ()


class Coverage(msgspec.Struct, frozen=True):
    """Keys, parameters and bytes of one side that are in one state."""

    keys: int = 0
    parameters: int = 0
    bytes: int = 0


def clean(totals: Mapping[str, Coverage]) -> bool:
    """Whether, by the totals of target keys, nothing is mismatched, conflicting, or missing but for benign keys: `strict=True` will pass."""
    keys = {state: totals[state].keys if state in totals else 0 for state in ("missing", "benign", "mismatched", "conflicting")}
    return keys["missing"] == keys["benign"] and not keys["mismatched"] and not keys["conflicting"]


class Evaluation(msgspec.Struct, frozen=True):
    """The outcome of each key of all trees, in the trees' order.

    targets  -- target key -> outcome
    sources  -- source name -> key -> outcome
    coverage -- state (also "benign", "total") -> totals over target keys; loaded / total is "the coverage"
    """

    targets: "Targets"
    sources: "Mapping[str, SourceKeys]"
    coverage: Mapping[str, Coverage]

    @property
    def clean(self) -> bool:
        """Whether nothing is mismatched, conflicting, or missing but for benign keys: `strict=True` will pass."""
        return clean(self.coverage)
