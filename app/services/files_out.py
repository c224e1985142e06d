"""Remapped files: made at once where that takes no time, by a job otherwise. Both are the same to whoever asked."""

from collections.abc import Mapping

from app.errors import KeygraftError, NotFoundError
from app.exporting import PieceList
from app.exporting.moving import moves
from app.exporting.parts import check_space
from app.exporting.piece import Computed
from app.services import approval, checks, held, jobs, library, taking, workspaces
from app.services.cards import Said
from app.services.checking import refuse
from app.services.export_options import is_approved, is_inverse, is_signed
from app.services.house import LOCAL, House, new_id
from app.services.jobs import Job, Spec, making
from app.services.jobs.asking import already, folder_of, under_way
from app.services.jobs.making import FileMaker
from app.services.jobs.specs import spec_of
from app.services.naming import stem_of
from app.services.workspaces import Workspace

SUFFIXES = {"safetensors": ".safetensors", "torch": ".pt", "torch-legacy": ".pth"}
QUICK_BYTES = 32 << 20
"""What any disk takes in well below a second."""


def why_no_file(workspace: Workspace) -> Said | None:
    """What stands in the way of writing files here."""
    cards = workspace.source_cards.values()
    if any(card.kind == "lent" for card in cards):
        return Said("export-why-lent")
    if not all(card.holds for card in cards):
        return Said("export-why-not-held")
    return None


def pieces_of(house: House, workspace: Workspace, kind: str, options: Mapping[str, str]) -> PieceList:
    """What the files would consist of. Raises KeygraftError."""
    return _pieces(workspace, _spec(house, workspace, kind, options))


def _spec(house: House, workspace: Workspace, kind: str, options: Mapping[str, str]) -> Spec:
    told = {name: value for name, value in options.items() if name != making.APPROVAL}
    if is_approved(options):
        told[making.APPROVAL] = approval.document(
            house, workspace
        )  # as it stands now: a job that runs later says what was approved when it was asked
    return spec_of(house, workspace, "export", kind, told, stem_of(workspace.title) + SUFFIXES[kind])


def _pieces(workspace: Workspace, spec: Spec) -> PieceList:
    return making.pieces_of(spec, workspace.evaluation, workspace.sources, workspace.target, workspace.plan)


def start(house: House, transfer: str, kind: str, options: Mapping[str, str] | None = None, *, by: str = LOCAL) -> Job:
    """Write remapped files. The job is done already where that took no time; one that was asked for before is not done twice.

    Raises NotFoundError; KeygraftError where the bytes are not here or the disk is too small.
    """
    if kind not in SUFFIXES:
        raise NotFoundError("export_kind_unknown", kind=kind[:40])
    workspace = workspaces.open_subject(house, transfer, inverse=is_inverse(options or {}))
    if why_no_file(workspace) is not None:
        label = next(card.label for card in workspace.source_cards.values() if card.kind == "lent" or not card.holds)
        raise KeygraftError("export_not_held", label=label)
    spec = _spec(house, workspace, kind, options or {})
    held.check(house, {name: side for name, (side, _) in spec.sources.items()})
    pieces = _pieces(workspace, spec)
    check_space(pieces, house.folder("exports", transfer))
    if not is_inverse(spec.options):
        library.remember(house, workspace)
    taking.note(house, workspace, kind, by)
    if _is_quick(workspace, spec, pieces) and checks.answered(house, workspace):
        return _at_once(house, workspace, spec, by)
    found = checks.known_of(house, workspace)
    if found is not None:
        refuse(found)
    return under_way(house, transfer, spec) or jobs.submit(house, transfer, workspace.version, workspace.title, spec, by=by)


def _is_quick(workspace: Workspace, spec: Spec, pieces: PieceList) -> bool:
    if is_signed(spec.options) and sum(card.bytes for card in workspace.source_cards.values()) > QUICK_BYTES:
        return False  # every byte of it is hashed
    if pieces.size > QUICK_BYTES or any(card.kind == "remote" for card in workspace.source_cards.values()):
        return False
    made = (piece.recipe for file in pieces.files for piece in file.pieces if isinstance(piece, Computed))
    return all(moves(recipe, workspace.sources) for recipe in made)


def _at_once(house: House, workspace: Workspace, spec: Spec, by: str) -> Job:
    job = new_id()
    maker = FileMaker(house, spec, folder_of(house, workspace.id, job), checked=True)
    for number in range(len(maker.prepare().sizes)):
        maker.part(number, lambda _: None)
    return already(house, workspace.id, workspace.version, workspace.title, spec, job, maker.finish(), by=by)
