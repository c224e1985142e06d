"""The library: plans that were approved here."""

from datetime import datetime

from fastapi import APIRouter

from app.api import models
from app.api.house import House, Visitor
from app.services import library

router = APIRouter(tags=["library"])


class EntryOut(models.Given):
    """An approved plan: how many transfers it served, and of how many target keys it speaks."""

    id: str
    title: str
    used: int
    keys: int
    created: datetime
    changed: datetime


@router.get("/library", response_model=list[EntryOut])
def listed(house: House) -> object:
    """List approved plans, the most lately approved first."""
    return library.listed(house)


@router.delete("/library/{entry}", status_code=204)
def forget(house: House, visitor: Visitor, entry: str) -> None:
    """Forget an approved plan; transfers that used it stay as they are."""
    library.forget(house, entry, by=visitor.person)
