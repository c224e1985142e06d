"""Replace a side of a transfer by another version of it."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from app.api.bodies import Asked, VersionNumber
from app.api.house import House, Visitor
from app.api.models import AppliedOut, Given
from app.services import replacing
from app.services.replacing import Place

router = APIRouter(prefix="/transfers/{transfer}/sides", tags=["transfers"])


class Replace(Asked):
    """Another side, and whether it is put in place or only looked at."""

    side: str
    base_version: VersionNumber | None = Field(
        default=None, description="Version of the transfer that it is done on; without one it is only foreseen"
    )
    name: str = Field(default="", description="Which source, where there are several")
    client: str = ""


class Replaced(Given):
    """What comes of it: `applied` where it was done."""

    version: int
    moved: dict[str, str]
    kept: int
    refound: list[str]
    lost: list[str]
    added: list[str]
    gone: list[str]
    added_rules: list[str]
    removed_rules: list[str]
    idle_rules: list[str]
    applied: AppliedOut | None = None


@router.post("/{which}", response_model=Replaced)
def replace(house: House, visitor: Visitor, transfer: str, which: Literal["source", "target"], asked: Replace) -> object:
    """Say what moves, is lost, new or gone when a side is replaced; with `base_version` do it, as one step that undo takes back."""
    place = Place(which, asked.name)
    found = replacing.foresee(house, transfer, place, asked.side, by=visitor.person)
    applied = None
    if asked.base_version is not None:
        applied = replacing.replace(house, transfer, asked.base_version, place, asked.side, client=asked.client, by=visitor.person)
    told = found.followed
    return {
        "version": found.version,
        "moved": dict(found.moved),
        "kept": told.kept,
        "refound": told.refound,
        "lost": told.lost,
        "added": told.added,
        "gone": told.gone,
        "added_rules": found.added_rules,
        "removed_rules": found.removed_rules,
        "idle_rules": told.idle,
        "applied": applied,
    }
