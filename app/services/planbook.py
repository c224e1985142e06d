"""How a change of a plan is written down: the edits, and the proposals that were refused with it."""

from collections.abc import Sequence

import msgspec

from app import mapping
from app.mapping import edits as plan_edits
from app.mapping.edits import Edit
from app.mapping.plan import Plan, Rule


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step: edits in order, and proposals (target key, digest of the claim) that are refused or no longer so."""

    edits: tuple[Edit, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    allowed: tuple[tuple[str, str], ...] = ()


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


def difference(before: Plan, after: Plan) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Rules that were added, and rules that were removed."""
    return _missing(after.rules, before.rules), _missing(before.rules, after.rules)


def _missing(rules: Sequence[Rule], other: Sequence[Rule]) -> tuple[Rule, ...]:
    known = {msgspec.json.encode(rule) for rule in other}
    return tuple(rule for rule in rules if msgspec.json.encode(rule) not in known)
