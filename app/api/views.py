"""Ways to look at a transfer: facets, open cases with their options, the table of mappings."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app.api import models
from app.api.house import House, Visitor
from app.api.view_models import CaseOut, Decide, FacetOut, MappingsOut, TurnOut
from app.services import looking, proposing, triaging, workspaces
from app.viewing.table import Column, Listed

router = APIRouter(prefix="/transfers/{transfer}", tags=["views"])


@router.get("/facets/{side}", response_model=list[FacetOut])
def facets(house: House, transfer: str, side: Literal["source", "target"], source: str = "") -> object:
    """Say what the keys of one side can be told apart by, with the term of each value for a filter."""
    return looking.facets(house, transfer, "s" if side == "source" else "t", source)


@router.get("/cases", response_model=list[CaseOut])
def cases(house: House, transfer: str, source: str = "") -> object:
    """List what waits for a person, a family at a time, what needs thought first."""
    proposing.settle(house, transfer)
    return looking.scene(workspaces.open_workspace(house, transfer), source).cases


@router.get("/cases/next", response_model=TurnOut)
def next_case(house: House, transfer: str, source: str = "", at: str = "", skipped: Annotated[list[str], Query()] = []) -> object:  # noqa: B006  # read by FastAPI, never written
    """Show the case by name, or the first that was not skipped, with its ranked options; `case` is null where nothing waits."""
    scene = looking.scene(workspaces.open_workspace(house, transfer), source)
    return triaging.turn(scene, at=at, skipped=frozenset(skipped))


@router.post("/cases/{case}/decide", response_model=models.AppliedOut)
def decide(house: House, visitor: Visitor, transfer: str, case: str, asked: Decide) -> object:
    """Settle a case by one of its options, named by its token. 404 where it is no longer open as it was shown."""
    scene = looking.scene(workspaces.open_workspace(house, transfer, by=visitor.person), asked.source)
    return triaging.decide(house, scene, transfer, asked.base_version, case, asked.token, client=asked.client, by=visitor.person)


@router.get("/mappings", response_model=MappingsOut)
def mappings(
    house: House,
    transfer: str,
    *,
    source: str = "",
    filter_source: Annotated[str, Query(description="As typed into the source's filter: `fc is:unexpected`")] = "",
    filter_target: Annotated[str, Query(description="As typed into the model's filter: `/q_proj/ dtype:F32 is:needs`")] = "",
    by: Column = "target",
    falling: bool = False,
    folded: Annotated[bool, Query(description="Whether equal blocks are one row")] = True,
    first: Annotated[int, Query(ge=0)] = 0,
    count: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> object:
    """List what fills each row of the model, then what of the source is left over; filtered and sorted as the page's table is."""
    total, rows = looking.mappings(
        house,
        transfer,
        (filter_source, filter_target),
        source=source,
        by=by,
        falling=falling,
        first=first,
        count=count,
        folded=folded,
    )
    return {"total": total, "first": first, "rows": [_row(row) for row in rows]}


def _row(row: Listed) -> dict[str, object]:
    return {
        "target": "".join(part.text for part in row.target_parts),
        "source": "".join(part.text for part in row.source_parts),
        "more": row.more,
        "op": row.op,
        "state": row.state,
        "keys": row.keys,
        "target_shape": row.shape,
        "source_shape": row.source_shape,
        "confidence": float(row.confidence) if row.confidence else None,
        "rule": row.rule - 1 if row.rule else None,
    }
