"""Zip archives: which of the formats that are zips this one is."""

import msgspec

from app.keys import FileInfo, KeyTree, TensorInfo, Token
from app.keys.tree import TreeOffer
from app.readers import hdf5, npy, refusals, torch_export, torch_script, torch_zip
from app.readers.archive import Archive
from app.readers.directory import Entry
from app.readers.errors import ReadError, UnknownFormatError
from app.readers.limits import Limits
from app.readers.nesting import role_of
from app.sources import ByteSource

_KERAS = "model.weights.h5"
_INNER = (".pth", ".pt", ".bin", ".ckpt")
_MOST_INNER = 8


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of an archive by the names of its entries. Raises ZipError and the errors of the format it is."""
    if source.name.endswith(".distcp"):
        raise UnknownFormatError("needs_metadata", file=source.name)
    archive = Archive(source, limits)
    names = archive.names
    if npy.is_npz(archive):
        return npy.read(source, archive, nesting, limits)
    if _KERAS in archive:
        tree = hdf5.read(archive.open(archive[_KERAS], limits.pickle_bytes), nesting, limits, form="keras-zip")
        return msgspec.structs.replace(tree, files=(FileInfo(source.name, source.size),))
    if ("extern_modules" in archive.listing or "python_version" in archive.listing) and any(
        name.endswith((".data/extern_modules", ".data/python_version")) for name in names
    ):
        raise refusals.refused("package", source.name)
    configs = torch_export.configs_of(archive)
    if configs:
        return torch_export.read(source, archive, configs, nesting, limits)
    if torch_export.is_old(archive):
        return torch_export.read_old(archive, nesting, limits)
    if torch_export.is_compiled(archive):
        raise refusals.refused("aoti", source.name)
    root = torch_zip.root_of(archive)
    if root is not None:
        reader = torch_script.read if torch_script.is_script(archive, root) else torch_zip.read
        return reader(source, archive, root, nesting, limits)
    if any(name.endswith((".pdmodel", ".pdiparams", ".pdparams")) for name in names):
        raise refusals.refused("paddle", source.name)
    if npy.has_arrays(archive):
        return npy.read(source, archive, nesting, limits)
    inner = [archive[name] for name in names if name.endswith(_INNER)]
    if 0 < len(inner) <= _MOST_INNER:
        return _bundle(source, archive, inner, nesting, limits)
    raise UnknownFormatError("unknown_format", file=source.name, detail="zip")


def _bundle(source: ByteSource, archive: Archive, inner: list[Entry], nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read an archive of torch files (stable-baselines3 and its like): each is a branch named by its entry."""
    trees = {entry.name: _torch_inside(archive, entry, limits) for entry in inner}
    chosen = min(trees, key=lambda name: (role_of((name,)) != "weights", -trees[name].parameters)) if not nesting else str(nesting[0])
    if chosen not in trees:
        raise ReadError("no_such_nesting", file=source.name, nesting=chosen[:80])
    tree = trees[chosen]
    if nesting and len(nesting) > 1:
        tree = _torch_inside(archive, archive[chosen], limits, nesting[1:])
    offers = [TreeOffer((name, *each.nesting), len(each.tensors), each.parameters, role_of((name,))) for name, each in trees.items()]
    return msgspec.structs.replace(
        tree,
        nesting=(chosen, *tree.nesting),
        tensors={key: _below(chosen, info) for key, info in tree.tensors.items()},
        files=(FileInfo(source.name, source.size),),
        offers=tuple(sorted(offers, key=lambda offer: offer.nesting[0] != chosen)),
    )


def _below(name: str, info: TensorInfo) -> TensorInfo:
    return msgspec.structs.replace(info, path=(name, *info.path)) if info.path else info


def _torch_inside(archive: Archive, entry: Entry, limits: Limits, nesting: tuple[Token, ...] | None = None) -> KeyTree:
    inner = Archive(archive.open(entry, limits.pickle_bytes), limits)
    root = torch_zip.root_of(inner)
    if root is None:
        raise UnknownFormatError("unknown_format", file=archive.source.name, detail="zip")
    return torch_zip.read(inner.source, inner, root, nesting, limits)
