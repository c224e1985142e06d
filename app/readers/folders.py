"""Several files that are one checkpoint: an index with its shards, shards without one, a single file among others."""

import re
from collections.abc import Callable, Sequence

import msgspec

from app.keys import KeyTree, TensorInfo, Token, Warned
from app.keys.spelling import spell_token
from app.keys.tree import TreeOffer
from app.readers import dcp, refusals, remains, safetensors
from app.readers.errors import ReadLimitError, ShardsError, UnknownFormatError
from app.readers.index import shards_of
from app.readers.limits import Limits
from app.readers.nesting import role_of
from app.readers.sniffing import announce, sniff
from app.sources import ByteSource, together

ReadOne = Callable[[ByteSource, tuple[Token, ...] | None, Limits], KeyTree]
"""How one file is read by what it holds."""
_INDEX = ".index.json"
PARTED = (_INDEX, dcp.METADATA)
"""Ends of names of files that are one part of a checkpoint, even where they are given alone."""
_NUMBERED = re.compile(r"\d+-of-\d+")
_NAMED = 5
_SHARDS = ("safetensors", "zip", "torch-legacy", "gguf")
_LONE = ("hdf5", "onnx", "npy", "pickle")
_RECOGNISED = ("tensorflow", "graph", "tflite", "msgpack", "mindspore", "ggml")
_ORBAX = frozenset({"_CHECKPOINT_METADATA", "manifest.ocdbt"})
_PREFERRED = (
    "model.safetensors",
    "pytorch_model.bin",
    "adapter_model.safetensors",
    "adapter_model.bin",
    "diffusion_pytorch_model.safetensors",
)


def read(sources: Sequence[ByteSource], nesting: tuple[Token, ...] | None, limits: Limits, read_one: ReadOne) -> KeyTree:
    """Read what a folder holds. Raises the errors of its files, ShardsError, UnknownFormatError."""
    return _read([source for source in sources if not _is_hidden(source.name)] or sources, nesting, limits, read_one, "")


def _read(sources: Sequence[ByteSource], nesting: tuple[Token, ...] | None, limits: Limits, read_one: ReadOne, folder: str) -> KeyTree:
    """Read a checkpoint whose files begin with `folder`."""
    index = _index(sources, folder)
    if index is not None:
        rest = [source for source in sources if source is not index]
        together(announce, [index, *(source for source in rest if _looks_like_weights(source.name))])
        mapping, shards = shards_of(index, rest, limits)
        return _checked_against(mapping, joined(shards, nesting, limits, read_one))
    metadata = _metadata(sources)
    if metadata is not None:
        together(announce, [metadata])
        home = _home(metadata.name)
        return dcp.read(metadata, [each for each in sources if each is not metadata and _home(each.name) == home], nesting, limits)
    names = [source.name for source in sources]
    split = remains.of_names(names)
    if split is not None:
        raise split
    state = remains.state_file(names)
    if state is not None:
        return read_one(_named(sources, state), nesting, limits)
    kinds = _kinds(sources)
    for name in _PREFERRED:
        if folder + name in kinds:
            return read_one(_named(sources, folder + name), nesting, limits)
    weights = _weights(sources, kinds)
    homes = list(dict.fromkeys(_home(source.name) for source in weights))
    if len(homes) > 1:
        raise _several(homes)
    if homes and homes[0] != folder:
        return _read([source for source in sources if _home(source.name) == homes[0]], nesting, limits, read_one, homes[0])
    if weights:
        return _of_one_kind(weights, kinds, nesting, limits, read_one)
    for source in sources:
        if kinds.get(source.name) in _RECOGNISED:
            raise refusals.refused(kinds[source.name], source.name)
    for source in sources:
        if source.name.rpartition("/")[2] in _ORBAX:
            raise refusals.refused("orbax", source.name)
    raise UnknownFormatError("unknown_format", file=sources[0].name, detail="folder")


def _of_one_kind(
    weights: Sequence[ByteSource], kinds: dict[str, str], nesting: tuple[Token, ...] | None, limits: Limits, read_one: ReadOne
) -> KeyTree:
    """Read the files of the likeliest format that is there."""
    form = next(form for form in (*_SHARDS, *_LONE) if form in {kinds[source.name] for source in weights})
    found = [source for source in weights if kinds[source.name] == form]
    if len(found) == 1:
        return read_one(found[0], nesting, limits)
    if form == "npy" and not nesting:
        return _arrays(found, limits, read_one)
    if form in _LONE:
        raise _several([source.name for source in found])
    try:
        if form == "safetensors" and not nesting:
            return safetensors.joined(found, limits)
        return joined(found, nesting, limits, read_one)
    except ShardsError as error:
        if error.code == "shards_collide" and not all(_NUMBERED.search(source.name) for source in found):
            raise _several([source.name for source in found]) from error
        raise


def _weights(sources: Sequence[ByteSource], kinds: dict[str, str]) -> list[ByteSource]:
    """Files that may be the checkpoint: not what else a run saves, nor what lies in folders below where there is one up here."""
    found = [source for source in sources if kinds.get(source.name) in {*_SHARDS, *_LONE}]
    found = [source for source in found if role_of((source.name.rpartition("/")[2],)) == "weights"] or found
    depth = min((source.name.count("/") for source in found), default=0)
    return [source for source in found if source.name.count("/") == depth]


def _arrays(sources: Sequence[ByteSource], limits: Limits, read_one: ReadOne) -> KeyTree:
    """Make one tree of arrays that lie in a file each: a file's name is the key."""
    trees = together(lambda each: _shard(each[1], each[0], None, limits, read_one), list(enumerate(sources)))
    keys = [spell_token(source.name.rpartition("/")[2].removesuffix(".npy")) for source in sources]
    tensors = {key: tree.tensors[""] for key, tree in zip(keys, trees, strict=True)}
    offer = TreeOffer((), len(tensors), sum(info.numel for info in tensors.values()))
    return msgspec.structs.replace(trees[0], tensors=tensors, files=tuple(file for tree in trees for file in tree.files), offers=(offer,))


def _several(names: Sequence[str]) -> ShardsError:
    """Return the error of a folder with checkpoints that are not parts of one."""
    listed = ", ".join(ascii(name.rstrip("/")[:60])[1:-1] for name in names[:_NAMED])
    return ShardsError("several_checkpoints", file=names[0], names=listed + (", …" if len(names) > _NAMED else ""), count=len(names))


def _home(name: str) -> str:
    """Folder of a file, with the slash at its end."""
    return "".join(name.rpartition("/")[:2])


def _is_hidden(name: str) -> bool:
    """Whether a file is one that systems keep for themselves."""
    base = name.rpartition("/")[2]
    return base.startswith(".") and base != dcp.METADATA


def _metadata(sources: Sequence[ByteSource]) -> ByteSource | None:
    """The metadata of a distributed checkpoint; of the model's where the optimizer's lies in a folder beside it."""
    found = [source for source in sources if source.name.rpartition("/")[2] == dcp.METADATA]
    up = [source for source in found if source.name == dcp.METADATA]
    main = up or [source for source in found if role_of((_home(source.name),)) == "weights"] or found
    if len(main) > 1:
        raise _several([_home(source.name) for source in main])
    return main[0] if main else None


def _looks_like_weights(name: str) -> bool:
    return name.endswith((".safetensors", ".bin", ".pt", ".pth"))


def _index(sources: Sequence[ByteSource], folder: str) -> ByteSource | None:
    if sources[0].name.endswith(_INDEX):
        return sources[0]
    found = [source for source in sources if source.name.endswith(_INDEX) and _home(source.name) == folder]
    return min(found, key=lambda source: (".safetensors" not in source.name, source.name)) if found else None


def _named(sources: Sequence[ByteSource], name: str) -> ByteSource:
    return next(source for source in sources if source.name == name)


def _kinds(sources: Sequence[ByteSource]) -> dict[str, str]:
    """Format of each file that has one."""
    together(announce, sources)
    kinds: dict[str, str] = {}
    for source in sources:
        try:
            kinds[source.name] = sniff(source)
        except UnknownFormatError as error:
            if error.code == "lfs_pointer":
                raise
    return kinds


def joined(shards: Sequence[ByteSource], nesting: tuple[Token, ...] | None, limits: Limits, read_one: ReadOne) -> KeyTree:
    """Make one tree of shards, in order. Raises ShardsError (`shards_collide`) where a key stands in two."""
    kinds = together(_announced, shards)
    if set(kinds) == {"safetensors"} and not nesting:
        return safetensors.joined(shards, limits)
    trees = together(lambda each: _shard(each[1], each[0], nesting, limits, read_one), list(enumerate(shards)))
    tensors: dict[str, TensorInfo] = {}
    other: dict[str, str] = {}
    warnings: list[Warned] = []
    metadata: dict[str, str] = {}
    for number, tree in enumerate(trees):
        expected = len(tensors) + len(tree.tensors)
        tensors.update(tree.tensors)
        if len(tensors) != expected:
            raise _collision(trees[: number + 1])
        if expected > limits.keys:
            raise ReadLimitError("limit", file=shards[number].name, detail="keys")
        other.update(tree.other)
        metadata.update(tree.metadata)
        warnings.extend(warned for warned in tree.warnings if warned not in warnings)
    parameters = sum(offer.parameters for tree in trees for offer in tree.offers if offer.nesting == tree.nesting)
    return msgspec.structs.replace(
        trees[0],
        tensors=tensors,
        other=other,
        files=tuple(file for tree in trees for file in tree.files),
        globals=tuple({each.name: each for tree in trees for each in tree.globals}.values()),
        warnings=tuple(warnings),
        metadata=metadata,
        offers=(TreeOffer(trees[0].nesting, len(tensors), parameters),),
    )


def _announced(source: ByteSource) -> str:
    announce(source)
    return sniff(source)


def _shard(source: ByteSource, number: int, nesting: tuple[Token, ...] | None, limits: Limits, read_one: ReadOne) -> KeyTree:
    """Read a shard as file `number` of the checkpoint."""
    tree = read_one(source, nesting, limits)
    return msgspec.structs.replace(tree, tensors={key: _moved(info, number) for key, info in tree.tensors.items()})


def _collision(trees: Sequence[KeyTree]) -> ShardsError:
    """Return the error of the last tree, which holds a key of one before."""
    last = trees[-1]
    key = next(key for key in last.tensors if any(key in tree.tensors for tree in trees[:-1]))
    return ShardsError("shards_collide", file=last.files[0].name, key=key[:80])


def _moved(info: TensorInfo, file: int) -> TensorInfo:
    if file == 0 or info.where is None:
        return info
    where = msgspec.structs.replace(info.where, file=file)
    return TensorInfo(
        info.shape,
        info.dtype,
        info.path,
        where,
        info.stride,
        info.alias,
        info.kind,
        info.layout,
        info.requires_grad,
        info.note,
    )


def _checked_against(mapping: dict[str, str], tree: KeyTree) -> KeyTree:
    """Say where index and shards disagree: keys that the index lists and no shard holds, and the other way round."""
    if mapping.keys() == tree.tensors.keys():
        return tree
    absent = [key for key in mapping if key not in tree.tensors]
    unlisted = [key for key in tree.tensors if key not in mapping]
    warned = [
        Warned(code, {"key": keys[0][:80], "count": len(keys)})
        for code, keys in (("index_absent", absent), ("index_unlisted", unlisted))
        if keys
    ]
    return msgspec.structs.replace(tree, warnings=(*tree.warnings, *warned))
