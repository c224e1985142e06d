"""Other people's mappings taken over into a transfer: looked at first, then done as one step that can be undone."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from app import mapping
from app.mapping.edits import AddRule, Edit, SetPlan
from app.mapping.importing import Recognised, recognise
from app.mapping.plan import Plan
from app.services import documents, edits, workspaces
from app.services.cards import Applied, Said
from app.services.house import LOCAL, House


class Left(msgspec.Struct, frozen=True):
    """An entry that could not be taken over, as it stood, and why, in words."""

    entry: str
    why: str


class Taken(msgspec.Struct, frozen=True):
    """What was understood: the rules as text, and what was left out; `applied` where it was done."""

    kind: Literal["plan", "pairs", "substitutions", "transformers"]
    rules: tuple[str, ...]
    skipped: tuple[Left, ...]
    applied: Applied | None = None


def look(house: House, transfer: str, text: str) -> Taken:
    """Say what a text would bring. Raises NotFoundError, KeygraftError where it cannot be read."""
    return _taken(_read(house, transfer, text))


def take(house: House, transfer: str, base_version: int, text: str, *, replace: bool = False, client: str = "", by: str = LOCAL) -> Taken:
    """Take a text's rules over, in front of those that are there or in their place. Raises KeygraftError, ConflictError.

    Where nothing of it could be understood, nothing is done.
    """
    found = _read(house, transfer, text)
    if found.plan is None and not found.imported.rules:
        return _taken(found)
    label = Said("edit-import" if found.plan is not None else "edit-taken", {"count": len(found.imported.rules)})
    applied = edits.apply(house, transfer, base_version, _changes(found, replace=replace), label=label, client=client, by=by, kind="import")
    return _taken(found, applied)


def _read(house: House, transfer: str, text: str) -> Recognised:
    workspace = workspaces.open_workspace(house, transfer)
    return recognise(text, workspace.sources, workspace.target)


def _changes(found: Recognised, *, replace: bool) -> Sequence[Edit]:
    if found.plan is not None:
        return [SetPlan(found.plan)]
    if replace:
        return [SetPlan(Plan(found.imported.rules))]
    return [AddRule(rule, at) for at, rule in enumerate(found.imported.rules)]


def _taken(found: Recognised, applied: Applied | None = None) -> Taken:
    skipped = tuple(Left(each.entry, documents.why(each.reason)) for each in found.imported.skipped)
    return Taken(found.kind, tuple(mapping.statement(rule) for rule in found.imported.rules), skipped, applied)
