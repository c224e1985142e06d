"""What the review page is given: each change with the threads that speak of it, the others below."""

from typing import Any

import msgspec

from app import mapping
from app.services import conversing, requirements, reviewing, roles, workspaces
from app.services.conversing import Anchor, Thread
from app.services.reviewing import Review
from app.services.visitors import Action, Visitor, rights
from app.store import edits as stored
from app.viewing.changes import OutcomeChange, RuleChange
from app.web.rendering import Context


class RuleCard(msgspec.Struct, frozen=True):
    """A changed rule: the id that its tick is kept under, and what is said of it."""

    id: str
    change: RuleChange
    seen: bool
    threads: tuple[Thread, ...]


class OutcomeRow(msgspec.Struct, frozen=True):
    """A family whose outcome changed, and what is said of it."""

    change: OutcomeChange
    anchor: Anchor
    threads: tuple[Thread, ...]


class Someone(msgspec.Struct, frozen=True):
    """A person who can be asked or named."""

    person: str
    name: str
    handle: str


class Reviewed(Context, frozen=True):
    """The page `/t/{id}/review`.

    starts -- versions that the newest can be compared with, and their names
    rules  -- statements of the newest plan, for comments on what did not change
    about  -- what a comment that was begun elsewhere speaks of
    place  -- up to where in the stream of events it shows everything
    may    -- what this visitor may do here
    """

    review: Review
    cards: tuple[RuleCard, ...]
    outcomes: tuple[OutcomeRow, ...]
    others: tuple[Thread, ...]
    starts: dict[int, str]
    rules: tuple[str, ...]
    people: tuple[Someone, ...]
    check_names: tuple[str, ...]
    about: Anchor | None
    place: str
    may: frozenset[Action]


def reviewed(house: Any, visitor: Visitor, transfer: str, *, since: int | None = None, about: str = "") -> Reviewed:
    """Everything the page shows. Raises NotFoundError."""
    place = house.hub.place  # before anything is read: what happens meanwhile is told
    review = reviewing.review(house, transfer, since=since, by=visitor.person)
    plan = workspaces.plan_at(house, transfer, review.version)
    with house.database.read() as tx:
        named, known, role = stored.names(tx, transfer), roles.members(tx, transfer), roles.in_transfer(tx, visitor, transfer)
    cards = tuple(_card(review, change) for change in review.changes.rules)
    outcomes = tuple(_row(review, change) for change in review.changes.outcomes)
    shown = {thread.id for card in cards for thread in card.threads} | {thread.id for row in outcomes for thread in row.threads}
    return Reviewed(
        review,
        cards,
        outcomes,
        tuple(thread for thread in review.threads if thread.id not in shown),
        _starts(review, named),
        tuple(mapping.statement(rule) for rule in plan.rules),
        tuple(Someone(person, name, conversing.handle(name)) for person, name in known.items()),
        requirements.NAMES,
        _about(about),
        place,
        rights(visitor, role),
    )


def _card(review: Review, change: RuleChange) -> RuleCard:
    before = change.before.statement if change.before else ""
    after = change.after.statement if change.after else ""
    name = reviewing.change_id(before, after)
    spoken = tuple(thread for thread in review.threads if thread.anchor.kind == "rule" and thread.anchor.what in {before, after} - {""})
    return RuleCard(name, change, name in review.seen, spoken)


def _row(review: Review, change: OutcomeChange) -> OutcomeRow:
    source, _, family = change.family.rpartition(":") if change.side == "source" else ("", "", change.family)
    anchor = Anchor("family", family, change.side, source)
    first = next((row for row in review.changes.outcomes if row.side == change.side and row.family == change.family), change)
    return OutcomeRow(change, anchor, tuple(thread for thread in review.threads if thread.anchor == anchor) if first == change else ())


def _starts(review: Review, named: dict[int, str]) -> dict[int, str]:
    found = {0: ""} | named | {verdict.version: "" for verdict in review.standing.verdicts}
    found |= {} if review.standing.approved is None else {review.standing.approved: named.get(review.standing.approved, "")}
    found.setdefault(review.since, "")
    return {version: found[version] for version in sorted(found, reverse=True) if version <= review.version}


def _about(text: str) -> Anchor | None:
    """Read `target:key` or `source:name:key`, as the workspace writes it."""
    side, _, rest = text.partition(":")
    if side == "target" and rest:
        return Anchor("key", rest)
    source, _, key = rest.partition(":")
    return Anchor("key", key, "source", source) if side == "source" and key else None
