"""The key tree of one side: every key with shape, dtype and where its bytes lie."""

from collections.abc import Iterable, Mapping
from math import prod

import msgspec

from app.keys.dtypes import bytes_of, stored_bytes
from app.keys.spelling import Token, spell, spell_apart, spelt_alone

Scalar = str | int | float | bool | None


class Location(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where the bytes of a tensor's storage lie.

    file    -- index into `KeyTree.files`
    offset  -- first byte of the tensor's first element, in the file
    length  -- bytes from there to the end of the storage; a contiguous tensor needs `bytes_of(shape, dtype)` of them
    storage -- names the storage inside the file: tensors with an equal (file, storage) share memory
    """

    file: int
    offset: int
    length: int
    storage: str = ""


class TensorInfo(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One tensor of a key tree; no data.

    shape   -- None where it is not known: lazy parameters, nested tensors
    dtype   -- as safetensors writes it: F32, BF16, ...
    path    -- tokens from the file's root, nesting included; empty where the spelt key is the only token
    where   -- None where there are no bytes to read directly (a model definition, compressed or computed data)
    stride  -- in elements; None means contiguous
    alias   -- key of the first tensor of this tree with the same storage and view; None for that first one and for all others
    kind    -- "parameter", "buffer", "extra" for a model; None where the file does not say
    layout  -- "strided" unless sparse, quantized, jagged...
    """

    shape: tuple[int, ...] | None
    dtype: str
    path: tuple[Token, ...] = ()
    where: Location | None = None
    stride: tuple[int, ...] | None = None
    alias: str | None = None
    kind: str | None = None
    layout: str = "strided"
    requires_grad: bool | None = None
    note: str = ""

    @property
    def numel(self) -> int:
        """Count of elements; 0 where the shape is not known."""
        return 0 if self.shape is None else prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the dense tensor; 0 where they cannot be told, as of a quantized one."""
        return bytes_of(self.shape, self.dtype)

    @property
    def stored(self) -> int:
        """Bytes that it takes as it is kept: those of its blocks where it is quantized."""
        return stored_bytes(self.shape, self.dtype)


class FileInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of a checkpoint: base name, size in bytes, and a hash of what was read of it."""

    name: str
    size: int
    header_hash: str = ""


class ForeignGlobal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class or function that a pickle names and that we did not call.

    verdict -- "known" (data of torch, numpy, the standard library), "unknown", "dangerous"
    """

    name: str
    count: int = 1
    verdict: str = "unknown"


class Warned(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something odd that did not stop the reading; `code` is a message `warning-<code>` of the catalogue."""

    code: str
    params: dict[str, Scalar] = {}


class ModuleInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A module of a model: class, first base of torch.nn, and the hyperparameters that could be read (heads, groups, sizes)."""

    cls: str
    base: str = ""
    hyper: dict[str, Scalar | list[int]] = {}


class TreeOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of several trees that nest in a file: at which path, how many tensors and parameters, and what it seems to be.

    role -- "weights", "ema", "optimizer", "other"
    """

    nesting: tuple[Token, ...]
    tensors: int
    parameters: int = 0
    role: str = "weights"


class KeyTree(msgspec.Struct, frozen=True, omit_defaults=True):
    """All keys of one side, in their order.

    format    -- "torch-zip", "safetensors", "definition", "text", ...
    tensors   -- spelt key -> tensor; the spelling is unique within a tree and relative to `nesting`
    nesting   -- path from the file's root to this tree
    separator -- between segments: "." or "/"
    other     -- leaves that are no tensors, spelt key -> short description
    offers    -- every tree of the file, this one included
    modules   -- module path -> module, where classes are known
    ordered   -- whether the listing carries registration order (safetensors files are sorted by name, and do not)
    """

    format: str
    tensors: dict[str, TensorInfo]
    nesting: tuple[Token, ...] = ()
    separator: str = "."
    files: tuple[FileInfo, ...] = ()
    other: dict[str, str] = {}
    globals: tuple[ForeignGlobal, ...] = ()
    warnings: tuple[Warned, ...] = ()
    offers: tuple[TreeOffer, ...] = ()
    modules: dict[str, ModuleInfo] = {}
    metadata: dict[str, str] = {}
    ordered: bool = True
    bytes_read: int = 0

    @property
    def parameters(self) -> int:
        """Count of elements over all keys, aliases counted once."""
        return sum(info.numel for info in self.tensors.values() if info.alias is None)

    @property
    def nbytes(self) -> int:
        """Bytes over all keys as they are kept, aliases counted once."""
        return sum(info.stored for info in self.tensors.values() if info.alias is None)


def keyed(paths: Iterable[tuple[Token, ...]], separator: str = ".") -> list[str]:
    """Spell the keys of one tree so that no two are alike, in order."""
    listed = list(paths)
    if all(len(path) == 1 for path in listed):
        return spelt_alone([path[0] for path in listed])
    owner: dict[str, tuple[Token, ...]] = {spell(path, separator): path for path in listed if len(path) == 1}
    out = []
    for path in listed:
        text = spell(path, separator)
        out.append(text if owner.setdefault(text, path) == path else spell_apart(path))
    return out


def alias_groups(tensors: Mapping[str, TensorInfo]) -> list[list[str]]:
    """Groups of keys that are one tensor, each in order, the first being the one that the others name."""
    groups: dict[str, list[str]] = {}
    for key, info in tensors.items():
        if info.alias is not None:
            groups.setdefault(info.alias, [info.alias]).append(key)
    return list(groups.values())


def memory_groups(tensors: Mapping[str, TensorInfo]) -> list[list[str]]:
    """Groups of keys that are different views of one block of memory, each in order; keys that are one tensor count once."""
    groups: dict[tuple[int, str], list[str]] = {}
    for key, info in tensors.items():
        if info.alias is None and info.where is not None and info.where.storage and info.where.length:
            groups.setdefault((info.where.file, info.where.storage), []).append(key)
    return [group for group in groups.values() if len(group) > 1]


def from_shapes(entries: Mapping[str, tuple[tuple[int, ...] | None, str]], *, form: str = "text", ordered: bool = True) -> KeyTree:
    """Make a tree from key -> (shape, dtype)."""
    return KeyTree(form, {key: TensorInfo(shape, dtype) for key, (shape, dtype) in entries.items()}, ordered=ordered)
