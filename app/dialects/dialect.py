"""A framework's own way to say a transfer, and what it cannot say."""

from collections.abc import Callable, Mapping

import msgspec

from app.exporting.names import plain_name
from app.exporting.transfer import Transfer
from app.keys import KeyTree
from app.mapping import Evaluation, Plan, Reason, TargetOutcome


class LeftOver(msgspec.Struct, frozen=True):
    """A target key that the dialect cannot fill: the reason, and what code remains to be written.

    reason -- message `reason-dialect-...` of the catalogue
    code   -- one torch expression over source keys, "" where the key is simply not filled
    rule   -- the statement of the plan that the dialect cannot say for this key; "" where no rule decides it
    """

    target: str
    reason: Reason
    code: str = ""
    rule: str = ""


class Dialected(msgspec.Struct, frozen=True):
    """A transfer in a dialect: its text, and target keys that remain."""

    text: str
    left: tuple[LeftOver, ...] = ()


class Subject(msgspec.Struct, frozen=True):
    """What a dialect is written from."""

    plan: Plan
    sources: Mapping[str, KeyTree]
    target: KeyTree
    evaluation: Evaluation
    transfer: Transfer

    @property
    def outcomes(self) -> dict[str, TargetOutcome]:
        """Outcomes by target key as it is called."""
        return {plain_name(key): outcome for key, outcome in self.evaluation.targets.items()}


class Dialect(msgspec.Struct, frozen=True):
    """One framework's idiom.

    name    -- as on the command line
    suffix  -- of a file that holds it
    write   -- makes the text
    listed  -- whether the text is a list in Python, beside which code for the rest can stand
    """

    name: str
    suffix: str
    write: Callable[[Subject], Dialected]
    listed: bool = False
