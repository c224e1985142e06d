"""`.pt2`: what `torch.export.save` writes. Newer archives list their weights as JSON beside raw bytes; older ones hold torch zips.

Source of the format: pytorch, `torch/export/pt2_archive/_package.py` and `torch/_export/serde/schema.py`.
"""

import msgspec

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, Warned, itemsize
from app.keys.spelling import parse_token, spell_token
from app.readers import torch_zip
from app.readers.archive import Archive
from app.readers.errors import ReadError, ReadLimitError, TorchError
from app.readers.limits import Limits
from app.readers.storages import aliases, same_strides
from app.sources import ByteSource

_CONFIG = "weights_config.json"
_OLD_STATE = "serialized_state_dict.pt"
_MOST = (1 << 63) - 1
_MOST_PROGRAMS = 64
_DTYPES = {
    1: "U8",
    2: "I8",
    3: "I16",
    4: "I32",
    5: "I64",
    6: "F16",
    7: "F32",
    8: "F64",
    9: "C32",
    10: "C64",
    11: "C128",
    12: "BOOL",
    13: "BF16",
    28: "U16",
    29: "F8_E4M3",
    30: "F8_E5M2",
    31: "F8_E4M3FNUZ",
    32: "F8_E5M2FNUZ",
    33: "F8_E8M0",
    34: "U32",
    35: "U64",
}


class _Size(msgspec.Struct, frozen=True):
    as_int: int | None = None


class _Meta(msgspec.Struct):
    dtype: int
    sizes: list[_Size]
    strides: list[_Size] = []
    storage_offset: _Size = _Size(0)
    requires_grad: bool | None = None


class _Weight(msgspec.Struct):
    path_name: str
    tensor_meta: _Meta | None = None
    is_param: bool | None = None
    use_pickle: bool = False


class _Weights(msgspec.Struct):
    config: dict[str, _Weight]


def configs_of(archive: Archive) -> dict[str, str]:
    """Name of each program -> name of the entry that lists its weights; none where this is no such archive."""
    if _CONFIG not in archive.listing:
        return {}
    found = [name for name in archive.names if name.endswith(_CONFIG) and "/weights/" in name]
    return {name.rpartition("/")[2].removesuffix(_CONFIG).removesuffix("_"): name for name in found}


def is_compiled(archive: Archive) -> bool:
    """Whether this is a program that AOTInductor compiled: its weights lie inside a library."""
    return "/data/aotinductor/" in archive.listing


def is_old(archive: Archive) -> bool:
    """Whether this is the first form of the archive."""
    return _OLD_STATE in archive and "serialized_exported_program.json" in archive


def read(source: ByteSource, archive: Archive, configs: dict[str, str], nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of an exported program; of several, each is a tree by its name. Raises ZipError, TorchError, ReadLimitError."""
    if len(configs) > _MOST_PROGRAMS:
        raise ReadLimitError("limit", file=source.name, detail="entries")
    if nesting and (len(configs) == 1 or len(nesting) > 1 or nesting[0] not in configs):
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    trees = {name: _tree(source, archive, config, limits) for name, config in configs.items()}
    if len(trees) == 1:
        return next(iter(trees.values()))
    chosen = str(nesting[0]) if nesting else max(trees, key=lambda name: trees[name].parameters)
    return msgspec.structs.replace(
        trees[chosen],
        tensors={key: msgspec.structs.replace(info, path=(chosen, parse_token(key))) for key, info in trees[chosen].tensors.items()},
        nesting=(chosen,),
        offers=tuple(
            TreeOffer((name,), len(tree.tensors), min(_MOST, tree.parameters))
            for name, tree in sorted(trees.items(), key=lambda each: each[0] != chosen)
        ),
    )


def _tree(source: ByteSource, archive: Archive, config: str, limits: Limits) -> KeyTree:
    """Read the weights that one program lists."""
    placed = torch_zip.Placed(archive, config.rpartition("/")[0] + "/")
    placed.announce(config)
    try:
        weights = msgspec.json.decode(archive.read(archive[config]), type=_Weights).config
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TorchError("export_header", file=source.name) from error
    if len(weights) > limits.keys:
        raise ReadLimitError("limit", file=source.name, detail="keys")
    tensors: dict[str, TensorInfo] = {}
    flags: dict[str, tuple[str, int]] = {}
    for name, weight in weights.items():
        key = spell_token(name)
        info, code = _tensor(weight, placed)
        tensors[key] = info
        if code:
            flags[code] = (flags.get(code, (key, 0))[0], flags.get(code, (key, 0))[1] + 1)
    for key, owner in aliases(tensors).items():
        tensors[key] = msgspec.structs.replace(tensors[key], alias=owner)
    warnings = tuple(Warned(code, {"key": key, "count": count}) for code, (key, count) in flags.items())
    offer = TreeOffer((), len(tensors), min(_MOST, sum(info.numel for info in tensors.values())))
    return KeyTree("pt2", tensors, files=(FileInfo(source.name, source.size),), warnings=warnings, offers=(offer,))


def _tensor(weight: _Weight, placed: torch_zip.Placed) -> tuple[TensorInfo, str]:
    meta = weight.tensor_meta
    kind = None if weight.is_param is None else "parameter" if weight.is_param else "buffer"
    if meta is None:
        return TensorInfo(None, "UNKNOWN", kind=kind), ""
    dtype = _DTYPES.get(meta.dtype, "UNKNOWN")
    shape, stride = _ints(meta.sizes), _ints(meta.strides)
    if shape is None or stride is None or len(shape) != len(stride):
        return TensorInfo(None, dtype, kind=kind), "shape"
    place = None if weight.use_pickle else placed(weight.path_name)
    dense = same_strides(shape, stride)
    info = TensorInfo(shape, dtype, stride=None if dense else stride, kind=kind, requires_grad=meta.requires_grad)
    if place is None:
        return info, "" if weight.use_pickle else "missing_storage"
    start, held = place
    size = itemsize(dtype) or 1
    first = int((meta.storage_offset.as_int or 0) * size)
    needed = 0 if 0 in shape else int((sum((n - 1) * step for n, step in zip(shape, stride, strict=True)) + 1) * size)
    if first < 0 or first + needed > held:
        return info, "bounds"
    if start is None:
        return info, ""
    return msgspec.structs.replace(info, where=Location(0, start + first, held - first, weight.path_name)), ""


def _ints(sizes: list[_Size]) -> tuple[int, ...] | None:
    values = [size.as_int for size in sizes]
    known = tuple(value for value in values if value is not None and 0 <= value <= _MOST)
    return known if len(known) == len(values) else None


def read_old(archive: Archive, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the state dict that older archives hold as a torch zip of its own."""
    entry = archive[_OLD_STATE]
    inner = Archive(archive.open(entry, limits.header_bytes), limits)
    root = torch_zip.root_of(inner)
    if root is None:
        raise TorchError("export_header", file=archive.source.name)
    tree = torch_zip.read(inner.source, inner, root, nesting, limits)
    return msgspec.structs.replace(tree, format="pt2", files=(FileInfo(archive.source.name, archive.source.size),))
