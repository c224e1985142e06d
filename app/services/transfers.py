"""Transfers: made, listed, named, put away."""

import shutil
from collections.abc import Mapping

import msgspec

from app.errors import KeygraftError
from app.mapping.plan import Plan
from app.services import edits, example_files, planbook, sidebook, sides, workspaces
from app.services.cards import SideCard, TransferCard
from app.services.house import LOCAL, House, new_id
from app.services.live import Event
from app.services.plain import plain
from app.store import SnapshotRow, Transaction, TransferRow, people
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
        cards = [_complete(tx, side) for side in sources.values()]
        into = _complete(tx, target)
        named = _clean(title) or f"{' + '.join(card.label for card in cards)} → {into.label}"[:TITLE]
        content = planbook.plan_bytes(first)
        row = TransferRow(
            new_id(), named, 0, content, target, by, at, at, archived=False, example=example, summary=None, sources=dict(sources)
        )
        stored_transfers.add(tx, row)
        stored.keep_snapshot(tx, SnapshotRow(row.id, 0, content, "", by, at))
    evaluated = workspaces.evaluate(house, row, first)
    workspaces.summarise(house, row.id, 0, evaluated)
    return get(house, row.id)


def _complete(tx: Transaction, side: str) -> SideCard:
    card = sidebook.card_of(sidebook.row_of(tx, side))
    if card.state != "ready":
        raise KeygraftError("side_not_ready", label=card.label)
    return card


def _clean(title: str) -> str:
    return plain(" ".join(title.split()), TITLE)


def listed(house: House, *, archived: bool = False) -> tuple[TransferCard, ...]:
    """The transfers, the most lately changed first."""
    with house.database.read() as tx:
        return tuple(_card(tx, row) for row in stored_transfers.listed(tx, archived=archived))


def get(house: House, transfer: str) -> TransferCard:
    """One transfer. Raises NotFoundError."""
    with house.database.read() as tx:
        return _card(tx, workspaces.row_of(tx, transfer))


def _card(tx: Transaction, row: TransferRow) -> TransferCard:
    found = stored_sides.several(tx, [*row.sources.values(), row.target])
    totals = workspaces.summary_of(row)
    return TransferCard(
        row.id,
        row.title,
        row.version,
        row.created,
        row.changed,
        people.name_of(tx, row.author) or row.author,
        {name: sidebook.card_of(found[side]) for name, side in row.sources.items()},
        sidebook.card_of(found[row.target]),
        row.archived,
        row.example,
        totals.get("loaded"),
        totals.get("total"),
    )


def rename(house: House, transfer: str, title: str) -> TransferCard:
    """Give another title. Raises NotFoundError, KeygraftError where it is empty."""
    if not _clean(title):
        raise KeygraftError("title_empty")
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        stored_transfers.set_title(tx, transfer, _clean(title))
    house.hub.publish(Event(transfer, "renamed", row.version))
    return get(house, transfer)


def archive(house: House, transfer: str, *, archived: bool = True) -> TransferCard:
    """Put away, or bring back. Raises NotFoundError."""
    with house.database.write() as tx:
        workspaces.row_of(tx, transfer)
        stored_transfers.set_archived(tx, transfer, archived)
    return get(house, transfer)


def delete(house: House, transfer: str) -> None:
    """Delete with its history, and the sides that nothing else uses. Raises NotFoundError."""
    with house.database.write() as tx:
        row = workspaces.row_of(tx, transfer)
        stored_transfers.delete(tx, transfer)
        used = [*row.sources.values(), row.target]
        givens = {side: sidebook.given_of(found) for side, found in stored_sides.several(tx, used).items()}
        gone = stored_sides.drop_unused(tx, used)
        stored_trees.drop_unused(tx)
    for side in gone:
        sidebook.drop_files(house, side, givens[side])
    house.evaluated.forget(lambda key: key[0] == transfer)
    shutil.rmtree(house.folder("exports") / transfer, ignore_errors=True)
    house.hub.publish(Event(transfer, "deleted", row.version))


def example(house: House, *, by: str = LOCAL) -> TransferCard:
    """Return the example, made at its first use: a net whose `conv1` was renamed and whose head grew."""
    with house.database.read() as tx:
        there = stored_transfers.of_example(tx)
    if there is not None:
        return get(house, there.id)
    source = sides.upload(house, "cifar_net.safetensors", example_files.checkpoint(), by=by)
    target = sides.upload(house, "my_model.txt", example_files.model().encode(), by=by)
    return create(house, {"": source.id}, target.id, title="Example: a renamed layer, a larger head", by=by, example=True)


def from_plan(
    house: House, plan: str, sources: Mapping[str, str], target: str | None = None, *, title: str = "", by: str = LOCAL
) -> TransferCard:
    """Begin a transfer with a plan file; without a target, the one that is frozen in the plan. Raises KeygraftError."""
    found = edits.read_plan(plan)
    if target is None:
        target = sidebook.keep_tree(house, sidebook.Given("plan", "plan"), sidebook.frozen_target(found), by=by).id
    bare = msgspec.structs.replace(found, sources={}, target={})
    return create(house, sources, target, title=title, plan=bare, by=by)
