"""Reports as plain text: what a transfer does, by rule and by outcome; what is in a remapped file."""

from app import mapping
from app.exporting.piece import PieceList
from app.keys import family_of
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Plan

_STATES = ("loaded", "initialised", "missing", "mismatched", "conflicting")
_SHOWN = 200


def report(title: str, plan: Plan, evaluation: Evaluation) -> str:
    """What the transfer does, for people who were not there."""
    lines = [title, "=" * min(len(title), 72), ""]
    for state in (*_STATES, "benign", "total"):
        totals = evaluation.coverage.get(state)
        if totals is not None and (totals.keys or state == "total"):
            lines.append(f"{state:<12} {totals.keys:>8,} keys {totals.parameters:>16,} parameters {totals.bytes:>16,} bytes")
    lines += ["", f"strict=True will {'pass' if evaluation.clean else 'not pass'}", "", "Rules", "-----"]
    hits = [0] * len(plan.rules)
    for outcome in evaluation.targets.values():
        if outcome.rule is not None:
            hits[outcome.rule] += 1
    lines += [f"{count:>8,}  {mapping.statement(rule)}" for rule, count in zip(plan.rules, hits, strict=True)] or ["none: equal names only"]
    for state in _STATES[1:]:
        lines += _families(state, [key for key, outcome in evaluation.targets.items() if outcome.state == state])
    for name, outcomes in evaluation.sources.items():
        for state in ("unexpected", "ignored"):
            keys = [key for key, outcome in outcomes.items() if outcome.state == state]
            lines += _families(f"{state} of {name}" if name else state, keys)
    return "\n".join(lines) + "\n"


def _families(state: str, keys: list[str]) -> list[str]:
    counts: dict[str, int] = {}
    for key in keys:
        template, _ = family_of(key)
        counts[template] = counts.get(template, 0) + 1
    if not counts:
        return []
    shown = [f"{count:>8,}  {template}" for template, count in list(counts.items())[:_SHOWN]]
    more = [f"     ...  {len(counts) - _SHOWN:,} more families"] if len(counts) > _SHOWN else []
    return ["", f"{state.capitalize()} ({len(keys):,})", "-" * (len(state) + 3 + len(f"{len(keys):,}")), *shown, *more]


def contents(pieces: PieceList) -> str:
    """What would be in a remapped file."""
    lines = [f"{file.name}  {file.size:,} bytes  {len(file.keys):,} keys" for file in pieces.files]
    if pieces.computed:
        lines += ["", f"Computed ({len(pieces.computed):,})", *pieces.computed[:_SHOWN]]
    if pieces.left_out:
        lines += [
            "",
            f"Left out ({len(pieces.left_out):,})",
            *(f"{state:<12} {key}" for key, state in list(pieces.left_out.items())[:_SHOWN]),
        ]
    return "\n".join(lines) + "\n"
