"""What a reader may ask of a file, and how a file that is not here asks back."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Range(NamedTuple):
    """Bytes `offset .. offset + length` of the file `file` of a set."""

    file: str
    offset: int
    length: int


class RangesWanted(Exception):  # noqa: N818 -- a question to the one who lends the file, no error
    """The bytes that a lent file must bring before the reader is started again.

    ranges -- all independent ranges that are wanted now, in order, without overlaps
    """

    def __init__(self, ranges: Iterable[Range]) -> None:
        self.ranges = tuple(merged(ranges))
        super().__init__(self.ranges)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.ranges,)


class ByteSource(Protocol):
    """One file.

    name       -- base name, or path relative to the set's folder
    size       -- in bytes
    bytes_read -- how many bytes were asked for so far
    """

    name: str
    size: int
    bytes_read: int

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the file."""
        ...

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Announce independent ranges (offset, length) that will be read; a lent file raises RangesWanted with all that it lacks."""
        ...


class FileSet(Protocol):
    """One checkpoint: a file, or a folder of shards. The first name is the file that was pointed at, if one was."""

    def names(self) -> Sequence[str]:
        """Names of all files."""
        ...

    def open(self, name: str) -> ByteSource:
        """Return the file of this name; the same object each time."""
        ...


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, those that touch or overlap made one."""
    out: list[Range] = []
    for wanted in sorted(ranges):
        last = out[-1] if out else None
        if last is not None and last.file == wanted.file and wanted.offset <= last.offset + last.length:
            end = max(last.offset + last.length, wanted.offset + wanted.length)
            out[-1] = Range(last.file, last.offset, end - last.offset)
        else:
            out.append(wanted)
    return out


def together(act: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do the same for independent items; what they want of lent files is asked for in one go."""
    done: list[R] = []
    wanted: list[Range] = []
    for item in items:
        try:
            done.append(act(item))
        except RangesWanted as request:
            wanted.extend(request.ranges)
    if wanted:
        raise RangesWanted(wanted)
    return done
