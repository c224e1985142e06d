"""Output files as lists of pieces: literal bytes, ranges of source files, and tensors that have to be computed."""

from typing import TypeAlias

import msgspec

from app.mapping.outcomes import Recipe


class Literal(msgspec.Struct, frozen=True, tag="literal"):
    """Bytes that stand in the list itself: headers, padding, indices."""

    data: bytes

    @property
    def length(self) -> int:
        """Bytes."""
        return len(self.data)


class Range(msgspec.Struct, frozen=True, gc=False, tag="range"):
    """Bytes of a source file: `file` is the name in the source's tree, `source` the name of the source."""

    file: str
    offset: int
    length: int
    source: str = ""


class Computed(msgspec.Struct, frozen=True, tag="computed"):
    """A tensor that a recipe makes, in row-major order; `key` is the target key."""

    key: str
    recipe: Recipe
    length: int


class EntryStart(msgspec.Struct, frozen=True, tag="entry"):
    """Local header of a zip entry; its checksum counts from here on."""

    data: bytes

    @property
    def length(self) -> int:
        """Bytes."""
        return len(self.data)


class Checksum(msgspec.Struct, frozen=True, tag="checksum"):
    """Data descriptor of a zip entry: signature, CRC-32 of the bytes since `EntryStart`, and the size twice."""

    size: int

    @property
    def length(self) -> int:
        """Bytes: sizes take four bytes each, or eight from 4 GiB on."""
        return 16 if self.size < 0xFFFFFFFF else 24


class Directory(msgspec.Struct, frozen=True, tag="directory"):
    """Central directory of a zip file, which needs the checksums of all entries.

    entries -- (name, offset of the local header, size), in order
    start   -- where the directory begins
    length  -- bytes up to the end of the file
    """

    entries: tuple[tuple[str, int, int], ...]
    start: int
    length: int


Piece: TypeAlias = Literal | Range | Computed | EntryStart | Checksum | Directory


class OutputFile(msgspec.Struct, frozen=True):
    """One file to write: its pieces in order, without gaps."""

    name: str
    pieces: tuple[Piece, ...]
    keys: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(piece.length for piece in self.pieces)


class PieceList(msgspec.Struct, frozen=True):
    """A remapped checkpoint before it is written.

    files    -- what to write; where there are shards, their index is the last
    left_out -- target key -> state, for keys that the file does not hold
    aliases  -- target key -> the key under which its tensor is written
    sources  -- (source name, file name) of every file that bytes are needed of: a lent one must be uploaded, or the file be made by
                its owner with `keygraft apply`, or composed in the browser where `composable`
    peak     -- bytes held at once for the largest computed tensor: its inputs and its result
    """

    files: tuple[OutputFile, ...]
    left_out: dict[str, str] = {}
    aliases: dict[str, str] = {}
    sources: tuple[tuple[str, str], ...] = ()
    peak: int = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def computed(self) -> tuple[str, ...]:
        """Target keys that cannot be copied."""
        return tuple(piece.key for piece in self.computed_pieces)

    @property
    def computed_pieces(self) -> tuple[Computed, ...]:
        """The tensors that cannot be copied."""
        return tuple(piece for file in self.files for piece in file.pieces if isinstance(piece, Computed))

    @property
    def composable(self) -> bool:
        """Whether the files consist of literal bytes and source ranges alone, so that a browser can put them together."""
        return all(isinstance(piece, (Literal, Range)) for file in self.files for piece in file.pieces)
