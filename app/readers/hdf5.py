"""HDF5 and Keras: datasets with their shapes. External, virtual and soft links are listed and never followed.

The format itself is read by the HDF5 library, through h5py (extra `hdf5`); it sees the file only through our `read_at`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, Warned, itemsize
from app.keys.tree import keyed
from app.readers.errors import Hdf5Error, ReadError, ReadLimitError, UnknownFormatError
from app.readers.limits import Limits
from app.readers.nesting import MOST_OFFERS, below, role_of
from app.readers.pickles.numpy_makers import dtype_name
from app.sources import ByteSource, Range, RangesWanted, ReadAhead, absolute

if TYPE_CHECKING:
    import h5py

_AHEAD = 16 * 1024
_MOST_DEPTH = 64
_NODE = 1_024
"""Bytes of a node, of an object's header, of the list of a small group."""
_MOST_WANTED = 4_096
"""Blocks of a lent file that are asked for at once."""
_FLOATS = {(2, 15, 7, 8, 0, 7): "BF16", (1, 7, 3, 4, 0, 3): "F8_E4M3", (1, 7, 2, 5, 0, 2): "F8_E5M2"}
"""Bytes of a float, places of sign and exponent, width of the exponent, place and width of the mantissa -> our name."""
Path = tuple[str, ...]
_Open = tuple[Path, Any, Iterator[bytes]]
"""A group whose members are being visited: its path, itself, the names that are left."""
T = TypeVar("T")


class _Stream:
    """A ByteSource as the stream that h5py wants. What goes wrong inside the library's callbacks is kept and raised afterwards."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._place = 0
        self._ahead: deque[int] = deque(maxlen=_MOST_WANTED)
        self.wanted: list[Range] = []

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; the library only seeks from the start or to the end."""
        self._place = offset + (self._source.size if whence == 2 else self._place if whence == 1 else 0)
        return self._place

    def tell(self) -> int:
        """Where the stream stands."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._source.read_at(self._place, len(view))
        except RangesWanted as request:
            self.wanted.extend(request.ranges)
            raise
        view[: len(data)] = data
        self._place += len(data)
        self._ahead.extend(_addresses(data))
        return len(data)

    def lacking(self) -> list[Range]:
        """Return what was lacking, and with it what will be read next as far as it was told: so that a list is no walk of a round a node."""
        try:
            self._source.want([(place, _NODE) for place in self._ahead])
        except RangesWanted as request:
            return [*self.wanted, *request.ranges]
        return self.wanted

    def read(self, size: int = -1) -> bytes:
        """Read bytes."""
        data = self._source.read_at(self._place, self._source.size if size < 0 else size)
        self._place += len(data)
        return data


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits, *, form: str = "hdf5") -> KeyTree:
    """Read the tree of an HDF5 file; keys are paths of datasets. Raises Hdf5Error, ReadLimitError, ReadError (`missing_library`)."""
    try:
        import h5py  # noqa: PLC0415 -- an optional library, wanted for this format only
    except ImportError as error:
        raise ReadError("missing_library", file=source.name, library="h5py", extra="hdf5") from error
    stream = _Stream(ReadAhead(source, _AHEAD, kept=256))
    try:
        with h5py.File(stream, "r") as file:
            walk = _Walk(source, limits, stream.wanted)
            walk.run(file)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, UnicodeError, RangesWanted) as error:
        if not stream.wanted and "truncated" in str(error):
            raise UnknownFormatError("truncated", file=source.name) from error
        if not stream.wanted:
            raise Hdf5Error("hdf5_invalid", file=source.name) from error
    if stream.wanted:
        raise RangesWanted(stream.lacking())
    return walk.tree(nesting, form)


def _addresses(node: bytes) -> list[int]:
    """Where that stands which a node of a group leads to: nodes below it, objects that it lists, lists of the groups among those.

    Read as the library does by default, with addresses of eight bytes; anything else is no address of something in the file.
    """
    used = int.from_bytes(node[6:8], "little")
    if node[:5] == b"TREE\0":
        return [int.from_bytes(node[place : place + 8], "little") for place in range(32, min(32 + 16 * used, len(node) - 7), 16)]
    if node[:4] == b"SNOD":
        starts = range(8, min(8 + 40 * used, len(node) - 39), 40)
        return [int.from_bytes(node[start + at : start + at + 8], "little") for start in starts for at in (8, 24, 32)]
    return []


class _Walk:
    """Visits all groups. What one object lacks of a lent file keeps nobody from the next: so all of a level are asked for at once.

    wanted -- grows where bytes are lacking
    """

    def __init__(self, source: ByteSource, limits: Limits, wanted: list[Range]) -> None:
        self._source = source
        self._limits = limits
        self._wanted = wanted
        self._tensors: list[tuple[Path, TensorInfo]] = []
        self._other: dict[str, str] = {}
        self._links: list[str] = []
        self._seen: dict[tuple[int, str], Path] = {}

    def run(self, file: "h5py.File") -> None:
        """Visit all groups, each object once, hard links only. The library's lower floor is asked: its upper one takes four times as long."""
        from h5py import h5d, h5g, h5l, h5o  # noqa: PLC0415 -- as above

        def visit(path: Path, group: Any, name: bytes) -> _Open | None:
            child = (*path, name.decode("utf-8", "surrogateescape"))
            if group.links.get_info(name).type != h5l.TYPE_HARD:
                self._links.append("/".join(child))
                self._note(child, "link, not followed")
                return None
            found = h5o.open(group, name)
            if not self._new(h5o.get_info(found), child):
                return None
            if isinstance(found, h5d.DatasetID):
                self._dataset(child, found, h5d.VIRTUAL)
            if not isinstance(found, h5g.GroupID):
                return None
            if len(child) > _MOST_DEPTH:
                raise ReadLimitError("limit", file=self._source.name, detail="depth")
            return child, found, iter(found)

        root = file["/"].id
        self._new(h5o.get_info(root), ())
        stack: list[_Open] = [((), root, iter(root))]
        while stack:
            path, group, names = stack[-1]
            name = self._tried(partial(next, names, None))
            if name is None:
                stack.pop()
                continue
            inner = self._tried(partial(visit, path, group, name))
            if inner is not None:
                stack.append(inner)

    def _tried(self, act: Callable[[], T | None]) -> T | None:
        """Do it; None where a lent file lacks bytes for it, which are known now."""
        known = len(self._wanted)
        try:
            return act()
        except (OSError, RuntimeError, KeyError, RangesWanted):
            if len(self._wanted) == known or known > _MOST_WANTED:
                raise
            return None

    def _note(self, path: Path, text: str) -> None:
        if len(self._other) < self._limits.shown:
            self._other["/".join(path)] = text

    def _new(self, info: Any, path: Path) -> bool:
        """Whether an object was not met before under another name."""
        if len(self._seen) >= self._limits.keys:
            raise ReadLimitError("limit", file=self._source.name, detail="keys")
        first = self._seen.setdefault((info.fileno, str(info.addr)), path)
        if first is not path:
            self._note(path, "same as " + ("/".join(first) or "the root"))
        return first is path

    def _dataset(self, path: Path, found: Any, virtual: int) -> None:
        properties = found.get_create_plist()
        if properties.get_layout() == virtual or properties.get_external_count():
            self._links.append("/".join(path))
            self._note(path, "data in another file, not followed")
            return
        shape = tuple(int(size) for size in found.shape or ())
        dtype, big = _element(found)
        offset = found.get_offset()
        place = None if offset is None else absolute(self._source, int(offset))
        length = int(found.get_storage_size())
        if place is not None and int(offset) + length > self._source.size:
            raise Hdf5Error("hdf5_invalid", file=self._source.name)
        where = None if place is None or big or itemsize(dtype) is None else Location(0, place, length, f"@{place}")
        self._tensors.append(
            (path, TensorInfo(shape, dtype, path=path if len(path) > 1 else (), where=where, note="big-endian" if big else ""))
        )

    def tree(self, nesting: tuple[Token, ...] | None, form: str) -> KeyTree:
        """Put the tree together."""
        chosen = nesting or ()
        inside = [(path, info) for path, info in self._tensors if below(path, chosen)]
        if chosen and not inside:
            raise ReadError("no_such_nesting", file=self._source.name, nesting="/".join(str(token) for token in chosen))
        keys = keyed([path[len(chosen) :] for path, _ in inside], "/")
        tops = dict.fromkeys(path[:1] for path, _ in self._tensors if len(path) > 1)
        offers = [self._offer(()), *(self._offer(top) for top in tops if 1 < len(tops) <= MOST_OFFERS)]
        warnings = (Warned("hdf5_external", {"key": self._links[0], "count": len(self._links)}),) if self._links else ()
        return KeyTree(
            form,
            {key: info for key, (_, info) in zip(keys, inside, strict=True)},
            nesting=chosen,
            separator="/",
            files=(FileInfo(self._source.name, self._source.size),),
            other=self._other,
            warnings=warnings,
            offers=tuple(offers),
            ordered=False,
        )

    def _offer(self, path: Path) -> TreeOffer:
        inside = [info for each, info in self._tensors if below(each, path)]
        return TreeOffer(path, len(inside), sum(info.numel for info in inside), role_of(path))


def _element(found: Any) -> tuple[str, bool]:
    """Our name of an element type, and whether it stands big end first."""
    import h5py  # noqa: PLC0415 -- as above

    dtype, kept = found.dtype, found.get_type()
    if dtype.kind == "O":
        return "STRING" if h5py.check_string_dtype(dtype) else "REFERENCE" if h5py.check_ref_dtype(dtype) else "VLEN", False
    if dtype.fields:
        return "RECORD", False
    if isinstance(kept, h5py.h5t.TypeFloatID) and kept.get_size() != dtype.itemsize:  # no type of numpy's: read as the next wider one
        order = kept.get_order() == h5py.h5t.ORDER_BE
        return _FLOATS.get((kept.get_size(), *kept.get_fields()), "UNKNOWN"), order
    name, big = dtype_name(dtype.str)
    return name or str(dtype).upper(), big
