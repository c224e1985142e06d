"""Evaluations and plans as the documents that scripts rely on; the same from the command line and over HTTP."""

from collections.abc import Mapping
from typing import Any

import msgspec

from app import mapping, messages
from app.keys import KeyTree
from app.mapping import Finding
from app.mapping.outcomes import Coverage, Evaluation, Reason
from app.mapping.plan import Plan
from app.services.cards import HistoryEntry, Oddity


def evaluation(plan: Plan, found: Evaluation, sources: Mapping[str, KeyTree]) -> dict[str, Any]:
    """The document of `keygraft evaluate --json`: outcome per key, counts in keys, parameters and bytes, and what an export takes in bytes."""
    statements = [mapping.statement(rule) for rule in plan.rules]
    return {
        "clean": found.clean,
        "coverage": {state: _totals(totals) for state, totals in found.coverage.items()},
        "export": msgspec.to_builtins(mapping.demands(found, sources)),
        "rules": statements,
        "targets": {
            key: {"state": outcome.state}
            | ({} if outcome.rule is None else {"rule": outcome.rule})
            | ({} if outcome.reason is None else {"reason": {"code": outcome.reason.code, "params": outcome.reason.params}})
            | ({"benign": True} if outcome.benign else {})
            for key, outcome in found.targets.items()
        },
        "sources": {
            name: {
                key: {"state": outcome.state, "targets": list(outcome.targets)} | ({} if outcome.rule is None else {"rule": outcome.rule})
                for key, outcome in outcomes.items()
            }
            for name, outcomes in found.sources.items()
        },
    }


def _totals(totals: Coverage) -> dict[str, int]:
    return {"keys": totals.keys, "parameters": totals.parameters, "bytes": totals.bytes}


def plan(found: Plan, spelling: str) -> tuple[bytes, str]:
    """A plan's bytes and media type, as `text` or as JSON."""
    if spelling == "text":
        return mapping.print_plan(found).encode("utf-8", "surrogatepass"), "text/plain; charset=utf-8"
    return mapping.plan_to_json(found), "application/json"


def oddity(found: Finding) -> Oddity:
    """A finding about a plan, with its sentence."""
    params: dict[str, Any] = dict(found.params)
    name = "lint-" + found.code.replace("_", "-")
    text, hint = messages.text(name, **params), messages.text(name, attribute="hint", **params)
    return Oddity(found.code, found.severity, text, found.rule, found.other, found.keys, hint)


def why(reason: Reason) -> str:
    """A reason in words: its own sentence, or that of the error it came from."""
    name, params = reason.code.replace("_", "-"), dict[str, Any](reason.params)
    return messages.text(f"reason-{name}" if messages.has(f"reason-{name}") else f"error-{name}", **params)


def step(entry: HistoryEntry) -> dict[str, Any]:
    """A step of history, its rules as text."""
    return {
        "version": entry.version,
        "author": entry.author,
        "at": entry.at,
        "label": entry.label,
        "kind": entry.kind,
        "undone": entry.undone,
        "name": entry.name,
        "added": [mapping.statement(rule) for rule in entry.added],
        "removed": [mapping.statement(rule) for rule in entry.removed],
    }
