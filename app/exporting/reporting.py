"""What a reviewer must know of a transfer, as a value: coverage, rules, what starts fresh, what is left behind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from app.keys import KeyTree, families
from app.mapping import Evaluation, Plan, leaves, statement
from app.mapping.outcomes import Coverage, Reason, TargetOutcome
from app.messages import DEFAULT_LANGUAGE, text

STATES = ("loaded", "conflicting", "mismatched", "missing", "benign", "initialised")
"""Of target keys, in the order of a report."""


class FamilyLine(msgspec.Struct, frozen=True):
    """Keys that are equal but for integers: how they are written, how many, their elements, and a remark."""

    keys: str
    count: int
    parameters: int
    remark: str = ""


class RuleLine(msgspec.Struct, frozen=True):
    """A rule: its place in the plan, its text, how many target keys it decides, and its note."""

    number: int
    statement: str
    keys: int
    enabled: bool
    note: str
    author: str


class SideLine(msgspec.Struct, frozen=True):
    """A source or the target: name, format, tensors, parameters, bytes."""

    name: str
    format: str
    tensors: int
    parameters: int
    bytes: int


class Check(msgspec.Struct, frozen=True):
    """Something that was tried: what, whether it held, and what was said."""

    name: str
    passed: bool
    detail: str = ""


class Report(msgspec.Struct, frozen=True):
    """A review-ready account of a transfer.

    targets     -- state -> families of target keys in it; loaded ones are told by the rules
    unexpected  -- families of source keys that nothing uses and no rule ignores
    left_behind -- families of source keys that are ignored on purpose
    """

    title: str
    sources: tuple[SideLine, ...]
    target: SideLine
    coverage: Mapping[str, Coverage]
    clean: bool
    rules: tuple[RuleLine, ...]
    targets: dict[str, tuple[FamilyLine, ...]]
    unexpected: tuple[FamilyLine, ...]
    left_behind: tuple[FamilyLine, ...]
    checks: tuple[Check, ...]

    @property
    def share(self) -> float:
        """Share of the target's elements that are loaded."""
        loaded, total = self.coverage.get("loaded", Coverage()), self.coverage.get("total", Coverage())
        return loaded.parameters / total.parameters if total.parameters else 0.0


def report(
    plan: Plan,
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    evaluation: Evaluation,
    *,
    title: str = "",
    checks: Sequence[Check] = (),
    language: str = DEFAULT_LANGUAGE,
) -> Report:
    """Gather the account; the same inputs give the same value."""
    decided: dict[int, int] = {}
    for outcome in evaluation.targets.values():
        if outcome.rule is not None:
            decided[outcome.rule] = decided.get(outcome.rule, 0) + 1
    rules = [
        RuleLine(number, statement(rule), decided.get(number, 0), rule.enabled, rule.note, rule.author)
        for number, rule in enumerate(plan.rules)
    ]
    by_state: dict[str, dict[str, str]] = {}
    for key, outcome in evaluation.targets.items():
        remark = "" if outcome.reason is None else _worded(outcome.reason, language)
        by_state.setdefault(_state(outcome), {})[key] = remark
    return Report(
        title,
        tuple(_side(name, tree) for name, tree in sources.items()),
        _side("", target),
        evaluation.coverage,
        evaluation.clean,
        tuple(rules),
        {state: _families(by_state[state], target) for state in STATES if state in by_state and state != "loaded"},
        _left(evaluation, sources, "unexpected"),
        _left(evaluation, sources, "ignored"),
        tuple(checks),
    )


def _worded(reason: Reason, language: str) -> str:
    params: dict[str, Any] = dict(reason.params)
    return text("reason-" + reason.code.replace("_", "-"), language, **params)


def _state(outcome: TargetOutcome) -> str:
    return "benign" if outcome.state == "missing" and outcome.benign else outcome.state


def _side(name: str, tree: KeyTree) -> SideLine:
    return SideLine(name, tree.format, len(tree.tensors), tree.parameters, tree.nbytes)


def _left(evaluation: Evaluation, sources: Mapping[str, KeyTree], state: str) -> tuple[FamilyLine, ...]:
    out: list[FamilyLine] = []
    for name, outcomes in evaluation.sources.items():
        keys = {key: name for key, outcome in outcomes.items() if outcome.state == state}
        out.extend(_families(keys, sources[name]))
    return tuple(out)


def _families(remarks: Mapping[str, str], tree: KeyTree) -> tuple[FamilyLine, ...]:
    """Fold keys, apart where their remarks differ."""
    out = []
    for family in families(remarks, tree.separator).values():
        by_remark: dict[str, list[tuple[tuple[int, ...], str]]] = {}
        for numbers, key in family.members:
            by_remark.setdefault(remarks[key], []).append((numbers, key))
        for remark, members in by_remark.items():
            size = sum(tree.tensors[key].numel for _, key in members)
            out.append(FamilyLine(_written(family.template, [numbers for numbers, _ in members]), len(members), size, remark))
    return tuple(out)


def _written(template: str, members: Sequence[tuple[int, ...]]) -> str:
    """Write a family: each hole as the numbers that stand in it."""
    for values in zip(*members, strict=True):
        template = template.replace("{}", _span(values), 1)
    return template


def _span(values: Iterable[int]) -> str:
    found = sorted(set(values))
    if len(found) > 1 and found[-1] - found[0] == len(found) - 1:
        return f"{{{found[0]}..{found[-1]}}}"
    return str(found[0]) if len(found) == 1 else "{" + ",".join(map(str, found)) + "}"


def three_columns(evaluation: Evaluation) -> str:
    """Write every key in three columns: target, what fills it, outcome. Odd characters are escaped."""
    rows = [("target", "from", "outcome")]
    for key, outcome in evaluation.targets.items():
        origin = " + ".join(dict.fromkeys(leaf.key for leaf in leaves(outcome.recipe))) if outcome.recipe is not None else ""
        rows.append((key, origin, _state(outcome)))
    for outcomes in evaluation.sources.values():
        rows += [("", key, found.state) for key, found in outcomes.items() if found.state != "used"]
    shown = [tuple(cell if cell.isprintable() else ascii(cell)[1:-1] for cell in cells) for cells in rows]
    widths = [max(len(cells[column]) for cells in shown) for column in range(2)]
    return "\n".join(f"{first:<{widths[0]}}  {second:<{widths[1]}}  {third}".rstrip() for first, second, third in shown) + "\n"
