"""Three-way merge of plans: two people changed one plan."""

import msgspec

from app.mapping.plan import Plan, Rule
from app.mapping.text import statement


class Clash(msgspec.Struct, frozen=True):
    """A rule of the base that both changed, each in another way; None where one took it out."""

    base: Rule
    ours: Rule | None
    theirs: Rule | None


class Merge(msgspec.Struct, frozen=True):
    """The merged plan, in which ours stands where both changed a rule, and what has to be looked at."""

    plan: Plan
    clashes: tuple[Clash, ...]


def merge(base: Plan, ours: Plan, theirs: Plan) -> Merge:
    """Merge by statements: a rule stays where both keep it, goes where one takes it out, comes where one adds it.

    The order is ours; rules that they added stand behind the rule that they stand behind in theirs.
    """
    old, mine, other = (_by_statement(plan) for plan in (base, ours, theirs))
    clashes: list[Clash] = []
    kept: list[Rule] = []
    for said, rule in mine.items():
        changed = _settled(old.get(said), rule, other.get(said), clashes)
        if changed is not None:
            kept.append(changed)
    for said, rule in other.items():
        if said not in mine and said in old and rule != old[said]:
            clashes.append(Clash(old[said], None, rule))
    _insert(kept, [*other.items()], old, mine)
    return Merge(msgspec.structs.replace(ours, rules=tuple(kept), benign=_benign(base, ours, theirs)), tuple(clashes))


def _by_statement(plan: Plan) -> dict[str, Rule]:
    out: dict[str, Rule] = {}
    for rule in plan.rules:
        out.setdefault(statement(rule), rule)
    return out


def _settled(old: Rule | None, mine: Rule, other: Rule | None, clashes: list[Clash]) -> Rule | None:
    if old is None:
        return mine
    if other is None:
        if mine == old:
            return None
        clashes.append(Clash(old, mine, None))
        return mine
    if mine == old:
        return other
    if other not in (old, mine):
        clashes.append(Clash(old, mine, other))
    return mine


def _insert(kept: list[Rule], theirs: list[tuple[str, Rule]], old: dict[str, Rule], mine: dict[str, Rule]) -> None:
    place = 0
    for said, rule in theirs:
        at = next((at for at, known in enumerate(kept) if statement(known) == said), None)
        if at is not None:
            place = at + 1
        elif said not in old and said not in mine:
            kept.insert(place, rule)
            place += 1


def _benign(base: Plan, ours: Plan, theirs: Plan) -> tuple[str, ...] | None:
    if ours.benign == base.benign:
        return theirs.benign
    return ours.benign
