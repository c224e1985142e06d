"""A remapped checkpoint as instructions for whoever holds the source files: which bytes of which file follow which literal bytes.

Compact, so that a page can fetch it for 92,000 tensors: a JSON head, then columns of numbers. A document is

- four bytes, big endian: the length of the head;
- the head, JSON: `{"format": 1, "sources": [[source, file], …], "files": [{"name", "size", "pieces", "literals"}, …]}`;
- for each file: `pieces` × uint32, where a piece comes from: 0 for literal bytes, n for `sources[n - 1]`; `pieces` × float64, its offset there
  (0 for literal bytes); `pieces` × float64, its length; then `literals` bytes, the literal pieces one after another.

All numbers of the columns are little endian. Offsets are floats because a page's scripts count in them; they are exact up to 2**53.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from app.exporting.constants import constant_bytes
from app.exporting.content import ExportError
from app.exporting.piece import Computed, Literal, OutputFile, Piece, PieceList, Range

FORMAT = 1
CONSTANTS = 1 << 20
"""Most bytes of constant tensors that travel as literals."""


class FileHead(msgspec.Struct, frozen=True):
    """One file of a document's head."""

    name: str
    size: int
    pieces: int
    literals: int


class Head(msgspec.Struct, frozen=True):
    """The head of a document."""

    format: int
    sources: tuple[tuple[str, str], ...]
    files: tuple[FileHead, ...]


def settled(pieces: PieceList) -> PieceList:
    """Replace small constant tensors by their bytes: then they need not be computed where the file is put together."""
    room = CONSTANTS
    files = []
    for file in pieces.files:
        parts: list[Piece] = []
        for piece in file.pieces:
            data = constant_bytes(piece.recipe) if isinstance(piece, Computed) and piece.length <= room else None
            room -= 0 if data is None else len(data)
            parts.append(piece if data is None else Literal(data))
        files.append(OutputFile(file.name, tuple(parts), file.keys))
    return msgspec.structs.replace(pieces, files=tuple(files))


def composition(pieces: PieceList) -> bytes:
    """Write the document. ExportError `composition_computes` where a tensor has to be computed."""
    if not pieces.composable:
        raise ExportError("composition_computes", key=pieces.computed[0])
    numbers = {place: number for number, place in enumerate(pieces.sources, 1)}
    bodies, heads = [], []
    for file in pieces.files:
        runs = list(_runs(file))
        literals = b"".join(run.data for run in runs if isinstance(run, Literal))
        heads.append(FileHead(file.name, file.size, len(runs), len(literals)))
        bodies.append(_columns(runs, numbers) + literals)
    head = msgspec.json.encode(Head(FORMAT, pieces.sources, tuple(heads)))
    return b"".join((len(head).to_bytes(4, "big"), head, *bodies))


def _columns(runs: list[Literal | Range], numbers: dict[tuple[str, str], int]) -> bytes:
    kinds = np.array([0 if isinstance(run, Literal) else numbers[run.source, run.file] for run in runs], "<u4")
    offsets = np.array([0 if isinstance(run, Literal) else run.offset for run in runs], "<f8")
    lengths = np.array([run.length for run in runs], "<f8")
    return kinds.tobytes() + offsets.tobytes() + lengths.tobytes()


def _runs(file: OutputFile) -> Iterator[Literal | Range]:
    """Pieces, those that follow each other where they come from made one, across tensors too."""
    last: Literal | Range | None = None
    for piece in file.pieces:
        assert isinstance(piece, (Literal, Range))  # noqa: S101 -- checked by `composition`
        if isinstance(last, Range) and isinstance(piece, Range) and _follows(last, piece):
            last = Range(last.file, last.offset, last.length + piece.length, last.source)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _follows(last: Range, piece: Range) -> bool:
    return (last.file, last.source, last.offset + last.length) == (piece.file, piece.source, piece.offset)
