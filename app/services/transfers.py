"""Transfers: made, listed, named, put away."""

import shutil
from collections.abc import Mapping, Sequence

import msgspec

from app import messages
from app.errors import KeygraftError
from app.mapping.plan import Plan
from app.services import audit, calling, edits, example_files, planbook, roles, sidebook, sides, workspaces
from app.services.cards import SideCard, TransferCard
from app.services.house import LOCAL, House, new_id
from app.services.live import Event
from app.services.plain import plain
from app.store import SideRow, SnapshotRow, Transaction, TransferRow, people
from app.store import edits as stored
from app.store import sides as stored_sides
from app.store import transfers as stored_transfers
from app.store import trees as stored_trees

TITLE = 200


def create(
    house: House,
    sources: Mapping[str, str],
    target: str,
    *,
    title: str = "",
    plan: Plan | None = None,
    by: str = LOCAL,
    example: bool = False,
) -> TransferCard:
    """Begin a transfer from named sources (name -> side) to a target side. Raises KeygraftError."""
    if not sources:
        raise KeygraftError("transfer_without_source")
    first = Plan() if plan is None else plan
    at = house.clock()
    with house.database.write() as tx:
        cards = [_complete(tx, side, by) for side in sources.values()]
        into = _complete(tx, target, by)
        named = _clean(title) or f"{' + '.join(card.label for card in cards)} → {into.label}"[:TITLE]
        content = planbook.plan_bytes(first)
        row = TransferRow(
            new_id(), named, 0, content, target, by, at, at, archived=False, example=example, summary=None, sources=dict(sources)
        )
        stored_transfers.add(tx, row)
        stored.keep_snapshot(tx, SnapshotRow(row.id, 0, content, "", by, at))
        roles.begin(tx, row.id, by)
        audit.record(tx, by, "transfer.made", transfer=row.id, version=0, at=at, title=named)
    evaluated = workspaces.evaluate(house, row, first)
    workspaces.summarise(house, row.id, 0, evaluated)
    return get(house, row.id)


def _complete(tx: Transaction, side: str, by: str) -> SideCard:
    roles.check_side(tx, by, side)
    card = sidebook.card_of(sidebook.row_of(tx, side))
    if card.state != "ready":
        raise KeygraftError("side_not_ready", label=card.label)
    return card


def _clean(title: str) -> str:
    return plain(" ".join(title.split()), TITLE)


def listed(house: House, *, archived: bool = False) -> tuple[TransferCard, ...]:
    """The transfers, the most lately changed first."""
    with house.database.read() as tx:
        return cards(tx, stored_transfers.listed(tx, archived=archived))


def get(house: House, transfer: str) -> TransferCard:
    """One transfer. Raises NotFoundError."""
    with house.database.read() as tx:
        return _card(tx, workspaces.row_of(tx, transfer))


def cards(tx: Transaction, rows: Sequence[TransferRow]) -> tuple[TransferCard, ...]:
    """Transfers as they are listed, read at once."""
    found = stored_sides.several(tx, {side for row in rows for side in (*row.sources.values(), row.target)})
    names = people.names(tx)
    return tuple(_written(row, found, names) for row in rows)


def _card(tx: Transaction, row: TransferRow) -> TransferCard:
    return cards(tx, [row])[0]


def _written(row: TransferRow, found: Mapping[str, SideRow], names: Mapping[str, str]) -> TransferCard:
    totals = workspaces.summary_of(row)
    return TransferCard(
        row.id,
        row.title,
        row.version,
        row.created,
        row.changed,
        names.get(row.author, row.author),
        {name: sidebook.card_of(found[side]) for name, side in row.sources.items()},
        sidebook.card_of(found[row.target]),
        row.archived,
        row.example,
        totals.get("loaded"),
        totals.get("total"),
    )


def rename(house: House, transfer: str, title: str, *, by: str = LOCAL) -> TransferCard:
    """Give another title. Raises NotFoundError, KeygraftError where it is empty."""
    if not _clean(title):
        raise KeygraftError("title_empty")
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        stored_transfers.set_title(tx, transfer, _clean(title))
        audit.record(tx, by, "transfer.renamed", transfer=transfer, at=house.clock(), title=_clean(title))
    house.hub.publish(Event(transfer, "renamed", row.version))
    return get(house, transfer)


def archive(house: House, transfer: str, *, archived: bool = True, by: str = LOCAL) -> TransferCard:
    """Put away, or bring back. Raises NotFoundError."""
    with house.database.write() as tx:
        workspaces.row_of(tx, transfer)
        stored_transfers.set_archived(tx, transfer, archived)
        audit.record(tx, by, "transfer.archived" if archived else "transfer.unarchived", transfer=transfer, at=house.clock())
        people = calling.concerned(tx, transfer)
    calling.call(house, people)
    return get(house, transfer)


def delete(house: House, transfer: str, *, by: str = LOCAL) -> None:
    """Delete with its history, and the sides that nothing else uses. Raises NotFoundError."""
    with house.database.write() as tx:
        row, people = workspaces.row_of(tx, transfer), calling.concerned(tx, transfer)
        used = [*row.sources.values(), row.target, *stored_transfers.former(tx, transfer)]
        stored_transfers.delete(tx, transfer)
        audit.record(tx, by, "transfer.deleted", transfer=transfer, version=row.version, at=house.clock(), title=row.title)
        givens = {side: sidebook.given_of(found) for side, found in stored_sides.several(tx, used).items()}
        gone = stored_sides.drop_unused(tx, used)
        stored_trees.drop_unused(tx)
    for side in gone:
        sidebook.drop_files(house, side, givens[side])
    house.evaluated.forget(lambda key: key[0] == transfer)
    shutil.rmtree(house.folder("exports") / transfer, ignore_errors=True)
    calling.tell(house, Event(transfer, "deleted", row.version), before=people)


def example(house: House, *, by: str = LOCAL) -> TransferCard:
    """Return the person's example, made at its first use: a net whose `conv1` was renamed and whose head grew."""
    with house.database.read() as tx:
        there = stored_transfers.of_example(tx, by)
    if there is not None:
        return get(house, there.id)
    source = sides.upload(house, "cifar_net.safetensors", example_files.checkpoint(), by=by)
    target = sides.upload(house, "my_model.txt", example_files.model().encode(), by=by)
    return create(house, {"": source.id}, target.id, title="Example: a renamed layer, a larger head", by=by, example=True)


def fork(house: House, transfer: str, *, title: str = "", by: str = LOCAL) -> TransferCard:
    """Begin another transfer where this one stands: same sides, its newest plan, the proposals that were refused. Raises NotFoundError."""
    at = house.clock()
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        named = _clean(title) or messages.text("transfer-copy", title=row.title)[:TITLE]
        made = msgspec.structs.replace(
            row, id=new_id(), title=named, version=0, author=by, created=at, changed=at, archived=False, example=False
        )
        stored_transfers.add(tx, made)
        stored_transfers.reject(tx, made.id, 0, sorted(stored_transfers.rejected(tx, transfer)))
        stored.keep_snapshot(tx, SnapshotRow(made.id, 0, made.plan, "", by, at))
        roles.begin(tx, made.id, by)
        audit.record(tx, by, "transfer.copied", transfer=made.id, version=0, at=at, title=named, of=transfer, of_version=row.version)
    return get(house, made.id)


def from_plan(
    house: House, plan: str, sources: Mapping[str, str], target: str | None = None, *, title: str = "", by: str = LOCAL
) -> TransferCard:
    """Begin a transfer with a plan file; without a target, the one that is frozen in the plan. Raises KeygraftError."""
    found = edits.read_plan(plan)
    if target is None:
        target = sidebook.keep_tree(house, sidebook.Given("plan", "plan"), sidebook.frozen_target(found), by=by).id
    bare = msgspec.structs.replace(found, sources={}, target={})
    return create(house, sources, target, title=title, plan=bare, by=by)
