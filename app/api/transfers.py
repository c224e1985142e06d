"""Transfers, and what is in them."""

import msgspec
from fastapi import APIRouter, Response

from app.api import bodies, models
from app.api.house import House, Rights, Visitor, need
from app.services import documents, edits, finding, findings, reversing, transfers, workspaces

router = APIRouter(tags=["transfers"])


class Copy(bodies.Asked):
    """A copy's title; empty: the one of the original, marked as a copy."""

    title: str = ""


@router.get("/transfers", response_model=list[models.Transfer])
def listed(house: House, visitor: Visitor, archived: bool = False, query: str = "", state: finding.State = "", person: str = "") -> object:
    """List the transfers that you may see, the most lately changed first.

    `query`: words in the title, in the names of both sides or of who takes part; `state`: open, complete, asked, changes_requested, approved,
    stale or archived; `person`: who takes part.
    """
    return finding.find(house, visitor, finding.Sought(query, "archived" if archived else state, person))


@router.post("/transfers", response_model=models.Transfer, status_code=201)
def create(house: House, visitor: Visitor, asked: bodies.Create) -> object:
    """Begin a transfer."""
    if asked.plan:
        return transfers.from_plan(house, asked.plan, asked.sources, asked.target, title=asked.title, by=visitor.person)
    return transfers.create(house, asked.sources, asked.target or "", title=asked.title, by=visitor.person)


@router.post("/example", response_model=models.Transfer)
def example(house: House, visitor: Visitor) -> object:
    """Return the example, made at its first use."""
    return transfers.example(house, by=visitor.person)


@router.get("/transfers/{transfer}", response_model=models.Transfer)
def get(house: House, transfer: str) -> object:
    """One transfer."""
    return transfers.get(house, transfer)


@router.patch("/transfers/{transfer}", response_model=models.Transfer)
def change(house: House, visitor: Visitor, rights: Rights, transfer: str, asked: bodies.Change) -> object:
    """Rename; put away or bring back."""
    if asked.title is not None:
        transfers.rename(house, transfer, asked.title, by=visitor.person)
    if asked.archived is not None:
        need(rights, "own")
        transfers.archive(house, transfer, archived=asked.archived, by=visitor.person)
    return transfers.get(house, transfer)


@router.delete("/transfers/{transfer}", status_code=204)
def delete(house: House, visitor: Visitor, transfer: str) -> None:
    """Delete with all its history."""
    transfers.delete(house, transfer, by=visitor.person)


@router.post("/transfers/{transfer}/fork", response_model=models.Transfer, status_code=201)
def fork(house: House, visitor: Visitor, transfer: str, asked: Copy | None = None) -> object:
    """Begin another transfer where this one stands: same sides, its newest plan."""
    return transfers.fork(house, transfer, title=asked.title if asked else "", by=visitor.person)


@router.post("/transfers/{transfer}/reverse", response_model=models.ReversedOut, status_code=201)
def reverse(house: House, visitor: Visitor, transfer: str) -> object:
    """Begin the transfer that leads back: sides swapped, the inverse plan, and what is lost."""
    return reversing.reverse(house, transfer, by=visitor.person)


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
def name_version(house: House, visitor: Visitor, transfer: str, version: int, asked: bodies.VersionName) -> None:
    """Give a version a name."""
    edits.name_version(house, transfer, version, asked.name, by=visitor.person)
