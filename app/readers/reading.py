"""The door of the room: a set of files in, a key tree out."""

import msgspec

from app.keys import KeyTree, Token
from app.keys.collector import paused
from app.readers import folders, gguf, hdf5, npy, onnx, raw_pickle, refusals, safetensors, torch_legacy, zips
from app.readers.errors import ReadLimitError, UnknownFormatError
from app.readers.limits import Limits
from app.readers.sniffing import announce, fingerprint, sniff
from app.sources import ByteSource, FileSet

WALKED = 16 << 20
"""Bytes that a lent file is asked for at once where its format must be walked."""


def read(files: FileSet, *, nesting: tuple[Token, ...] | None = None, limits: Limits | None = None) -> KeyTree:
    """Read the key tree of a checkpoint: headers only, nothing is executed.

    nesting -- path from the file's root to the tree that is wanted; None lets the reader choose
    Raises KeygraftError of the family of the format; RangesWanted for lent files.
    """
    limits = limits or Limits()
    names = files.names()
    if not names:
        raise UnknownFormatError("unknown_format", file="", detail="empty_folder")
    if len(names) > limits.files:
        raise ReadLimitError("limit", file=names[0], detail="files")
    with paused():  # a reading makes no garbage
        opened = {name: files.open(name) for name in names}
        if len(names) == 1 and not names[0].endswith(folders.PARTED):
            tree = read_one(opened[names[0]], nesting, limits)
        else:
            tree = folders.read(list(opened.values()), nesting, limits, read_one)
        marked = tuple(msgspec.structs.replace(file, header_hash=fingerprint(opened[file.name])) for file in tree.files)
        return msgspec.structs.replace(tree, files=marked, bytes_read=sum(source.bytes_read for source in opened.values()))


def read_one(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read one file by what it holds."""
    announce(source)
    form = sniff(source)
    match form:
        case "zip":
            return zips.read(source, nesting, limits)
        case "safetensors":
            return safetensors.read(source, nesting, limits)
        case "torch-legacy":
            return torch_legacy.read(source, nesting, limits)
        case "pickle" | "hdf5" | "onnx":
            return _walked(form, source, nesting, limits)
        case "gguf":
            source.want([(0, WALKED)])
            return gguf.read(source, nesting, limits)
        case "npy":
            return npy.read_single(source, nesting, limits)
        case _:
            raise refusals.refused(form, source.name)


def _walked(form: str, source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read a format whose headers stand between its data. A small lent file is asked for whole: that is fewer rounds."""
    if source.size <= WALKED:
        source.want([(0, source.size)])
    readers = {"pickle": raw_pickle.read, "hdf5": hdf5.read, "onnx": onnx.read}
    return readers[form](source, nesting, limits)
