"""Files that are put together where the weights lie: by the page, out of files that stay in the browser. The server sends the list of pieces."""

from collections.abc import Mapping

import msgspec

from app import exporting
from app.errors import KeygraftError
from app.exporting import Obstacle, PieceList
from app.services import audit, checks, files_out, library, workspaces
from app.services.cards import Said
from app.services.house import LOCAL, House
from app.services.workspaces import Workspace

KIND = "safetensors"


class Needed(msgspec.Struct, frozen=True):
    """A source whose bytes the new file takes: its name in the plan, the side, and its files that are read."""

    name: str
    side: str
    label: str
    files: tuple[str, ...]


class MadeFile(msgspec.Struct, frozen=True):
    """A file that comes out."""

    name: str
    size: int


class Prospect(msgspec.Struct, frozen=True):
    """What composing a transfer's file would take and give.

    possible  -- whether it can be done; else `why` says what stands in the way
    obstacles -- rules that compute, where that is what stands in the way
    left_out  -- target keys that the file does not hold
    """

    possible: bool
    size: int = 0
    files: tuple[MadeFile, ...] = ()
    needed: tuple[Needed, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    left_out: int = 0
    why: Said | None = None


def lends(workspace: Workspace) -> bool:
    """Whether a source of the transfer stays in a browser: only then is there something to compose."""
    return any(card.kind == "lent" for card in workspace.source_cards.values())


def prospect(house: House, transfer: str, options: Mapping[str, str] | None = None) -> Prospect:
    """Say whether the page can put the file together, and from what. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer)
    try:
        pieces = _pieces(house, workspace, options or {})
    except KeygraftError as error:
        return Prospect(False, why=Said(f"error-{error.code.replace('_', '-')}", dict(error.params)))
    found = exporting.obstacles(pieces, workspace.evaluation, workspace.plan, workspace.sources)
    needed = _needed(workspace, pieces)
    elsewhere = [each for each in needed if workspace.source_cards[each.name].kind != "lent"]
    shown = Prospect(
        not found and not elsewhere,
        pieces.size,
        tuple(MadeFile(file.name, file.size) for file in pieces.files),
        needed,
        found,
        len(pieces.left_out),
    )
    if found:
        return msgspec.structs.replace(shown, why=Said("compose-computes", {"count": sum(each.keys for each in found)}))
    if elsewhere:
        return msgspec.structs.replace(shown, why=Said("compose-elsewhere", {"label": elsewhere[0].label}))
    return shown


def document(house: House, transfer: str, options: Mapping[str, str] | None = None, *, by: str = LOCAL) -> bytes:
    """The list of pieces, see `app.exporting.composition`. Raises NotFoundError, KeygraftError; ExportError `composition_computes`."""
    workspace = workspaces.open_workspace(house, transfer)
    checks.require(house, workspace)
    made = exporting.composition(_pieces(house, workspace, options or {}))
    library.remember(house, workspace)
    audit.note(house, by, "export.taken", transfer=transfer, version=workspace.version, kind=KIND)
    return made


def _pieces(house: House, workspace: Workspace, options: Mapping[str, str]) -> PieceList:
    """The pieces of the safetensors file that the server would write, one file under the name that it would have."""
    return exporting.settled(files_out.pieces_of(house, workspace, KIND, options))


def _needed(workspace: Workspace, pieces: PieceList) -> tuple[Needed, ...]:
    files: dict[str, list[str]] = {}
    for source, file in pieces.sources:
        files.setdefault(source, []).append(file)
    return tuple(
        Needed(name, workspace.source_cards[name].id, workspace.source_cards[name].label, tuple(listed)) for name, listed in files.items()
    )
