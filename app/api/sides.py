"""Sides: what is given as source or target."""

import base64
import binascii
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.api import bodies
from app.api import models as documents
from app.api.failures import RequestError
from app.api.house import House, Visitor
from app.keys.documents import tree_to_json
from app.services import browse, condition, doubts, lent, models, remote, sides
from app.services.cards import LentFile
from app.viewing.summary import summarise

router = APIRouter(tags=["sides"])


@router.post("/sides", response_model=documents.Side, status_code=201)
def understand(house: House, visitor: Visitor, asked: bodies.Understand) -> object:
    """Understand a text: path, model, Python source, list of keys, error message."""
    return sides.understand(house, asked.text, against=asked.against, reading=asked.reading, by=visitor.person)


@router.delete("/readings/{reading}", status_code=204)
def cancel(house: House, visitor: Visitor, reading: str) -> None:
    """End a reading of a remote address that `POST /sides` was given a name for."""
    remote.cancel(house, reading, by=visitor.person)


@router.put(
    "/uploads/{name}",
    response_model=documents.Side,
    status_code=201,
    openapi_extra={
        "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}, "required": True}
    },
)
async def upload(request: Request, house: House, visitor: Visitor, name: str, against: str | None = None) -> object:
    """Take a whole small file."""
    body = await request.body()
    return await run_in_threadpool(lambda: sides.upload(house, name, body, against=against, by=visitor.person))


@router.post("/lent", response_model=documents.Side, status_code=201)
def lend(house: House, visitor: Visitor, asked: bodies.Lend) -> object:
    """Announce files that stay where they are; the answer says which ranges are wanted."""
    files = [LentFile(file.name, file.size, file.modified) for file in asked.files]
    return lent.lend(house, files, folder=asked.folder, by=visitor.person)


@router.post("/sides/{side}/ranges", response_model=documents.Side)
def feed(house: House, visitor: Visitor, side: str, asked: bodies.Feed) -> object:
    """Send the ranges that were wanted; the answer wants more, or is ready."""
    return lent.feed(house, side, [(part.file, part.offset, _bytes(part.data)) for part in asked.ranges], by=visitor.person)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("request_invalid", where="ranges.data", why="base64") from error


@router.get("/sides/{side}", response_model=documents.Side)
def card(house: House, side: str) -> object:
    """Say again what was understood."""
    return sides.card(house, side)


@router.get("/sides/{side}/tree")
def tree(house: House, side: str) -> Response:
    """All keys with shape and dtype: what `keygraft tree --json` prints."""
    return Response(msgspec.json.encode(tree_to_json(sides.tree(house, side))), media_type="application/json")


@router.post("/sides/{side}/build", response_model=documents.Side)
def build(house: House, visitor: Visitor, side: str, asked: bodies.Build) -> object:
    """Build the model that was chosen among the candidates."""
    return models.build(house, side, _choice(asked), by=visitor.person)


def _choice(asked: bodies.Build) -> models.Choice:
    return models.Choice(asked.candidate, asked.arguments, asked.edits, asked.module, asked.python)


@router.post("/sides/{side}/preview", response_model=documents.PreviewOut)
def preview(house: House, side: str, asked: bodies.Build) -> object:
    """Tell the keys of a candidate without running it; where that is not certain, why."""
    found = models.preview(house, side, _choice(asked))
    return {
        "complete": found.complete,
        "tensors": len(found.tree.tensors) if found.tree else 0,
        "reasons": [doubts.sentence(reason) for reason in found.reasons],
        "tree": tree_to_json(found.tree) if found.tree else None,
    }


@router.post("/sides/{side}/preview/take", response_model=documents.Side)
def take_preview(house: House, visitor: Visitor, side: str, asked: bodies.Build) -> object:
    """Take the keys that were told without running anything."""
    return models.take_preview(house, side, _choice(asked), by=visitor.person)


@router.get("/models", response_model=list[documents.ModelOut])
def installed(house: House, query: Annotated[str, "words of a name"], limit: Annotated[int, Query(ge=1, le=200)] = 50) -> object:
    """Search the library models that are installed."""
    return [{"spec": each.spec, "version": each.version} for each in condition.models(house, query, limit)]


@router.get("/status", response_model=documents.StatusOut, tags=["house"])
def status(house: House) -> object:
    """Say how this server does."""
    return condition.condition(house)


@router.get("/sides/{side}/summary", response_model=documents.SummaryOut)
def summary(house: House, side: str) -> object:
    """Say what a side holds at a glance: types, families, tied keys, what its pickle names, other trees, metadata."""
    return msgspec.to_builtins(summarise(sides.tree(house, side)))


@router.post("/sides/{side}/nesting", response_model=documents.Side, status_code=201)
def nest(house: House, visitor: Visitor, side: str, asked: bodies.Nest) -> object:
    """Read another tree of the same file; a new side."""
    return sides.nest(house, side, asked.nesting, by=visitor.person)


@router.get("/files", response_model=documents.ListingOut)
def files(house: House, path: Annotated[str, "folder; empty: the allowed roots"] = "") -> object:
    """List folders and checkpoints under the allowed roots."""
    return browse.folder(house, path) if path else browse.roots(house)
