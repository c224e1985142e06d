"""A key tree as bytes, and back.

Keys' tokens are written as spelt: MessagePack has no tuple of mixed tokens that would come back with its types.
"""

import gc
import hashlib
import zlib

import msgspec

from app.keys import FileInfo, ForeignGlobal, KeyTree, Location, ModuleInfo, TensorInfo, Token, TreeOffer, Warned, parse_token, spell_token

_LEVEL = 1


class _Tensor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One tensor, its path as spelt tokens."""

    shape: tuple[int, ...] | None
    dtype: str
    path: tuple[str, ...]
    where: Location | None
    stride: tuple[int, ...] | None
    alias: str | None
    kind: str | None
    layout: str
    requires_grad: bool | None
    note: str


class _Offer(msgspec.Struct, frozen=True, array_like=True):
    """One offer, its nesting as spelt tokens."""

    nesting: tuple[str, ...]
    tensors: int
    parameters: int
    role: str


class _Tree(msgspec.Struct, frozen=True):
    """The whole tree."""

    format: str
    keys: list[str]
    tensors: list[_Tensor]
    nesting: tuple[str, ...]
    separator: str
    files: tuple[FileInfo, ...]
    other: dict[str, str]
    globals: tuple[ForeignGlobal, ...]
    warnings: tuple[Warned, ...]
    offers: tuple[_Offer, ...]
    modules: dict[str, ModuleInfo]
    metadata: dict[str, str]
    ordered: bool
    bytes_read: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Tree)


def encode(tree: KeyTree) -> bytes:
    """Bytes of a tree; equal trees give equal bytes."""
    flat = _Tree(
        tree.format,
        list(tree.tensors),
        [_flat(info) for info in tree.tensors.values()],
        _spelt(tree.nesting),
        tree.separator,
        tree.files,
        tree.other,
        tree.globals,
        tree.warnings,
        tuple(_Offer(_spelt(offer.nesting), offer.tensors, offer.parameters, offer.role) for offer in tree.offers),
        tree.modules,
        tree.metadata,
        tree.ordered,
        tree.bytes_read,
    )
    return zlib.compress(_encoder.encode(flat), _LEVEL)


def decode(content: bytes) -> KeyTree:
    """The tree again. The collector is paused: tens of thousands of tuples are made and none is garbage."""
    paused = gc.isenabled()
    gc.disable()
    try:
        flat = _decoder.decode(zlib.decompress(content))
        return KeyTree(
            flat.format,
            dict(zip(flat.keys, map(_full, flat.tensors), strict=True)),
            _tokens(flat.nesting),
            flat.separator,
            flat.files,
            flat.other,
            flat.globals,
            flat.warnings,
            tuple(TreeOffer(_tokens(offer.nesting), offer.tensors, offer.parameters, offer.role) for offer in flat.offers),
            flat.modules,
            flat.metadata,
            flat.ordered,
            flat.bytes_read,
        )
    finally:
        if paused:
            gc.enable()


def digest(content: bytes) -> str:
    """Name of a tree's bytes."""
    return hashlib.blake2b(content, digest_size=32).hexdigest()


def _spelt(path: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(spell_token(token) for token in path)


def _tokens(path: tuple[str, ...]) -> tuple[Token, ...]:
    return tuple(parse_token(token) for token in path)


def _flat(info: TensorInfo) -> _Tensor:
    return _Tensor(
        info.shape,
        info.dtype,
        _spelt(info.path),
        info.where,
        info.stride,
        info.alias,
        info.kind,
        info.layout,
        info.requires_grad,
        info.note,
    )


def _full(flat: _Tensor) -> TensorInfo:
    path = tuple(map(parse_token, flat.path))
    return TensorInfo(
        flat.shape, flat.dtype, path, flat.where, flat.stride, flat.alias, flat.kind, flat.layout, flat.requires_grad, flat.note
    )
