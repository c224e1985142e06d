"""Transfers, and what is in them."""

import msgspec
from fastapi import APIRouter, Response

from app.api import models
from app.api.house import House
from app.services import documents, edits, findings, reversing, transfers, workspaces

router = APIRouter(tags=["transfers"])


@router.get("/transfers", response_model=list[models.Transfer])
def listed(house: House, archived: bool = False) -> object:
    """List transfers, the most lately changed first."""
    return transfers.listed(house, archived=archived)


@router.post("/transfers", response_model=models.Transfer, status_code=201)
def create(house: House, asked: models.Create) -> object:
    """Begin a transfer."""
    if asked.plan:
        return transfers.from_plan(house, asked.plan, asked.sources, asked.target, title=asked.title)
    return transfers.create(house, asked.sources, asked.target or "", title=asked.title)


@router.post("/example", response_model=models.Transfer)
def example(house: House) -> object:
    """Return the example, made at its first use."""
    return transfers.example(house)


@router.get("/transfers/{transfer}", response_model=models.Transfer)
def get(house: House, transfer: str) -> object:
    """One transfer."""
    return transfers.get(house, transfer)


@router.patch("/transfers/{transfer}", response_model=models.Transfer)
def change(house: House, transfer: str, asked: models.Change) -> object:
    """Rename; put away or bring back."""
    if asked.title is not None:
        transfers.rename(house, transfer, asked.title)
    if asked.archived is not None:
        transfers.archive(house, transfer, archived=asked.archived)
    return transfers.get(house, transfer)


@router.delete("/transfers/{transfer}", status_code=204)
def delete(house: House, transfer: str) -> None:
    """Delete with all its history."""
    transfers.delete(house, transfer)


@router.post("/transfers/{transfer}/reverse", response_model=models.ReversedOut, status_code=201)
def reverse(house: House, transfer: str) -> object:
    """Begin the transfer that leads back: sides swapped, the inverse plan, and what is lost."""
    return reversing.reverse(house, transfer)


@router.get("/transfers/{transfer}/evaluation")
def evaluation(house: House, transfer: str, version: int | None = None) -> Response:
    """The outcome of every key: what `keygraft evaluate --json` prints."""
    workspace = workspaces.open_workspace(house, transfer, version=version)
    document = documents.evaluation(workspace.plan, workspace.evaluation, workspace.sources)
    return Response(msgspec.json.encode(document), media_type="application/json")


@router.get("/transfers/{transfer}/plan")
def plan(house: House, transfer: str, version: int | None = None, spelling: str = "json") -> Response:
    """The plan, as JSON or (`spelling=text`) as text."""
    found = workspaces.open_workspace(house, transfer, version=version)
    content, media_type = documents.plan(found.plan, spelling)
    return Response(content, media_type=media_type)


@router.get("/transfers/{transfer}/lint", response_model=list[models.OddityOut])
def lint(house: House, transfer: str) -> object:
    """What is odd about the newest plan, each with keys that show it."""
    return [documents.oddity(each) for each in findings.findings(house, transfer)]


@router.get("/transfers/{transfer}/history", response_model=list[models.Step])
def history(house: House, transfer: str, limit: int = 200) -> object:
    """Every step, the newest first."""
    return [documents.step(entry) for entry in edits.history(house, transfer, limit=min(limit, 1000))]


@router.put("/transfers/{transfer}/versions/{version}/name", status_code=204)
def name_version(house: House, transfer: str, version: int, asked: models.VersionName) -> None:
    """Give a version a name."""
    edits.name_version(house, transfer, version, asked.name)
