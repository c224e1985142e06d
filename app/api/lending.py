"""Lent files for programs: packed rounds, files that come back, and new files put together where the weights lie."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from app.api.bodies import Asked
from app.api.house import House, Visitor
from app.api.models import Given, Sentence, Side
from app.services import attaching, composing, lent
from app.services.attaching import Back
from app.sources.rounds import inflate, unpack

router = APIRouter(tags=["lent files"])
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
Shards = Annotated[int, Query(ge=0, description="Most bytes of a shard; 0: one file")]


class BackIn(Asked):
    """A lent file that is given again; `digest`: SHA-256 of the SHA-256s of the ranges in its mark, hexadecimal."""

    name: str
    size: int = Field(ge=0)
    modified: int = 0
    digest: str = ""


class Returning(Asked):
    """Files that are given again.

    again -- a side that was read of them anew: where it has the same tensors in the same places, they are touched, not changed
    """

    files: list[BackIn]
    again: str = ""


class AttachedOut(Given):
    """Whether they are still those that were read: same, touched, changed or missing."""

    verdict: str
    files: list[str]
    said: Sentence


class MarkOut(Given):
    """Ranges (offset, length) that were read of a file, and their hash."""

    name: str
    ranges: list[tuple[int, int]]
    digest: str


class KnownFileOut(Given):
    """A file as it was announced."""

    name: str
    size: int
    modified: int = 0


class RecordOut(Given):
    """By what the files of a side are known again; `sent`: bytes that travelled."""

    side: str
    label: str
    state: str
    files: list[KnownFileOut]
    marks: list[MarkOut]
    sent: int


class ObstacleOut(Given):
    """A rule that computes."""

    statement: str
    op: str
    keys: int
    first: str


class MadeFileOut(Given):
    """A file that comes out."""

    name: str
    size: int


class NeededOut(Given):
    """A source whose bytes are taken."""

    name: str
    side: str
    label: str
    files: list[str]


class ProspectOut(Given):
    """Whether the file can be put together without computing, and from what."""

    possible: bool
    size: int
    files: list[MadeFileOut]
    needed: list[NeededOut]
    obstacles: list[ObstacleOut]
    left_out: int
    why: Sentence | None = None


@router.post("/sides/{side}/rounds", response_model=Side, openapi_extra={"requestBody": {"content": _BYTES, "required": True}})
async def feed(request: Request, house: House, visitor: Visitor, side: str) -> object:
    """Send one round of ranges as bytes: four bytes, big endian, the length of a JSON list of [file, offset, length]; that list; the bytes.

    `Content-Encoding: gzip` says that it is packed.
    """
    body = await request.body()
    packed = request.headers.get("content-encoding") == "gzip"
    return await run_in_threadpool(
        lambda: lent.feed(house, side, unpack(inflate(body) if packed else body), sent=len(body), by=visitor.person)
    )


@router.get("/sides/{side}/lent", response_model=RecordOut)
def record(house: House, side: str) -> object:
    """Say by what the files of a side are known again."""
    return attaching.record(house, side)


@router.post("/sides/{side}/attach", response_model=AttachedOut)
def attach(house: House, visitor: Visitor, side: str, asked: Returning) -> object:
    """Judge files that are given again."""
    files = [Back(file.name, file.size, file.modified, file.digest) for file in asked.files]
    return attaching.attach(house, side, files, again=asked.again, by=visitor.person)


@router.get("/transfers/{transfer}/composition/prospect", response_model=ProspectOut)
def prospect(house: House, transfer: str, max_shard_size: Shards = 0) -> object:
    """Say whether the new file consists of literal bytes and ranges of source files alone, and what stands in the way where it does not."""
    return composing.prospect(house, transfer, {"max_shard_size": str(max_shard_size)})


@router.get("/transfers/{transfer}/composition", responses={200: {"content": _BYTES}})
def composition(request: Request, house: House, visitor: Visitor, transfer: str, max_shard_size: Shards = 0) -> Response:
    """Hand over the new safetensors file as a list of pieces, to be put together where the source files lie.

    The answer: four bytes, big endian, the length of a JSON head {format, sources, files}; the head; for each file of the head, little
    endian: where each piece comes from (uint32; 0: literal bytes, n: sources[n - 1]), its offset (float64), its length (float64), and the
    literal bytes, one after another.
    """
    document = composing.document(house, transfer, {"max_shard_size": str(max_shard_size)}, by=visitor.person)
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        document, headers["Content-Encoding"] = gzip.compress(document, 3), "gzip"
    return Response(document, media_type="application/octet-stream", headers=headers)
