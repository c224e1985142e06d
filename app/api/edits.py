"""Edits of a transfer: each is one step that can be undone."""

from typing import Any

import msgspec
from fastapi import APIRouter

from app.api import models
from app.api.failures import RequestError
from app.api.house import House
from app.mapping.edits import Edit
from app.services import edits, foreseeing, imports, mappings, proposals, workspaces
from app.services.cards import Said

router = APIRouter(prefix="/transfers/{transfer}", tags=["edits"])
schemas = APIRouter(tags=["edits"])


@schemas.get("/schemas/edits")
def schema() -> dict[str, Any]:
    """JSON schema of an edit."""
    return msgspec.json.schema(Edit)


@router.post("/edits", response_model=models.AppliedOut)
def apply(house: House, transfer: str, asked: models.Edits) -> object:
    """Do edits as one step. 409 where somebody changed the same in the meantime."""
    try:
        wanted = msgspec.convert(asked.edits, tuple[Edit, ...])
    except msgspec.ValidationError as error:
        raise RequestError("request_invalid", where="edits", why=str(error)[:200]) from error
    label = Said("edit-rules", {"count": len(wanted)})
    return edits.apply(house, transfer, asked.base_version, wanted, label=label, client=asked.client)


@router.put("/plan", response_model=models.AppliedOut)
def import_plan(house: House, transfer: str, asked: models.ImportPlan) -> object:
    """Put a plan in the place of the one that is there."""
    return edits.import_plan(house, transfer, asked.base_version, asked.plan, client=asked.client)


@router.post("/plan/import", response_model=models.TakenOut)
def import_mapping(house: House, transfer: str, asked: models.ImportMapping) -> object:
    """Take over a plan or another program's mapping as one step; say what was understood, and what was left out."""
    if not asked.apply:
        return imports.look(house, transfer, asked.text)
    return imports.take(house, transfer, asked.base_version, asked.text, replace=asked.replace, client=asked.client)


@router.post("/plan/foresee", response_model=models.ForeseenOut)
def foresee(house: House, transfer: str, asked: models.Foresee) -> object:
    """Say what a rule would do; nothing is stored."""
    return foreseeing.foresee(house, transfer, asked.statement, asked.index)


@router.post("/undo", response_model=models.AppliedOut)
def undo(house: House, transfer: str, asked: models.Client) -> object:
    """Take back my last step."""
    return edits.undo(house, transfer, client=asked.client)


@router.post("/redo", response_model=models.AppliedOut)
def redo(house: House, transfer: str, asked: models.Client) -> object:
    """Do again what I took back last."""
    return edits.redo(house, transfer, client=asked.client)


@router.post("/versions/{version}/restore", response_model=models.AppliedOut)
def jump(house: House, transfer: str, version: int, asked: models.Client) -> object:
    """Make an earlier version the newest."""
    return edits.jump(house, transfer, version, client=asked.client)


@router.get("/proposals", response_model=list[models.Group])
def listed(house: House, transfer: str) -> object:
    """Open proposals, grouped by family."""
    return proposals.groups(workspaces.open_workspace(house, transfer))


@router.post("/proposals/accept", response_model=models.AppliedOut)
def accept(house: House, transfer: str, asked: models.Accept) -> object:
    """Take proposals."""
    return proposals.accept(
        house,
        transfer,
        asked.base_version,
        keys=asked.keys,
        groups=asked.groups,
        at_least=asked.at_least,
        certain=asked.certain,
        client=asked.client,
    )


@router.post("/proposals/reject", response_model=models.AppliedOut)
def reject(house: House, transfer: str, asked: models.Reject) -> object:
    """Refuse proposals."""
    return proposals.reject(house, transfer, asked.base_version, keys=asked.keys, groups=asked.groups, client=asked.client)


@router.post("/map", response_model=models.AppliedOut)
def draw(house: House, transfer: str, asked: models.Draw) -> object:
    """Map source keys to target keys."""
    return mappings.draw(house, transfer, asked.base_version, asked.pairs, source=asked.source, client=asked.client)


@router.post("/unmap", response_model=models.AppliedOut)
def unmap(house: House, transfer: str, asked: models.Targets) -> object:
    """Take target keys out of the rules that fill them."""
    return mappings.unmap(house, transfer, asked.base_version, asked.targets, client=asked.client)


@router.post("/start-fresh", response_model=models.AppliedOut)
def start_fresh(house: House, transfer: str, asked: models.Fresh) -> object:
    """Let target keys start fresh."""
    return mappings.start_fresh(house, transfer, asked.base_version, asked.targets, policy=asked.policy, client=asked.client)


@router.post("/leave-behind", response_model=models.AppliedOut)
def leave_behind(house: House, transfer: str, asked: models.LeaveBehind) -> object:
    """Leave source keys behind on purpose."""
    return mappings.leave_behind(house, transfer, asked.base_version, asked.keys, source=asked.source, client=asked.client)
