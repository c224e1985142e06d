"""What the automatic mapper suggests for a transfer, a person's decisions taken as facts.

Small transfers are answered at once. For large ones the mapper runs in the background: until it is done the last answer stands, without what
has been decided since, and whoever looks on hears when the new one is there.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from app import automap, logs
from app.errors import KeygraftError
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Evaluation
from app.mapping.wording import claim_of
from app.services import library, workspaces
from app.services.house import House
from app.services.live import Event
from app.store import TransferRow, transfers

_OPEN = frozenset({"missing", "mismatched", "conflicting"})
AT_ONCE = 3000
"""Target keys up to which the mapper is waited for."""

Proposals = dict[str, Proposal]


def open_proposals(
    house: House, row: TransferRow, version: int, evaluation: Evaluation, refused: set[tuple[str, str]]
) -> tuple[Proposals, bool]:
    """Proposals for the target keys that still need something, and whether better ones are on their way."""
    place = (row.id, version)
    found = house.opened.get(place)
    if found is not None:
        return found, False
    if version != row.version or all(outcome.state not in _OPEN for outcome in evaluation.targets.values()):
        return {}, False
    if len(evaluation.targets) <= AT_ONCE:
        listed = _still_open(evaluation, _answer(house, row, evaluation), refused)
        house.opened.put(place, listed)
        return listed, False
    _begin(house, row, version, evaluation, refused)
    last = house.last_proposed.get(row.id) or {}
    return _still_open(evaluation, last, refused), True


def _begin(house: House, row: TransferRow, version: int, evaluation: Evaluation, refused: set[tuple[str, str]]) -> None:
    """Start the mapper in the background, once for each version."""
    place = (row.id, version)
    if house.proposing.get(place) is not None:
        return

    def work() -> None:
        if _is_past(house, row.id, version):
            return
        listed = _still_open(evaluation, _answer(house, row, evaluation), refused)
        house.opened.put(place, listed)
        house.hub.publish(Event(row.id, "proposals", version))

    house.proposing.put(place, house.background.submit(work))


def _is_past(house: House, transfer: str, version: int) -> bool:
    """Whether the transfer has moved on, or is gone: nobody waits for this answer any more."""
    with house.database.read() as tx:
        row = transfers.find(tx, transfer)
    return row is None or row.version != version


def _still_open(evaluation: Evaluation, proposals: Mapping[str, Proposal], refused: set[tuple[str, str]]) -> Proposals:
    return {
        key: proposal
        for key, outcome in evaluation.targets.items()
        if outcome.state in _OPEN
        and (proposal := proposals.get(key)) is not None
        and proposal.claim is not None
        and (not refused or (key, digest(proposal.claim)) not in refused)
    }


def decisions(evaluation: Evaluation) -> dict[str, Claim | None]:
    """What rules say of target keys, as facts for the mapper: the claim, or None where the key starts fresh."""
    fixed: dict[str, Claim | None] = {}
    for key, outcome in evaluation.targets.items():
        if outcome.rule is None:
            continue
        if outcome.state == "initialised":
            fixed[key] = None
        elif outcome.state == "loaded" and outcome.recipe is not None:
            fixed[key] = claim_of(outcome.recipe)
    return fixed


def _answer(house: House, row: TransferRow, evaluation: Evaluation) -> Proposals:
    """The mapper's answer; a defect of the mapper costs the proposals, not the page."""
    try:
        return _proposed(house, row, evaluation)
    except KeygraftError:
        raise
    except Exception as error:  # noqa: BLE001 -- an edge: mapping by hand must go on
        logs.logger().error("mapper_failed", transfer=row.id, **logs.kind(error))
        return {}


def _proposed(house: House, row: TransferRow, evaluation: Evaluation) -> Proposals:
    """Run the mapper, or take the answer that was kept for the same trees and decisions."""
    fixed = decisions(evaluation)
    digests = workspaces.digests_of(house, row)
    facts = hashlib.blake2b(msgspec.json.encode(fixed), digest_size=16).hexdigest()
    known = library.entry_of(house, digests)
    remembered = "" if known is None else f"{known.id} {known.changed.isoformat()}"
    content = (*(f"{name}={found}" for name, found in digests.items()), facts, remembered)

    def run() -> Proposals:
        sources, target = workspaces.trees_of(house, row)
        return automap.propose(sources, target, fixed=fixed, library=() if known is None else (library.approved_of(known),))

    found = house.proposed.get_or_make(content, run)
    house.last_proposed.put(row.id, found)
    return found


def digest(claim: Claim) -> str:
    """Name of a claim, by which a refusal is remembered."""
    return hashlib.blake2b(msgspec.json.encode(claim), digest_size=16).hexdigest()
