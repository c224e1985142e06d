"""The library: plans that were approved here, found again by the architectures of both sides.

Where one person works, a transfer is approved when its plan leaves nothing open and it is taken out: as a script, a file or a plan.
"""

import hashlib
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from app import automap, mapping
from app.automap import Approved
from app.errors import NotFoundError
from app.mapping.claims import Claim
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Plan
from app.services import audit, planbook, sidebook, workspaces
from app.services.house import LOCAL, House, new_id
from app.store import LibraryRow, TransferRow
from app.store import library as stored

if TYPE_CHECKING:
    from app.services.workspaces import Workspace

_decoder = msgspec.json.Decoder(Approved)


class Entry(msgspec.Struct, frozen=True):
    """An approved plan as it is listed; `keys` is the number of target keys it speaks of."""

    id: str
    title: str
    used: int
    keys: int
    created: datetime
    changed: datetime


class Offer(msgspec.Struct, frozen=True):
    """A plan that was approved for the same architectures; `percent` of the target's keys are settled by it."""

    entry: str
    title: str
    used: int
    percent: int


def listed(house: House) -> tuple[Entry, ...]:
    """Every approved plan, the most lately approved first."""
    with house.database.read() as tx:
        return tuple(Entry(row.id, row.title, row.used, row.keys, row.created, row.changed) for row in stored.listed(tx))


def forget(house: House, entry: str, *, by: str = LOCAL) -> None:
    """Forget an approved plan; transfers that used it stay as they are. Raises NotFoundError."""
    with house.database.write() as tx:
        if not stored.delete(tx, entry):
            raise NotFoundError("library_entry_not_found")
        audit.record(tx, by, "library.forgotten", at=house.clock(), entry=entry)
    _look_again(house)


def _look_again(house: House) -> None:
    """Proposals that are still open may be others now."""
    house.opened.forget(lambda _: True)
    house.proposing.forget(lambda _: True)


def remember(house: House, workspace: "Workspace") -> None:
    """Keep the plan of a transfer that is taken out, where it leaves nothing open, and count the use."""
    if not workspace.evaluation.clean:
        return
    with house.database.read() as tx:
        row = workspaces.row_of(tx, workspace.id)
    prints = _prints(house, workspaces.digests_of(house, row))
    name = _name(prints)
    content = planbook.plan_bytes(workspace.plan)
    with house.database.read() as tx:
        known = stored.find(tx, name)
    with house.database.write() as tx:
        if known is None or known.plan != content:
            at = house.clock()
            stored.keep(
                tx, LibraryRow(new_id(), name, workspace.title, content, _packed(prints, workspace), len(workspace.target.tensors), at, at)
            )
        stored.use(tx, name, workspace.id)
    if known is None or known.plan != content:
        _look_again(house)


def _packed(prints: Mapping[str | None, str], workspace: "Workspace") -> bytes:
    sources = {name: found for name, found in prints.items() if name is not None}
    approved = Approved(sources, prints[None], claims(workspace.evaluation), workspace.title)
    return zlib.compress(msgspec.json.encode(approved))


def claims(evaluation: Evaluation) -> dict[str, Claim | None]:
    """What a plan does to each target key, as the mapper replays it; None: it starts fresh."""
    return {
        key: None if outcome.state != "loaded" or outcome.recipe is None else mapping.claim_of(outcome.recipe)
        for key, outcome in evaluation.targets.items()
    }


def entry_of(house: House, digests: Mapping[str | None, str]) -> LibraryRow | None:
    """The plan approved for trees, by their digests: sources by name, the target under None."""
    with house.database.read() as tx:
        if not stored.any_kept(tx):  # fingerprints of large trees take a while
            return None
    name = _name(_prints(house, digests))
    with house.database.read() as tx:
        return stored.find(tx, name)


def packed_of(entry: LibraryRow) -> bytes:
    """What the mapper replays, packed as it is for another process."""
    return zlib.compress(msgspec.json.encode(approved_of(entry)))


def approved_of(entry: LibraryRow) -> Approved:
    """What the mapper replays."""
    return msgspec.structs.replace(_decoder.decode(zlib.decompress(entry.approved)), title=entry.title, used=entry.used)


def plan_of(entry: LibraryRow) -> Plan:
    """The plan itself."""
    return planbook.plan_of(entry.plan)


def of_transfer(house: House, transfer: str) -> LibraryRow | None:
    """The plan approved for a transfer's architectures. Raises NotFoundError."""
    return entry_of(house, workspaces.digests_of(house, _row(house, transfer)))


def _row(house: House, transfer: str) -> TransferRow:
    with house.database.read() as tx:
        return workspaces.row_of(tx, transfer)


def offer(house: House, workspace: "Workspace") -> Offer | None:
    """What to offer on the page: nothing where nothing is open any more."""
    if workspace.evaluation.clean:
        return None
    with house.database.read() as tx:
        if not stored.any_kept(tx):  # the usual case, asked with every gesture
            return None
    found = of_transfer(house, workspace.id)
    if found is None:
        return None
    return Offer(found.id, found.title, found.used, 100 * found.keys // max(len(workspace.target.tensors), 1))


def _prints(house: House, digests: Mapping[str | None, str]) -> dict[str | None, str]:
    return {name: _print(house, digest) for name, digest in digests.items()}


def _print(house: House, digest: str) -> str:
    return house.architectures.get_or_make(digest, lambda: automap.fingerprint(sidebook.tree_of(house, digest)))


def _name(prints: Mapping[str | None, str]) -> str:
    """One digest over all sides, names of sources included."""
    sources = sorted((name, found) for name, found in prints.items() if name is not None)
    return hashlib.sha256(msgspec.json.encode([prints[None], sources])).hexdigest()
