"""How a change of a plan is written down: the edits, and the proposals that were refused with it."""

from collections.abc import Sequence

import msgspec

from app import mapping
from app.mapping import edits as plan_edits
from app.mapping.edits import AddRule, Edit, ReplaceRule, SetPlan, Several
from app.mapping.plan import Plan, Rule


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step: edits in order, proposals (target key, digest of the claim) that are refused or no longer so, and sides that are put in place.

    sides -- "target" or "source:NAME" -> side
    """

    edits: tuple[Edit, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    allowed: tuple[tuple[str, str], ...] = ()
    sides: dict[str, str] = {}


_decoder = msgspec.json.Decoder(Change)


def encode(change: Change) -> bytes:
    """Bytes of a change."""
    return msgspec.json.encode(change)


def decode(stored: bytes) -> Change:
    """The change again."""
    return _decoder.decode(stored)


def perform(plan: Plan, change: Change) -> tuple[Plan, Change]:
    """Return the changed plan, and the change that leads back. Raises KeygraftError where an edit does not apply."""
    back: list[Edit] = []
    for edit in change.edits:
        back.append(plan_edits.invert(plan, edit))
        plan = plan_edits.apply(plan, edit)
    return plan, Change(tuple(reversed(back)), refused=change.allowed, allowed=change.refused)


def plan_bytes(plan: Plan) -> bytes:
    """A plan as it is kept."""
    return mapping.plan_to_json(plan)


def plan_of(stored: bytes) -> Plan:
    """The plan again."""
    return mapping.plan_from_json(stored)


def brought(change: Change) -> tuple[Rule, ...]:
    """Rules that a change brings in."""
    return tuple(rule for edit in change.edits for rule in _of(edit))


def _of(edit: Edit) -> Sequence[Rule]:
    match edit:
        case AddRule() | ReplaceRule():
            return (edit.rule,)
        case SetPlan():
            return edit.plan.rules
        case Several():
            return [rule for one in edit.edits for rule in _of(one)]
        case _:
            return ()


def replaces_all(change: Change) -> bool:
    """Whether a change puts a whole plan in the place of another."""
    return any(isinstance(edit, SetPlan) for edit in change.edits)
