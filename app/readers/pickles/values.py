"""What a pickle is made of once it has been read: values that do nothing."""

from typing import Any

import msgspec

from app.sources import ByteSource


class Global:
    """A name `module.name`, never imported.

    full  -- the dotted name
    uses  -- how often the pickle names it
    calls -- how often it wanted it called as a function
    maker -- how values are made in its stead, where it is one that we know
    """

    __slots__ = ("calls", "full", "maker", "module", "name", "uses")

    def __init__(self, module: str, name: str, maker: Any = None) -> None:
        self.module = module
        self.name = name
        self.full = f"{module}.{name}"
        self.maker = maker
        self.uses = 0
        self.calls = 0


class Mapped(list[Any]):
    """A dictionary as a flat list: key, value, key, value. Nothing is hashed, so that no choice of keys can make it slow."""

    __slots__ = ("state",)


class Call:
    """Something that the pickle wanted made by a callable that we do not know: an object whose class need not exist here.

    cls   -- what was to be called
    args  -- with what
    state -- what BUILD gave it (a `Mapped`, a pair of them, or anything else)
    items -- what APPENDS gave it
    pairs -- what SETITEMS gave it
    """

    __slots__ = ("args", "cls", "items", "pairs", "state")

    def __init__(self, cls: Any, args: tuple[Any, ...]) -> None:
        self.cls = cls
        self.args = args
        self.state: Any = None
        self.items: list[Any] | None = None
        self.pairs: Mapped | None = None

    @property
    def class_name(self) -> str:
        """Dotted name of the class, empty where it is no plain name."""
        return self.cls.full if isinstance(self.cls, Global) else ""


class Blob:
    """Bytes inside the pickle that were skipped: `length` from `offset` of `source`.

    text    -- whether they are written as text: UTF-8
    escaped -- or a line of protocol 0, in which backslashes escape
    """

    __slots__ = ("escaped", "length", "offset", "source", "text")

    def __init__(self, source: ByteSource, offset: int, length: int, *, text: bool = False, escaped: bool = False) -> None:
        self.source = source
        self.offset = offset
        self.length = length
        self.text = text or escaped
        self.escaped = escaped

    def read(self) -> bytes:
        """Return the bytes."""
        return self.source.read_at(self.offset, self.length)


class Storage(msgspec.Struct, eq=False, gc=False):
    """A block of memory that tensors view.

    dtype  -- of its elements; "" for an untyped one
    key    -- its name in the file
    nbytes -- as the pickle says
    first  -- elements before the view (legacy files)
    blob   -- the bytes themselves, for storages inside the pickle
    """

    dtype: str
    key: str
    location: str
    nbytes: int
    first: int = 0
    blob: Blob | None = None


class Tensor(msgspec.Struct, eq=False, gc=False):
    """A tensor as the pickle describes it; unchecked: sizes may be negative, offsets outside.

    shape, stride, offset -- in elements; shape None where it is not known
    layout -- "strided", or what else it is
    """

    dtype: str
    shape: tuple[int, ...] | None
    stride: tuple[int, ...] | None = None
    offset: int = 0
    storage: Storage | None = None
    layout: str = "strided"
    note: str = ""
    parameter: bool = False
    requires_grad: bool | None = None


class Array:
    """A numpy array: made empty by `_reconstruct`, filled by BUILD. `data` is its bytes, `big` their byte order; `masked` where it has a mask.

    axes -- of one that is neither C nor Fortran: which dimension of `shape` each of its own is
    """

    __slots__ = ("axes", "big", "data", "dtype", "fortran", "masked", "shape")

    def __init__(self) -> None:
        self.shape: tuple[int, ...] | None = None
        self.dtype: str = ""
        self.fortran = False
        self.big = False
        self.masked = False
        self.axes: tuple[int, ...] | None = None
        self.data: Any = None
