"""The review of a transfer: what changed since the approved version, who decided what, and whether it may go.

A verdict names the version that was looked at; any edit after it makes an approval stale. Who wrote the change is no second pair of eyes: their own
approval does not count, but where one person works alone.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.mapping import Plan
from app.services import audit, calling, conversing, requirements, roles, sidebook, workspaces
from app.services.conversing import Thread
from app.services.house import LOCAL, House
from app.services.judging import Decision, State, Terms, Verdict, judge, latest, waits
from app.services.live import Event
from app.services.plain import plain
from app.services.requirements import Check
from app.services.workspaces import Workspace
from app.store import Transaction, TransferRow, VerdictRow, people, reviews
from app.store import edits as stored
from app.viewing.changes import Changes, Version, changes


class Asked(msgspec.Struct, frozen=True):
    """A person who was asked for a verdict; `waits`: has not given one on the newest version."""

    person: str
    name: str
    at: datetime
    waits: bool


class Standing(msgspec.Struct, frozen=True):
    """Where a transfer stands.

    approved -- newest version that had all it takes; None where none had
    missing  -- approvals that are still needed
    """

    state: State
    version: int
    approved: int | None
    missing: int
    verdicts: tuple[Verdict, ...]
    asked: tuple[Asked, ...]
    terms: Terms
    checks: tuple[Check, ...]

    @property
    def may_go(self) -> bool:
        """Whether it has all it takes: approvals on the newest version, checks, nobody who wants changes."""
        return self.state == "approved"


class SideChange(msgspec.Struct, frozen=True):
    """A side that was replaced: whose place it has ("target", or "source" with its `name`), what stood there, and what does now."""

    side: Literal["target", "source"]
    name: str
    before: str
    after: str
    tensors_before: int
    tensors_after: int


class Review(msgspec.Struct, frozen=True):
    """Everything the review page shows. `since` is the version that the newest is compared with; `seen` are ids of changes looked at."""

    transfer: str
    title: str
    version: int
    since: int
    sides: tuple[SideChange, ...]
    changes: Changes
    standing: Standing
    threads: tuple[Thread, ...]
    seen: frozenset[str]


def review(house: House, transfer: str, *, since: int | None = None, by: str = LOCAL) -> Review:
    """Review the newest version against the approved one, or another (`since`). Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    standing = of(house, workspace)
    start = since if since is not None else (standing.approved or 0)
    with house.database.read() as tx:
        seen = reviews.seen(tx, transfer, by)
        now = workspaces.row_of(tx, transfer)
        then = workspaces.row_at(tx, now, start)
        sides = tuple(_replaced(tx, then, now))
    return Review(
        transfer,
        workspace.title,
        workspace.version,
        start,
        sides,
        _between(house, workspace, then, plan_before(house, transfer, start, standing.approved)),
        standing,
        conversing.of(house, workspace, by=by),
        frozenset(seen),
    )


def _replaced(tx: Transaction, then: TransferRow, now: TransferRow) -> Iterator[SideChange]:
    """Sides that are others now."""
    for name, side in then.sources.items():
        if now.sources.get(name, side) != side:
            yield _side(tx, "source", name, side, now.sources[name])
    if then.target != now.target:
        yield _side(tx, "target", "", then.target, now.target)


def _side(tx: Transaction, kind: Literal["target", "source"], name: str, before: str, after: str) -> SideChange:
    was, is_now = (sidebook.card_of(sidebook.row_of(tx, side)) for side in (before, after))
    return SideChange(kind, name, was.label, is_now.label, was.tensors, is_now.tensors)


def plan_before(house: House, transfer: str, start: int, approved: int | None) -> Plan:
    """The plan that the newest is compared with. Raises NotFoundError.

    The start is no rule at all: a transfer that began with a plan shows each of its rules to who sees it first, unless it was approved as it began.
    """
    plan = workspaces.plan_at(house, transfer, start)
    return msgspec.structs.replace(plan, rules=()) if start == 0 and approved != 0 else plan


def _between(house: House, workspace: Workspace, then: TransferRow, plan: Plan) -> Changes:
    """What changed from an earlier plan, on the sides that it had, to the one that is open."""
    before = workspaces.evaluate(house, then, plan).evaluation
    return changes(Version(plan, before), Version(workspace.plan, workspace.evaluation), workspace.target.separator)


def standing(house: House, transfer: str, *, by: str = LOCAL) -> Standing:
    """Where a transfer stands. Raises NotFoundError."""
    return of(house, workspaces.open_workspace(house, transfer, by=by))


def change_id(before: str, after: str) -> str:
    """Id of a change that is ticked off: another wording of the rule is another change."""
    return hashlib.blake2b(f"{before}\0{after}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def decide(house: House, transfer: str, version: int, verdict: Decision, body: str = "", *, by: str = LOCAL, client: str = "") -> Standing:
    """Approve, request changes, or only comment on a version. Raises ConflictError where it is not the newest one, KeygraftError."""
    text = plain(body.strip(), conversing.LONGEST)
    if verdict != "approve" and not text:
        raise KeygraftError("verdict_without_words")
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        if row.version != version:
            raise ConflictError("verdict_on_older", version=row.version)
        reviews.add_verdict(tx, VerdictRow(transfer, version, by, verdict, text, house.clock()))
        audit.record(tx, by, f"review.{verdict.replace('_', '-')}", transfer=transfer, version=version, at=house.clock())
    calling.tell(house, Event(transfer, "review", version, client))
    return standing(house, transfer, by=by)


def ask(house: House, transfer: str, person: str, *, asked: bool = True, by: str = LOCAL, client: str = "") -> None:
    """Ask a person for a verdict, or no longer. Raises NotFoundError."""
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        name = roles.members(tx, transfer).get(person)
        if name is None:
            raise NotFoundError("reviewer_unknown")
        if asked:
            reviews.ask(tx, transfer, person, by, house.clock())
        else:
            reviews.unask(tx, transfer, person)
        audit.record(tx, by, "review.asked" if asked else "review.unasked", transfer=transfer, at=house.clock(), name=name)
    calling.tell(house, Event(transfer, "review", row.version, client), before=(person,))


def tick(house: House, transfer: str, change: str, *, seen: bool = True, by: str = LOCAL) -> None:
    """Note that I looked at a change, or take the tick away. Raises NotFoundError."""
    with house.database.write() as tx:
        workspaces.row_of(tx, transfer)
        if seen:
            reviews.view(tx, transfer, by, plain(change, 64), house.clock())
        else:
            reviews.unview(tx, transfer, by, change)


def set_terms(house: House, transfer: str, approvals: int, checks: Sequence[str], *, by: str = LOCAL, client: str = "") -> None:
    """Set what an approval of this transfer takes. Raises NotFoundError, KeygraftError for a check that does not exist."""
    unknown = next((name for name in checks if name not in requirements.NAMES), None)
    if unknown is not None or approvals < 0:
        raise KeygraftError("terms_unknown", what=plain(unknown or str(approvals), 40))
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        reviews.set_terms(tx, transfer, approvals, msgspec.json.encode(tuple(dict.fromkeys(checks))))
        audit.record(tx, by, "review.terms", transfer=transfer, at=house.clock(), approvals=approvals)
    house.hub.publish(Event(transfer, "review", row.version, client))


def terms_of(house: House, tx: Transaction, transfer: str) -> Terms:
    """What an approval takes: set for the transfer, else for the installation."""
    found = reviews.terms(tx, transfer)
    if found is None:
        return Terms(house.settings.approvals, house.settings.approval_checks)
    return Terms(found[0], msgspec.json.decode(found[1], type=tuple[str, ...]))


def of(house: House, workspace: Workspace) -> Standing:
    """Where an opened transfer stands."""
    with house.database.read() as tx:
        terms = terms_of(house, tx, workspace.id)
        rows, names, asked = reviews.verdicts_of(tx, workspace.id), people.names(tx), reviews.asked(tx, workspace.id)
        writers = stored.writers(tx, workspace.id)
    checks = requirements.checks(house, workspace, terms.checks)
    found = judge(rows, writers, terms, workspace.version, names, lambda: all(check.holds for check in checks))
    decided = latest(rows)
    waiting = tuple(Asked(person, names.get(person, person), at, waits(decided, person, workspace.version)) for person, at in asked.items())
    return Standing(found.state, workspace.version, found.approved, found.missing, found.verdicts, waiting, terms, checks)
