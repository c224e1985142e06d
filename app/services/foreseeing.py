"""What a rule would do before it is there: names it changes, keys it wins and loses, samples. Nothing is stored."""

from collections.abc import Mapping

import msgspec

from app import mapping
from app.mapping.edits import AddRule, RemoveRule
from app.mapping.plan import Rename, Rule
from app.services import workspaces
from app.services.house import House

_SAMPLES = 5
_FILLED, _BROKEN = frozenset({"loaded", "initialised"}), frozenset({"mismatched", "conflicting"})


class Sample(msgspec.Struct, frozen=True):
    """A target key, how it stands and how it would stand."""

    key: str
    before: str
    after: str


class Foreseen(msgspec.Struct, frozen=True):
    """What a rule would do.

    statement -- the rule as it was understood
    renamed   -- source keys that get another name, and the first of them
    gained    -- target keys that would be filled and are not; lost -- the other way round
    failing   -- target keys that would newly differ in shape or be reached twice
    changed   -- target keys whose outcome would be another one in any way
    samples   -- the first of these
    """

    statement: str
    renamed: int
    renames: tuple[tuple[str, str], ...]
    gained: int
    lost: int
    failing: int
    changed: int
    samples: tuple[Sample, ...]


def foresee(house: House, transfer: str, statement: str, at: int | None = None) -> Foreseen:
    """Try a rule in front of the others, or in the place of rule `at`. Raises KeygraftError: it cannot be read, or there is no such rule."""
    rule = mapping.parse_rule(statement)
    ws = workspaces.open_workspace(house, transfer)
    place = 0
    plan = ws.plan
    if at is not None and 0 <= at < len(plan.rules):
        plan, place = mapping.apply(plan, RemoveRule(at, mapping.statement(plan.rules[at]))), at
    before, after = ws.evaluation.targets, workspaces.evaluation_of(house, transfer, mapping.apply(plan, AddRule(rule, place))).targets
    changed = list(after.changed(before))
    renames = _renames(rule, ws)
    return Foreseen(
        mapping.statement(rule),
        len(renames),
        tuple(renames[:_SAMPLES]),
        *_moved(after.moves(before)),
        len(changed),
        tuple(Sample(key, before[key].state, after[key].state) for key in changed[:_SAMPLES]),
    )


def _moved(moves: Mapping[tuple[str, str], int]) -> tuple[int, int, int]:
    """Keys that would be filled and are not, the other way round, and those that would newly fail."""
    gained = sum(count for (old, new), count in moves.items() if old not in _FILLED and new in _FILLED)
    lost = sum(count for (old, new), count in moves.items() if old in _FILLED and new not in _FILLED)
    return gained, lost, sum(count for (old, new), count in moves.items() if old not in _BROKEN and new in _BROKEN)


def _renames(rule: Rule, ws: workspaces.Workspace) -> list[tuple[str, str]]:
    if not isinstance(rule, Rename):
        return []
    renamed = mapping.renamer(rule)
    keys = [key for name, tree in ws.sources.items() if rule.source in {None, name} for key in tree.tensors]
    return [(key, renamed(key)) for key in keys if renamed(key) != key]
