"""A workspace: everything the page shows of a transfer at once. Evaluations are kept in memory by transfer and version."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from app import mapping
from app.errors import KeygraftError, NotFoundError
from app.keys import KeyTree
from app.mapping import Evaluator, algebra
from app.mapping.algebra import Loss
from app.mapping.offers import Offers
from app.mapping.outcomes import Coverage, Evaluation
from app.mapping.plan import Plan
from app.services import planbook, proposing, sidebook
from app.services.backroom.tasks import Case
from app.services.cards import SideCard
from app.services.house import LOCAL, House
from app.store import Transaction, TransferRow, transfers, trees
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
    proposals: Offers
    can_undo: bool
    can_redo: bool
    source_cards: dict[str, SideCard]
    target_card: SideCard
    proposing: bool = False


def open_workspace(house: House, transfer: str, *, by: str = LOCAL, version: int | None = None) -> Workspace:
    """Open a transfer, at its newest version or an earlier one. Raises NotFoundError."""
    with house.database.read() as tx:
        row = row_of(tx, transfer)
        refused = house.refused.get_or_make((transfer, row.version), lambda: frozenset(transfers.rejected(tx, transfer)))
        can_undo, can_redo = stored.last_done(tx, transfer, by) is not None, stored.last_undone(tx, transfer, by) is not None
    found = sidebook.understood(house, [*row.sources.values(), row.target])
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
        {name: found[side].card for name, side in row.sources.items()},
        found[row.target].card,
        proposing_still,
    )


def open_subject(house: House, transfer: str, *, inverse: bool = False) -> Workspace:
    """What an export is made of: the transfer as it stands or, `inverse`, the way back. Raises NotFoundError, KeygraftError."""
    workspace = open_workspace(house, transfer)
    return turned(workspace)[0] if inverse else workspace


def turned(workspace: Workspace) -> tuple[Workspace, tuple[Loss, ...]]:
    """The way from the target back to the source, and what cannot be had back. Raises KeygraftError where there are several sources."""
    if len(workspace.sources) != 1:
        raise KeygraftError("reverse_several_sources", count=len(workspace.sources))
    name = next(iter(workspace.sources))
    found = algebra.inverse(workspace.plan, workspace.sources, workspace.target, source=name)
    back = {"": workspace.target}
    swapped = msgspec.structs.replace(
        workspace,
        title=" → ".join(reversed(workspace.title.split(" → "))) if workspace.title.count(" → ") == 1 else workspace.title,
        sources=back,
        target=workspace.sources[name],
        plan=found.plan,
        evaluation=mapping.evaluate(found.plan, back, workspace.sources[name]),
        source_cards={"": workspace.target_card},
        target_card=workspace.source_cards[name],
    )
    return swapped, found.lost


def evaluation_of(house: House, transfer: str, plan: Plan) -> Evaluation:
    """What a plan that is not saved would do. Raises NotFoundError, KeygraftError."""
    with house.database.read() as tx:
        row = row_of(tx, transfer)
    return evaluate(house, row, plan).evaluation


def evaluate(house: House, row: TransferRow, plan: Plan) -> Evaluated:
    """Evaluate a plan on the transfer's trees, or take what is remembered of it. Raises KeygraftError where a rule cannot be read."""

    def make() -> Evaluated:
        return Evaluated(plan, evaluator_of(house, row).evaluate(plan))

    sides = "\n".join((row.target, *(f"{name}={side}" for name, side in row.sources.items()))).encode()
    name = hashlib.blake2b(planbook.plan_bytes(plan) + sides, digest_size=16).hexdigest()
    return house.evaluated.get_or_make((row.id, name), make)


def placed(row: TransferRow, sides: Mapping[str, str]) -> TransferRow:
    """Return the transfer with other sides: "target" or "source:NAME" -> side."""
    sources = {name: sides.get(f"source:{name}", side) for name, side in row.sources.items()}
    return msgspec.structs.replace(row, target=sides.get("target", row.target), sources=sources)


def row_at(tx: Transaction, row: TransferRow, version: int) -> TransferRow:
    """Return the transfer with the sides that it had at an earlier version."""
    for step in reversed(stored.between(tx, row.id, version, row.version)):
        if b'"sides"' in step.inverse:
            row = placed(row, planbook.decode(step.inverse).sides)
    return row


def evaluator_of(house: House, row: TransferRow) -> Evaluator:
    """What evaluates plans on the transfer's trees, and remembers what did not change. Raises NotFoundError."""
    digests = digests_of(house, row)
    name = tuple(sorted((name or "", name is None, digest) for name, digest in digests.items()))
    return house.evaluators.get_or_make(name, lambda: Evaluator(*trees_of(house, row)))


def evaluator_named(house: House, transfer: str) -> Evaluator:
    """The evaluator of a transfer by its name. Raises NotFoundError."""
    with house.database.read() as tx:
        row = row_of(tx, transfer)
    return evaluator_of(house, row)


def case_of(house: House, row: TransferRow, plan: bytes | None = None) -> Case:
    """The transfer as the back room is told of it; with another plan than its own where one is given. Raises NotFoundError."""
    digests = digests_of(house, row)
    return Case({name: digest for name, digest in digests.items() if name is not None}, digests[None], row.plan if plan is None else plan)


def packed(house: House, digests: Sequence[str]) -> dict[str, bytes]:
    """Trees as the store keeps them, by digest. Raises NotFoundError."""
    with house.database.read() as tx:
        found = {digest: trees.packed(tx, digest) for digest in digests}
    if None in found.values():
        raise NotFoundError("tree_not_found")
    return {digest: content for digest, content in found.items() if content is not None}


def version_of(house: House, transfer: str) -> int:
    """The newest version. Raises NotFoundError."""
    with house.database.read() as tx:
        return row_of(tx, transfer).version


def trees_of(house: House, row: TransferRow) -> tuple[dict[str, KeyTree], KeyTree]:
    """The sources' trees by name, and the target's. Raises NotFoundError."""
    digests = digests_of(house, row)
    names = list(row.sources)
    return {name: sidebook.tree_of(house, digests[name]) for name in names}, sidebook.tree_of(house, digests[None])


def digests_of(house: House, row: TransferRow) -> dict[str | None, str]:
    """Digest of each source's tree by name, and under None of the target's. Raises NotFoundError."""
    found = sidebook.understood(house, [*row.sources.values(), row.target])
    wanted: dict[str | None, str] = {None: row.target}
    wanted.update(row.sources)
    digests = {name: digest for name, side in wanted.items() if (digest := found[side].tree) is not None}
    if len(digests) != len(wanted):
        raise NotFoundError("tree_not_found")
    return digests


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
