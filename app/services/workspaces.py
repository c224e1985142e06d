"""A workspace: everything the page shows of a transfer at once. Evaluations are kept in memory by transfer and version."""

import hashlib

import msgspec

from app import mapping
from app.errors import NotFoundError
from app.keys import KeyTree
from app.mapping.claims import Proposal
from app.mapping.outcomes import Coverage, Evaluation
from app.mapping.plan import Plan
from app.services import planbook, proposing, sidebook
from app.services.cards import SideCard
from app.services.house import LOCAL, House
from app.store import Transaction, TransferRow, sides, transfers
from app.store import edits as stored


class Evaluated(msgspec.Struct, frozen=True):
    """A plan and what it does."""

    plan: Plan
    evaluation: Evaluation


class Workspace(msgspec.Struct, frozen=True):
    """Trees, plan, outcome of each key, open proposals; `version` is what edits are made on.

    proposing -- better proposals are on their way; the event `proposals` tells when they are there
    """

    id: str
    title: str
    version: int
    sources: dict[str, KeyTree]
    target: KeyTree
    plan: Plan
    evaluation: Evaluation
    proposals: dict[str, Proposal]
    can_undo: bool
    can_redo: bool
    source_cards: dict[str, SideCard]
    target_card: SideCard
    proposing: bool = False


def open_workspace(house: House, transfer: str, *, by: str = LOCAL, version: int | None = None) -> Workspace:
    """Open a transfer, at its newest version or an earlier one. Raises NotFoundError."""
    with house.database.read() as tx:
        row = row_of(tx, transfer)
        cards = {name: sidebook.card_of(sidebook.row_of(tx, side)) for name, side in row.sources.items()}
        target_card = sidebook.card_of(sidebook.row_of(tx, row.target))
        refused = transfers.rejected(tx, transfer)
        can_undo, can_redo = stored.last_done(tx, transfer, by) is not None, stored.last_undone(tx, transfer, by) is not None
    number = row.version if version is None else version
    evaluated = evaluate(house, row, plan_at(house, transfer, number))
    sources, target = trees_of(house, row)
    opened, proposing_still = proposing.open_proposals(house, row, number, evaluated.evaluation, refused)
    return Workspace(
        row.id,
        row.title,
        number,
        sources,
        target,
        evaluated.plan,
        evaluated.evaluation,
        opened,
        can_undo,
        can_redo,
        cards,
        target_card,
        proposing_still,
    )


def evaluation_of(house: House, transfer: str, plan: Plan) -> Evaluation:
    """What a plan that is not saved would do. Raises NotFoundError, KeygraftError."""
    with house.database.read() as tx:
        row = row_of(tx, transfer)
    return evaluate(house, row, plan).evaluation


def evaluate(house: House, row: TransferRow, plan: Plan) -> Evaluated:
    """Evaluate a plan on the transfer's trees, or take what is remembered of it. Raises KeygraftError where a rule cannot be read."""

    def make() -> Evaluated:
        sources, target = trees_of(house, row)
        return Evaluated(plan, mapping.evaluate(plan, sources, target))

    name = hashlib.blake2b(planbook.plan_bytes(plan), digest_size=16).hexdigest()
    return house.evaluated.get_or_make((row.id, name), make)


def trees_of(house: House, row: TransferRow) -> tuple[dict[str, KeyTree], KeyTree]:
    """The sources' trees by name, and the target's. Raises NotFoundError."""
    digests = digests_of(house, row)
    names = list(row.sources)
    return {name: sidebook.tree_of(house, digests[name]) for name in names}, sidebook.tree_of(house, digests[None])


def digests_of(house: House, row: TransferRow) -> dict[str | None, str]:
    """Digest of each source's tree by name, and under None of the target's. Raises NotFoundError."""
    with house.database.read() as tx:
        found = sides.several(tx, [*row.sources.values(), row.target])
    wanted: dict[str | None, str] = {None: row.target}
    wanted.update(row.sources)
    digests = {name: found[side].tree for name, side in wanted.items() if side in found}
    if len(digests) != len(wanted) or None in digests.values():
        raise NotFoundError("tree_not_found")
    return {name: digest for name, digest in digests.items() if digest is not None}


def row_of(tx: Transaction, transfer: str) -> TransferRow:
    """A transfer as kept. Raises NotFoundError."""
    row = transfers.find(tx, transfer)
    if row is None:
        raise NotFoundError("transfer_not_found", transfer=transfer[:40])
    return row


def plan_at(house: House, transfer: str, version: int) -> Plan:
    """The plan of a version: replayed from the nearest stored one. Raises NotFoundError."""
    with house.database.read() as tx:
        row = row_of(tx, transfer)
        if version == row.version:
            return planbook.plan_of(row.plan)
        snapshot = stored.snapshot_before(tx, transfer, version)
        if snapshot is None or version > row.version:
            raise NotFoundError("version_not_found", version=version)
        steps = stored.between(tx, transfer, snapshot.version, version)
    plan = planbook.plan_of(snapshot.plan)
    for step in steps:
        plan, _ = planbook.perform(plan, planbook.decode(step.forward))
    return plan


def ways(house: House, transfer: str, by: str = LOCAL) -> tuple[bool, bool]:
    """Whether this person can undo, and redo."""
    with house.database.read() as tx:
        return stored.last_done(tx, transfer, by) is not None, stored.last_undone(tx, transfer, by) is not None


def summarise(house: House, transfer: str, version: int, evaluated: Evaluated) -> None:
    """Keep the totals that the home page shows."""
    with house.database.write() as tx:
        transfers.set_summary(tx, transfer, version, msgspec.json.encode(evaluated.evaluation.coverage))


def summary_of(row: TransferRow) -> dict[str, Coverage]:
    """The totals that were kept; empty where none are yet."""
    return msgspec.json.decode(row.summary, type=dict[str, Coverage]) if row.summary else {}
