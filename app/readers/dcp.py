"""Distributed checkpoints (DCP): a folder with a pickled `.metadata` and `.distcp` files of torch files laid end to end.

Source of the format: pytorch, `torch/distributed/checkpoint/metadata.py` and `filesystem.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from app.errors import KeygraftError
from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, Warned
from app.keys.spelling import spell_token
from app.keys.tree import keyed
from app.readers.archive import TAIL, Archive
from app.readers.assembling import cautions, foreign
from app.readers.directory import STORED
from app.readers.errors import ReadError, ReadLimitError, TorchError
from app.readers.limits import Limits
from app.readers.nesting import MOST_OFFERS, role_of
from app.readers.pickles import Call, Machine, Mapped
from app.readers.pickles.torch_makers import dtype_of
from app.readers.sniffing import ends_of
from app.sources import ByteSource, Span, absolute, together

METADATA = ".metadata"
_LOCATED = 4_096
"""Tensors whose bytes are looked for in their files: each costs a small read."""
_MOST = (1 << 63) - 1
_DEEPEST = 64


class _Part(NamedTuple):
    """Where a part of a tensor was written."""

    file: str
    offset: int
    length: int


def read(metadata: ByteSource, rest: Sequence[ByteSource], nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a distributed checkpoint. Raises PickleError, TorchError (`dcp_header`), ReadLimitError."""
    machine = Machine(metadata.name, limits)
    root, _end = machine.load(metadata)
    top = attributes(root)
    described, written = top.get("state_dict_metadata"), top.get("storage_data")
    if type(described) is not Mapped or type(written) is not Mapped:
        raise TorchError("dcp_header", file=metadata.name)
    if len(described) > 2 * limits.keys or len(written) > 8 * limits.keys:
        raise ReadLimitError("limit", file=metadata.name, detail="keys")
    files = [metadata, *(source for source in rest if source.name.rpartition("/")[2].endswith(".distcp"))]
    numbers = {source.name.rpartition("/")[2]: number for number, source in enumerate(files)}
    tensors, other = _listed(described, _parts(written), files, numbers)
    missing = sorted({part.file for parts in _parts(written).values() for part in parts if part.file not in numbers})
    absent = [Warned("shard_absent", {"shard": missing[0][:80], "count": len(missing)})] if missing else []
    names = foreign(machine.globals.values())
    inside = _inside(top.get("planner_data"), tensors)
    if nesting and nesting not in inside:
        raise ReadError("no_such_nesting", file=metadata.name, nesting=str(nesting[0])[:80])
    chosen = nesting or ()
    trees = {(): tensors} | (inside if len(inside) <= MOST_OFFERS else {})
    return KeyTree(
        "dcp",
        inside[chosen] if chosen else tensors,
        nesting=chosen,
        files=tuple(FileInfo(source.name, source.size) for source in files),
        other=dict(list(other.items())[: limits.shown]),
        globals=names,
        warnings=(*absent, *cautions(names)),
        offers=tuple(_offer(path, trees[path]) for path in sorted(trees, key=lambda path: path != chosen)),
    )


def _inside(planned: Any, tensors: dict[str, TensorInfo]) -> dict[tuple[Token, ...], dict[str, TensorInfo]]:
    """Trees that were flattened into one: model and optimizer, or these two inside the one object that was saved."""
    found = _by_top(planned, tensors, 1)
    inner = _by_top(planned, tensors, 2) if len(found) == 1 else {}
    return found | (inner if len(inner) > 1 else {})


def _by_top(planned: Any, tensors: dict[str, TensorInfo], depth: int) -> dict[tuple[Token, ...], dict[str, TensorInfo]]:
    """Trees by the first tokens of the paths that the planner wrote."""
    found: dict[tuple[Token, ...], dict[tuple[Token, ...], TensorInfo]] = {}
    for name, path in zip(planned[::2], planned[1::2], strict=False) if type(planned) is Mapped else ():
        info = tensors.get(spell_token(name)) if type(name) is str else None
        if info is not None and type(path) is tuple and depth < len(path) < _DEEPEST and all(map(_is_token, path)):
            found.setdefault(path[:depth], {})[path[depth:]] = msgspec.structs.replace(info, path=path)
    return {top: dict(zip(keyed(inner), inner.values(), strict=True)) for top, inner in found.items()}


def _is_token(value: Any) -> bool:
    return type(value) is str or (type(value) is int and abs(value) <= _MOST)


def _offer(path: tuple[Token, ...], tensors: dict[str, TensorInfo]) -> TreeOffer:
    return TreeOffer(path, len(tensors), min(_MOST, sum(info.numel for info in tensors.values())), role_of(path))


def attributes(value: Any) -> Mapping[str, Any]:
    """Attributes of an object that was pickled by its dictionary; empty for anything else."""
    state = value.state if type(value) is Call else None
    if type(state) is not Mapped:
        return {}
    return {key: held for key, held in zip(state[::2], state[1::2], strict=False) if type(key) is str}


def _parts(written: Mapped) -> dict[str, list[_Part]]:
    """Key -> where its parts lie."""
    out: dict[str, list[_Part]] = {}
    for index, info in zip(written[::2], written[1::2], strict=False):
        name, place = attributes(index).get("fqn"), attributes(info)
        file, offset, length = place.get("relative_path"), place.get("offset"), place.get("length")
        if type(name) is str and type(file) is str and type(offset) is int and type(length) is int:
            out.setdefault(name, []).append(_Part(file, offset, length))
    return out


def _listed(
    described: Mapped, parts: dict[str, list[_Part]], files: Sequence[ByteSource], numbers: dict[str, int]
) -> tuple[dict[str, TensorInfo], dict[str, str]]:
    tensors: dict[str, TensorInfo] = {}
    other: dict[str, str] = {}
    whole: dict[str, _Part] = {}
    for name, value in zip(described[::2], described[1::2], strict=False):
        if type(name) is not str:
            continue
        key, written = spell_token(name), parts.get(name, [])
        info = _tensor(attributes(value), len(written))
        if info is None:
            other[key] = "bytes"
            continue
        tensors[key] = info
        if len(written) == 1:
            whole[key] = written[0]
    if len(whole) <= _LOCATED:
        _announce(whole.values(), files, numbers)
        places = together(lambda key: _located(whole[key], tensors[key], files, numbers), whole)
        for key, where in zip(whole, places, strict=True):
            tensors[key] = _with(tensors[key], where)
    return tensors, other


def _announce(parts: Iterable[_Part], files: Sequence[ByteSource], numbers: dict[str, int]) -> None:
    """Ask for both ends of each part, and of each file, in one go: its first local headers and its directory stand there."""
    ends: dict[int, list[tuple[int, int]]] = {number: list(ends_of(files[number])) for number in range(1, len(files))}
    for part in parts:
        number = numbers.get(part.file)
        if number and 0 <= part.offset < part.offset + part.length <= files[number].size:
            ends[number] += [(part.offset, TAIL), (max(part.offset, part.offset + part.length - TAIL), TAIL)]
    together(lambda number: files[number].want(ends[number]), ends)


def _with(info: TensorInfo, where: Location | None) -> TensorInfo:
    return TensorInfo(info.shape, info.dtype, where=where, requires_grad=info.requires_grad, note=info.note)


def _tensor(value: Mapping[str, Any], parts: int) -> TensorInfo | None:
    """Make a tensor of its TensorStorageMetadata; None for what is no tensor."""
    size, properties = value.get("size"), value.get("properties")
    if type(size) is not tuple or not all(type(each) is int and 0 <= each <= _MOST for each in size):
        return None
    state = properties.state if type(properties) is Call else None
    first = state[0] if type(state) is tuple and state else attributes(properties).get("dtype")
    gradient = state[2] if type(state) is tuple and len(state) > 2 and type(state[2]) is bool else None
    return TensorInfo(size, dtype_of(first), requires_grad=gradient, note=f"in {parts} parts" if parts > 1 else "")


def _located(part: _Part, info: TensorInfo, files: Sequence[ByteSource], numbers: dict[str, int]) -> Location | None:
    """Find the storage in the small torch file that was written for a tensor; None where it is not one dense block."""
    number = numbers.get(part.file)
    if number is None or not info.nbytes or part.offset < 0 or part.length < 0 or part.offset + part.length > files[number].size:
        return None
    try:
        archive = Archive(Span(files[number], part.offset, part.length, files[number].name), Limits())
        found = [entry for entry in archive.entries if "/data/" in entry.name]
        if len(found) != 1 or found[0].method != STORED or found[0].size != info.nbytes:
            return None
        start = absolute(archive.source, archive.data_offset(found[0]))
    except KeygraftError:
        return None
    return None if start is None else Location(number, start, info.nbytes, f"@{start}")
