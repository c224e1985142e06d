"""What the automatic mapper suggests for a transfer, a person's decisions taken as facts.

Small transfers are answered at once. For larger ones the mapper runs in the back room: until it is done the last answer stands, without what
has been decided since, and whoever looks on hears when the new one is there.
"""

import hashlib
import time
from collections.abc import Collection, Mapping

import msgspec

from app import automap, logs, mapping
from app.errors import KeygraftError
from app.mapping.claims import Claim, Proposal
from app.mapping.offers import NONE, FamilyOffers, Offers
from app.mapping.outcomes import Evaluation, Reason
from app.services import library, workspaces
from app.services.backroom.tasks import Part, Propose, Proposed, Row
from app.services.facts import decisions
from app.services.house import House
from app.services.live import Event
from app.services.recent import Recent
from app.store import TransferRow, transfers

_LATELY = 3
_OPEN = frozenset({"missing", "mismatched", "conflicting"})
AT_ONCE = 600
"""Target keys up to which the mapper is waited for."""
PATIENCE = 60.0
"""Seconds that a script waits for the mapper."""

Refused = Collection[tuple[str, str]]

_rows = msgspec.msgpack.Decoder(tuple[Row, ...])


def open_proposals(house: House, row: TransferRow, version: int, evaluation: Evaluation, refused: Refused) -> tuple[Offers, bool]:
    """Proposals for the target keys that still need something, and whether better ones are on their way."""
    place = (row.id, version)
    found = house.opened.get(place)
    if found is not None:
        return found, False
    if version != row.version or not any(evaluation.coverage[state].keys for state in _OPEN):
        return mapping.offers(evaluation.targets.folded, {}), False
    if len(evaluation.targets) <= AT_ONCE:
        answer = mapping.offers(evaluation.targets.folded, _answer(house, row, evaluation))
        house.last_proposed.put(row.id, answer)
        listed = still_open(evaluation, answer, refused)
        house.opened.put(place, listed)
        return listed, False
    _begin(house, row, version, evaluation, refused)
    last = house.last_proposed.get(row.id)
    return still_open(evaluation, last, refused), True


def still_open(evaluation: Evaluation, answer: Offers | None, refused: Refused) -> Offers:
    """Proposals whose key needs something yet, without those that were refused."""
    folded = evaluation.targets.folded
    if answer is None or answer.folded is not folded:
        return mapping.offers(folded, {})
    found = answer.among(evaluation.targets, _OPEN)
    named = {key for key, _ in refused if key in found}
    return found.without(key for key in named if (key, digest_of(found[key])) in refused) if named else found


def settle(house: House, transfer: str) -> None:
    """Wait for a transfer's proposals: a script, unlike a page, does not look again. Raises NotFoundError."""
    with house.database.read() as tx:
        row = workspaces.row_of(tx, transfer)
    wait(house, row)


def wait(house: House, row: TransferRow) -> None:
    """Wait until the mapper has answered for the newest version, or for as long as a script has patience."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and workspaces.open_workspace(house, row.id).proposing:
        future = house.proposing.get((row.id, workspaces.version_of(house, row.id)))
        if future is None:
            return
        future.exception(max(0.1, until - time.monotonic()))


def _begin(house: House, row: TransferRow, version: int, evaluation: Evaluation, refused: Refused) -> None:
    """Start the mapper in the back room, once for each version."""
    place = (row.id, version)
    if house.proposing.get(place) is not None:
        return

    def work() -> None:
        if _is_past(house, row.id, version):
            return
        answer = _from_back_room(house, row, evaluation)
        house.last_proposed.put(row.id, answer)
        house.opened.put(place, still_open(evaluation, answer, refused))
        house.hub.publish(Event(row.id, "proposals", version))

    house.proposing.put(place, house.backroom.submit(work))


def _is_past(house: House, transfer: str, version: int) -> bool:
    """Whether the transfer has moved on, or is gone: nobody waits for this answer any more."""
    with house.database.read() as tx:
        row = transfers.find(tx, transfer)
    return row is None or row.version != version


def _from_back_room(house: House, row: TransferRow, evaluation: Evaluation) -> Offers:
    """Ask the process; families whose proposals are the ones that are here already are not sent again."""
    folded, last = evaluation.targets.folded, house.last_proposed.get(row.id)
    known = house.last_parts.get(row.id) or {}
    parts = list(last.parts) if last is not None and last.folded is folded else [NONE] * len(folded.families)
    entry = library.entry_of(house, workspaces.digests_of(house, row))
    approved = None if entry is None else library.packed_of(entry)
    task = Propose(workspaces.case_of(house, row), approved, known if last is not None and last.folded is folded else {})
    answer = house.backroom.ask(task, lambda wanted: workspaces.packed(house, wanted))
    if not isinstance(answer, Proposed):
        if not house.hub.closed:
            logs.logger().error("mapper_failed", transfer=row.id, kind=getattr(answer, "kind", ""))
        return mapping.offers(folded, {})
    for at in range(len(parts)):
        if at not in answer.parts:
            parts[at] = NONE
    for at, part in answer.parts.items():
        if part.rows:
            parts[at] = _held(house, row.id, at, part)
    house.last_parts.put(row.id, {at: part.digest for at, part in answer.parts.items()})
    return Offers(folded, parts)


def _held(house: House, transfer: str, at: int, part: Part) -> FamilyOffers:
    """The proposals of a family: the very value that was here lately where they are the same, with what was worked out of it."""
    lately = house.parts.get_or_make((transfer, at), lambda: Recent(_LATELY))
    found = lately.get(part.digest)
    if found is None:
        found = FamilyOffers(_unpacked(part))
        found.look_over()
        lately.put(part.digest, found)
    return found


def _unpacked(part: Part) -> dict[str, Proposal]:
    found: dict[str, Proposal] = {}
    reasons: tuple[tuple[Reason, ...], ...] = part.reasons
    for some in part.rows:
        for each in _rows.decode(some):
            found[each.target] = Proposal(each.target, each.claim, each.confidence, each.accepted, reasons[each.why], each.alternatives)
        time.sleep(0)  # whoever answers a gesture goes first
    return found


def _answer(house: House, row: TransferRow, evaluation: Evaluation) -> Mapping[str, Proposal]:
    """The mapper's answer; a defect of the mapper costs the proposals, not the page."""
    try:
        return _proposed(house, row, evaluation)
    except KeygraftError:
        raise
    except Exception as error:  # noqa: BLE001 -- an edge: mapping by hand must go on
        logs.logger().error("mapper_failed", transfer=row.id, **logs.kind(error))
        return {}


def _proposed(house: House, row: TransferRow, evaluation: Evaluation) -> Mapping[str, Proposal]:
    """Run the mapper, or take the answer that was kept for the same trees and decisions."""
    fixed = decisions(evaluation)
    digests = workspaces.digests_of(house, row)
    facts = hashlib.blake2b(msgspec.json.encode(fixed), digest_size=16).hexdigest()
    known = library.entry_of(house, digests)
    remembered = "" if known is None else f"{known.id} {known.changed.isoformat()}"
    content = (*(f"{name}={found}" for name, found in digests.items()), facts, remembered)

    def run() -> Mapping[str, Proposal]:
        sources, target = workspaces.trees_of(house, row)
        return automap.propose(sources, target, fixed=fixed, library=() if known is None else (library.approved_of(known),))

    return house.proposed.get_or_make(content, run)


def digest_of(proposal: Proposal) -> str:
    """Name of a proposal's claim."""
    return digest(proposal.claim) if proposal.claim is not None else ""


def digest(claim: Claim) -> str:
    """Name of a claim, by which a refusal is remembered."""
    return hashlib.blake2b(msgspec.json.encode(claim), digest_size=16).hexdigest()
