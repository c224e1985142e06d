"""Key trees as documents: the JSON of `keygraft tree --json`, and a compact form to keep and to send."""

from typing import Any

import msgspec

from app.keys.spelling import Token, parse_token, spell_token
from app.keys.tree import FileInfo, ForeignGlobal, KeyTree, Location, ModuleInfo, TensorInfo, TreeOffer, Warned

FORMAT_VERSION = 1


def tree_to_json(tree: KeyTree) -> dict[str, Any]:
    """Return the tree in the words of the contract with scripts.

    `alias_of` names the first key of the tree that shares the tensor's memory; `view` says so where shape, strides or start differ.
    """
    owners: dict[tuple[int, str], str] = {}
    return {
        "format": tree.format,
        "nesting": [spell_token(token) for token in tree.nesting],
        "tensors": {key: _tensor(key, info, owners) for key, info in tree.tensors.items()},
        "other": tree.other,
        "globals": [{"name": each.name, "count": each.count, "verdict": each.verdict} for each in tree.globals],
        "warnings": [{"code": each.code, "params": each.params} for each in tree.warnings],
        "offers": [
            {
                "nesting": [spell_token(token) for token in each.nesting],
                "tensors": each.tensors,
                "parameters": each.parameters,
                "role": each.role,
            }
            for each in tree.offers
        ],
        "metadata": tree.metadata,
    }


def _tensor(key: str, info: TensorInfo, owners: dict[tuple[int, str], str]) -> dict[str, Any]:
    found: dict[str, Any] = {"shape": None if info.shape is None else list(info.shape), "dtype": info.dtype}
    if info.stride is not None:
        found["stride"] = list(info.stride)
    if info.layout != "strided":
        found["layout"] = info.layout
    if info.note:
        found["note"] = info.note
    owner = info.alias
    if info.where is not None and info.where.length and info.where.storage:
        first = owners.setdefault((info.where.file, info.where.storage), key)
        if first not in {key, owner}:
            owner = first
            found["view"] = True
    if owner is not None:
        found["alias_of"] = owner
    return found


class _Tensor(msgspec.Struct, array_like=True, gc=False, omit_defaults=True):
    """A tensor with its path spelt: tokens may be numbers of any length, which no compact form holds."""

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


class _Offer(msgspec.Struct, array_like=True):
    nesting: tuple[str, ...]
    tensors: int
    parameters: int
    role: str


class _Tree(msgspec.Struct, array_like=True):
    version: int
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


def dump_tree(tree: KeyTree) -> bytes:
    """Return a compact form of the tree; `load_tree` is its inverse."""
    tensors = [
        _Tensor(
            info.shape,
            info.dtype,
            _spelt(info.path) if info.path else (),
            info.where,
            info.stride,
            info.alias,
            info.kind,
            info.layout,
            info.requires_grad,
            info.note,
        )
        for info in tree.tensors.values()
    ]
    offers = tuple(_Offer(_spelt(each.nesting), each.tensors, each.parameters, each.role) for each in tree.offers)
    return msgspec.msgpack.encode(
        _Tree(
            FORMAT_VERSION,
            tree.format,
            list(tree.tensors),
            tensors,
            _spelt(tree.nesting),
            tree.separator,
            tree.files,
            tree.other,
            tree.globals,
            tree.warnings,
            offers,
            tree.modules,
            tree.metadata,
            tree.ordered,
            tree.bytes_read,
        )
    )


_DECODER = msgspec.msgpack.Decoder(_Tree)


def load_tree(stored: bytes) -> KeyTree:
    """Read a dumped tree back. Raises ValueError where it is of another version or none."""
    found = _DECODER.decode(stored)
    if found.version != FORMAT_VERSION or len(found.keys) != len(found.tensors):
        raise ValueError(found.version)
    tensors = {
        key: TensorInfo(
            each.shape,
            each.dtype,
            _parsed(each.path) if each.path else (),
            each.where,
            each.stride,
            each.alias,
            each.kind,
            each.layout,
            each.requires_grad,
            each.note,
        )
        for key, each in zip(found.keys, found.tensors, strict=True)
    }
    return KeyTree(
        found.format,
        tensors,
        nesting=_parsed(found.nesting),
        separator=found.separator,
        files=found.files,
        other=found.other,
        globals=found.globals,
        warnings=found.warnings,
        offers=tuple(TreeOffer(_parsed(each.nesting), each.tensors, each.parameters, each.role) for each in found.offers),
        modules=found.modules,
        metadata=found.metadata,
        ordered=found.ordered,
        bytes_read=found.bytes_read,
    )


def _spelt(path: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(spell_token(token) for token in path)


def _parsed(path: tuple[str, ...]) -> tuple[Token, ...]:
    return tuple(parse_token(text) for text in path)
