"""Edits of a transfer: each is one step that can be undone."""

from typing import Any

import msgspec
from fastapi import APIRouter

from app.api import bodies, models
from app.api.failures import RequestError
from app.api.house import House, Visitor
from app.mapping.edits import Edit
from app.services import edits, foreseeing, imports, mappings, proposals, proposing, workspaces
from app.services.cards import Said

router = APIRouter(prefix="/transfers/{transfer}", tags=["edits"])
schemas = APIRouter(tags=["edits"])


@schemas.get("/schemas/edits")
def schema() -> dict[str, Any]:
    """JSON schema of an edit."""
    return msgspec.json.schema(Edit)


@router.post("/edits", response_model=models.AppliedOut)
def apply(house: House, visitor: Visitor, transfer: str, asked: bodies.Edits) -> object:
    """Do edits as one step. 409 where somebody changed the same in the meantime."""
    try:
        wanted = msgspec.convert(asked.edits, tuple[Edit, ...])
    except msgspec.ValidationError as error:
        raise RequestError("request_invalid", where="edits", why=str(error)[:200]) from error
    label = Said("edit-rules", {"count": len(wanted)})
    return edits.apply(house, transfer, asked.base_version, wanted, label=label, client=asked.client, by=visitor.person)


@router.put("/plan", response_model=models.AppliedOut)
def import_plan(house: House, visitor: Visitor, transfer: str, asked: bodies.ImportPlan) -> object:
    """Put a plan in the place of the one that is there."""
    return edits.import_plan(house, transfer, asked.base_version, asked.plan, client=asked.client, by=visitor.person)


@router.post("/plan/import", response_model=models.TakenOut)
def import_mapping(house: House, visitor: Visitor, transfer: str, asked: bodies.ImportMapping) -> object:
    """Take over a plan or another program's mapping as one step; say what was understood, and what was left out."""
    if not asked.apply:
        return imports.look(house, transfer, asked.text)
    return imports.take(house, transfer, asked.base_version, asked.text, replace=asked.replace, client=asked.client, by=visitor.person)


@router.post("/plan/foresee", response_model=models.ForeseenOut)
def foresee(house: House, transfer: str, asked: bodies.Foresee) -> object:
    """Say what a rule would do; nothing is stored."""
    return foreseeing.foresee(house, transfer, asked.statement, asked.index)


@router.post("/undo", response_model=models.AppliedOut)
def undo(house: House, visitor: Visitor, transfer: str, asked: bodies.Client) -> object:
    """Take back my last step."""
    return edits.undo(house, transfer, client=asked.client, by=visitor.person)


@router.post("/redo", response_model=models.AppliedOut)
def redo(house: House, visitor: Visitor, transfer: str, asked: bodies.Client) -> object:
    """Do again what I took back last."""
    return edits.redo(house, transfer, client=asked.client, by=visitor.person)


@router.post("/versions/{version}/restore", response_model=models.AppliedOut)
def jump(house: House, visitor: Visitor, transfer: str, version: int, asked: bodies.Client) -> object:
    """Make an earlier version the newest."""
    return edits.jump(house, transfer, version, client=asked.client, by=visitor.person)


@router.get("/proposals", response_model=list[models.Group])
def listed(house: House, transfer: str) -> object:
    """Open proposals, grouped by family."""
    proposing.settle(house, transfer)
    return proposals.groups(workspaces.open_workspace(house, transfer))


@router.post("/proposals/accept", response_model=models.AppliedOut)
def accept(house: House, visitor: Visitor, transfer: str, asked: bodies.Accept) -> object:
    """Take proposals."""
    proposing.settle(house, transfer)
    return proposals.accept(
        house,
        transfer,
        asked.base_version,
        keys=asked.keys,
        groups=asked.groups,
        at_least=asked.at_least,
        certain=asked.certain,
        client=asked.client,
        by=visitor.person,
    )


@router.post("/proposals/reject", response_model=models.AppliedOut)
def reject(house: House, visitor: Visitor, transfer: str, asked: bodies.Reject) -> object:
    """Refuse proposals."""
    proposing.settle(house, transfer)
    return proposals.reject(
        house, transfer, asked.base_version, keys=asked.keys, groups=asked.groups, client=asked.client, by=visitor.person
    )


@router.post("/map", response_model=models.AppliedOut)
def draw(house: House, visitor: Visitor, transfer: str, asked: bodies.Draw) -> object:
    """Map source keys to target keys."""
    return mappings.draw(house, transfer, asked.base_version, asked.pairs, source=asked.source, client=asked.client, by=visitor.person)


@router.post("/unmap", response_model=models.AppliedOut)
def unmap(house: House, visitor: Visitor, transfer: str, asked: bodies.Targets) -> object:
    """Take target keys out of the rules that fill them."""
    return mappings.unmap(house, transfer, asked.base_version, asked.targets, client=asked.client, by=visitor.person)


@router.post("/start-fresh", response_model=models.AppliedOut)
def start_fresh(house: House, visitor: Visitor, transfer: str, asked: bodies.Fresh) -> object:
    """Let target keys start fresh."""
    return mappings.start_fresh(
        house, transfer, asked.base_version, asked.targets, policy=asked.policy, args=asked.args, client=asked.client, by=visitor.person
    )


@router.post("/leave-behind", response_model=models.AppliedOut)
def leave_behind(house: House, visitor: Visitor, transfer: str, asked: bodies.LeaveBehind) -> object:
    """Leave source keys behind on purpose."""
    return mappings.leave_behind(
        house, transfer, asked.base_version, asked.keys, source=asked.source, client=asked.client, by=visitor.person
    )
