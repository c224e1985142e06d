"""The work of the back room, one function for each task; values in, values out."""

import hashlib
import zlib
from collections.abc import Mapping

import msgspec

from app import automap, exporting, mapping
from app.automap import Approved
from app.errors import KeygraftError
from app.mapping.claims import Proposal
from app.mapping.outcomes import Reason
from app.services import additions, planbook
from app.services.backroom.shelf import Shelf
from app.services.backroom.tasks import (
    Answer,
    Failed,
    Induce,
    Induced,
    Look,
    Message,
    Part,
    Propose,
    Proposed,
    Row,
    Seen,
    Trees,
    Wanted,
    Write,
    Written,
)
from app.services.facts import decisions

_AT_A_TIME = 1000

_approved = msgspec.json.Decoder(Approved)
_rows = msgspec.msgpack.Encoder()


def answer(shelf: Shelf, message: Message) -> Answer | None:
    """Do a task; None for what needs no answer. A defect is an answer too: the process goes on."""
    if isinstance(message, Trees):
        shelf.put(message.packed)
        return None
    lacking = shelf.lacking(message.case)
    if lacking:
        return Wanted(lacking)
    try:
        match message:
            case Propose():
                return _propose(shelf, message)
            case Induce():
                return _induce(shelf, message)
            case Look():
                return _look(shelf, message)
            case Write():
                return _write(shelf, message)
    except KeygraftError as error:
        return Failed(type(error).__name__, error.code)
    except Exception as error:  # noqa: BLE001 -- an edge: one task fails, the next one is another
        return Failed(type(error).__name__)


def _propose(shelf: Shelf, task: Propose) -> Proposed:
    sources, target = shelf.sides(task.case)
    evaluation = shelf.evaluator(task.case).evaluate(planbook.plan_of(task.case.plan))
    library = () if task.approved is None else (_approved.decode(zlib.decompress(task.approved)),)
    found = automap.propose(sources, target, fixed=decisions(evaluation), library=library)
    given = mapping.offers(evaluation.targets.folded, found)
    parts = ((at, part.proposals) for at, part in enumerate(given.parts) if part.proposals)
    return Proposed({at: _part(proposals, task.have.get(at, b"")) for at, proposals in parts})


def _part(proposals: Mapping[str, Proposal], have: bytes) -> Part:
    table: list[tuple[Reason, ...]] = []
    whys: dict[bytes, int] = {}
    rows = []
    for proposal in proposals.values():
        why = whys.setdefault(msgspec.msgpack.encode(proposal.reasons), len(whys))
        if why == len(table):
            table.append(proposal.reasons)
        assert proposal.claim is not None  # noqa: S101 - offers have claims
        rows.append(Row(proposal.target, proposal.claim, proposal.confidence, proposal.accepted, why, proposal.alternatives))
    packed = tuple(_rows.encode(some) for some in (rows[at : at + _AT_A_TIME] for at in range(0, len(rows), _AT_A_TIME)))
    digest = hashlib.blake2b(digest_size=16)
    for content in (msgspec.msgpack.encode(table), *packed):
        digest.update(content)
    if digest.digest() == have:
        return Part(have)
    return Part(digest.digest(), tuple(table), packed)


def _induce(shelf: Shelf, task: Induce) -> Induced:
    evaluator, (sources, target) = shelf.evaluator(task.case), shelf.sides(task.case)
    plan = planbook.plan_of(task.case.plan)
    found = additions.rules_for(evaluator, plan, sources, target, task.claims, task.at)
    return Induced(tuple(mapping.statement(rule) for rule in found))


def _look(shelf: Shelf, task: Look) -> Seen:
    plan = planbook.plan_of(task.case.plan)
    return Seen(tuple(mapping.lint(plan, *shelf.sides(task.case), shelf.evaluator(task.case).evaluate(plan))))


def _write(shelf: Shelf, task: Write) -> Written:
    plan, (sources, target) = planbook.plan_of(task.case.plan), shelf.sides(task.case)
    evaluation = shelf.evaluator(task.case).evaluate(plan)
    return Written(exporting.loader_script(plan, sources, target, evaluation, task.options))
