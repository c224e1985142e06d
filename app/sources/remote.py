"""Files that lie elsewhere, as a FileSet: needed ranges only, joined where they lie close, several under way at once."""

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol, Self, TypeVar

from app.errors import NotFoundError
from app.sources.blocks import Blocks, coalesced
from app.sources.errors import RemoteError, RemoteMissingError
from app.sources.lent import MAX_ROUNDS, LentFiles, RangeStore
from app.sources.protocol import FileSet, Range, RangesWanted
from app.sources.web import WebClient

FIRST = 32 * 1024
"""Read with the first request of a file, which tells its size as well."""
AHEAD = 16 * 1024
"""Least bytes of a request: a round trip costs more than they do."""
GAP = 32 * 1024
"""Ranges that lie this close are fetched as one."""
PART = 8 << 20
"""Most bytes of one request."""
HELD = 64 << 20
"""Most bytes kept of one file."""
STREAM_FROM = 512 * 1024
STREAM = 4 * PART
"""Where reading goes on in a row, as much as was read is fetched ahead: from this, up to that."""

T = TypeVar("T")
R = TypeVar("R")


class Ranged(Protocol):
    """One file of a store that answers range requests; may be used by several threads at once."""

    size: int | None

    def start(self, length: int) -> bytes:
        """Return the first bytes; afterwards `size` is known."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly these bytes, fewer only at the end."""
        ...


class Crew:
    """Threads that fetch for one set of files."""

    def __init__(self, connections: int) -> None:
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="remote")
        self.close = weakref.finalize(self, self._threads.shutdown, wait=False, cancel_futures=True)

    def all(self, act: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do the same for all items, several at once; the first error ends it."""
        listed = list(items)
        if len(listed) == 1:
            return [act(listed[0])]
        running: list[Future[R]] = [self._threads.submit(copy_context().run, act, item) for item in listed]
        try:
            return [each.result() for each in running]
        finally:
            for each in running:
                each.cancel()


class RemoteFile:
    """One remote file. `bytes_read` counts what was fetched, not what was asked for."""

    def __init__(self, name: str, ranged: Ranged, crew: Crew) -> None:
        self.name = name
        self.bytes_read = 0
        self._ranged = ranged
        self._crew = crew
        self._lock = threading.Lock()
        self._blocks = Blocks(HELD)
        self._next = -1
        self._run = 0
        if ranged.size is None:
            self._keep(0, ranged.start(FIRST))
        self.size = ranged.size or 0

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the file. Raises KeygraftError."""
        length = self._clipped(offset, length)
        window = self._clipped(offset, self._window(offset, length))
        if length > PART:
            return b"".join(self._crew.all(lambda each: self._fetch(*each), coalesced([(offset, length)], 0, PART)))
        if window > length and self.lacking([(offset, length)]):
            self._load([(offset, window)])
        return self.take(offset, length)

    def take(self, offset: int, length: int) -> bytes:
        """Return bytes of at most one part, from what is kept or by one request. Raises KeygraftError."""
        for part in self.lacking([(offset, length)]):
            self.bring(*part)
        with self._lock:
            found = self._blocks.get(offset, length)
        return self._fetch(offset, length) if found is None else found

    def _window(self, offset: int, length: int) -> int:
        """How far to read: who has read much in a row goes on, and gets as much again ahead."""
        with self._lock:
            self._run = (self._run if offset == self._next else 0) + length
            self._next = offset + length
            return min(self._run, STREAM) if self._run >= STREAM_FROM else 0

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Fetch these at once, as far as there is room to keep them. Raises KeygraftError."""
        room, taken = HELD, []
        for offset, length in ranges:
            clipped = self._clipped(offset, length)
            room -= clipped
            if room >= 0:
                taken.append((offset, clipped))
        self._load(taken)

    def lacking(self, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return what must be fetched for these ranges, widened, joined and cut."""
        with self._lock:
            held = [self._blocks.reach(offset, length) for offset, length in ranges]
        lacking = [(offset + have, length - have) for (offset, length), have in zip(ranges, held, strict=True) if have < length]
        return coalesced([(offset, self._clipped(offset, max(length, AHEAD))) for offset, length in lacking], GAP, PART)

    def bring(self, offset: int, length: int) -> None:
        """Fetch bytes and keep them. Raises KeygraftError."""
        data = self._fetch(offset, length)
        with self._lock:
            self._blocks.put(offset, data)

    def _load(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._crew.all(lambda each: self.bring(*each), self.lacking(ranges))

    def _fetch(self, offset: int, length: int) -> bytes:
        data = self._ranged.read(offset, length)
        with self._lock:
            self.bytes_read += len(data)
        return data

    def _keep(self, offset: int, data: bytes) -> None:
        self.bytes_read += len(data)
        self._blocks.put(offset, data)

    def _clipped(self, offset: int, length: int) -> int:
        return max(0, min(length, self.size - offset))


class RemoteFiles:
    """One remote checkpoint. Close it, or use it in a `with` statement; what is left open is closed when it is collected.

    label -- what may be shown and stored
    """

    def __init__(self, label: str, files: Mapping[str, Ranged], client: WebClient) -> None:
        self.label = label
        self._ranged = dict(files)
        self._client = client
        self._crew = Crew(client.policy.connections)
        self._opened: dict[str, RemoteFile] = {}

    @property
    def received(self) -> int:
        """Bytes that all files and listings brought so far."""
        return self._client.received

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the other side, over all connections."""
        return self._client.waited

    def names(self) -> Sequence[str]:
        """Names of all files."""
        return tuple(self._ranged)

    def open(self, name: str) -> RemoteFile:
        """Return the file of this name. Raises KeygraftError."""
        if name not in self._opened:
            if name not in self._ranged:
                raise NotFoundError("file_not_found", file=name)
            self._opened[name] = RemoteFile(name, self._ranged[name], self._crew)
        return self._opened[name]

    def sizes(self) -> dict[str, int]:
        """Return the size of each file, asking for those that are not known, several at once. Raises KeygraftError."""
        unknown = [name for name, ranged in self._ranged.items() if ranged.size is None and name not in self._opened]
        made = self._crew.all(lambda name: RemoteFile(name, self._ranged[name], self._crew), unknown)
        self._opened.update(zip(unknown, made, strict=True))
        return {name: self._opened[name].size if name in self._opened else (self._ranged[name].size or 0) for name in self._ranged}

    def leave_missing(self, names: Sequence[str]) -> None:
        """Ask for these files, several at once, and forget those that are not there. Raises KeygraftError."""

        def made(name: str) -> RemoteFile | None:
            try:
                return RemoteFile(name, self._ranged[name], self._crew)
            except RemoteMissingError:
                return None

        for name, file in zip(names, self._crew.all(made, names), strict=True):
            if file is None:
                del self._ranged[name]
            else:
                self._opened[name] = file

    def fetch(self, ranges: Sequence[Range]) -> list[bytes]:
        """Return the bytes of ranges of any of the files, several at once; the caller sees to it that they fit. Raises KeygraftError."""
        small: dict[str, list[tuple[int, int]]] = {}
        for wanted in ranges:
            listed = small.setdefault(wanted.file, [])
            if wanted.length <= GAP:
                listed.append((wanted.offset, wanted.length))
        brought = [(self.open(name), part) for name, parts in small.items() for part in self.open(name).lacking(parts)]
        self._crew.all(lambda each: each[0].bring(*each[1]), brought)
        pieces = [
            (index, self.open(wanted.file), part)
            for index, wanted in enumerate(ranges)
            for part in coalesced([(wanted.offset, wanted.length)], 0, PART)
        ]
        found = self._crew.all(lambda piece: piece[1].take(*piece[2]), pieces)
        out: list[list[bytes]] = [[] for _ in ranges]
        for (index, _, _), data in zip(pieces, found, strict=True):
            out[index].append(data)
        return [b"".join(parts) for parts in out]

    def cancel(self) -> None:
        """End what is under way in whatever thread, and refuse what comes: `remote_cancelled`."""
        self._client.cancel()

    def close(self) -> None:
        """Close all connections."""
        self._crew.close()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def in_rounds(files: RemoteFiles, act: Callable[[FileSet], T], store: RangeStore | None = None) -> T:
    """Read remote files as lent ones: what `act` lacks of all files is fetched in one go, then it starts again.

    For many shards this takes some rounds instead of some requests a shard; and `act` may run where there is no network.
    """
    lent = LentFiles(files.sizes(), store or RangeStore())
    for _ in range(MAX_ROUNDS):
        try:
            return act(lent)
        except RangesWanted as wanted:
            for each, data in zip(wanted.ranges, files.fetch(wanted.ranges), strict=True):
                lent.receive(each, data)
    raise RemoteError("lent_rounds", file=next(iter(files.names()), ""), rounds=MAX_ROUNDS)
