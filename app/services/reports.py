"""Reports as plain text: what a transfer does, by rule and by outcome; what is in a remapped file."""

from collections.abc import Mapping

from app import mapping, messages
from app.exporting.piece import PieceList
from app.keys import KeyTree, family_of
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Plan

_STATES = ("loaded", "initialised", "missing", "mismatched", "conflicting")
_SHOWN = 200


def report(title: str, plan: Plan, evaluation: Evaluation, sources: Mapping[str, KeyTree]) -> str:
    """What the transfer does, for people who were not there."""
    lines = [title, "=" * min(len(title), 72), ""]
    for state in (*_STATES, "benign", "total"):
        totals = evaluation.coverage.get(state)
        if totals is not None and (totals.keys or state == "total"):
            counted = messages.text(
                "plain-totals", keys=f"{totals.keys:>8,}", parameters=f"{totals.parameters:>16,}", bytes=f"{totals.bytes:>16,}"
            )
            lines.append(f"{state:<12} {counted}")
    lines += ["", messages.text("plain-passes" if evaluation.clean else "plain-fails"), _takes(evaluation, sources)]
    lines += ["", *_headed(messages.text("plain-rules"))]
    hits = [0] * len(plan.rules)
    for outcome in evaluation.targets.values():
        if outcome.rule is not None:
            hits[outcome.rule] += 1
    lines += [f"{count:>8,}  {mapping.statement(rule)}" for rule, count in zip(plan.rules, hits, strict=True)] or [
        messages.text("plain-no-rules")
    ]
    for state in _STATES[1:]:
        lines += _families(state, [key for key, outcome in evaluation.targets.items() if outcome.state == state])
    for name, outcomes in evaluation.sources.items():
        for state in ("unexpected", "ignored"):
            keys = [key for key, outcome in outcomes.items() if outcome.state == state]
            lines += _families(messages.text("plain-of", state=state, source=name) if name else state, keys)
    return "\n".join(lines) + "\n"


def _families(state: str, keys: list[str]) -> list[str]:
    counts: dict[str, int] = {}
    for key in keys:
        template, _ = family_of(key)
        counts[template] = counts.get(template, 0) + 1
    if not counts:
        return []
    shown = [f"{count:>8,}  {template}" for template, count in list(counts.items())[:_SHOWN]]
    more = ["     ...  " + messages.text("plain-more", count=len(counts) - _SHOWN)] if len(counts) > _SHOWN else []
    return ["", *_headed(f"{state.capitalize()} ({len(keys):,})"), *shown, *more]


def _headed(title: str) -> list[str]:
    return [title, "-" * len(title)]


def _takes(evaluation: Evaluation, sources: Mapping[str, KeyTree]) -> str:
    found = mapping.demands(evaluation, sources)
    if found.unread:
        return messages.text("plain-takes-unread", count=found.unread)
    return messages.text(
        "plain-takes", output=f"{found.output:,}", peak=f"{found.peak:,}", key=found.largest, computed=1 if found.peak else 0
    )


def contents(pieces: PieceList) -> str:
    """What would be in a remapped file."""
    lines = [messages.text("plain-file", file=file.name, bytes=f"{file.size:,}", keys=f"{len(file.keys):,}") for file in pieces.files]
    if pieces.computed:
        lines += ["", messages.text("plain-peak", peak=f"{pieces.peak:,}")]
        lines += ["", messages.text("plain-computed", count=f"{len(pieces.computed):,}"), *pieces.computed[:_SHOWN]]
    if pieces.left_out:
        lines += [
            "",
            messages.text("plain-left-out", count=f"{len(pieces.left_out):,}"),
            *(f"{state:<12} {key}" for key, state in list(pieces.left_out.items())[:_SHOWN]),
        ]
    return "\n".join(lines) + "\n"
