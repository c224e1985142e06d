"""Pickles that are no torch file: dictionaries of arrays (numpy, Paddle, detectron2), or of tensors written by plain `pickle.dump`."""

from app.keys import FileInfo, KeyTree, Token, Warned
from app.readers import refusals
from app.readers.assembling import tree_of
from app.readers.errors import PickleError
from app.readers.limits import Limits
from app.readers.persistent import storage_of
from app.readers.pickles import Machine
from app.readers.storages import Storages
from app.readers.torch_legacy import nested
from app.readers.walking import walk
from app.sources import ByteSource


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a pickle; array data is jumped over. Raises PickleError, ReadLimitError."""
    machine = Machine(source.name, limits, storage_of, nested, runs=True)
    try:
        value, end = machine.load(source)
    except PickleError as error:
        if any(name.module.partition(".")[0] == "joblib" for name in machine.globals.values()):
            raise refusals.refused("joblib", source.name) from error  # its arrays stand between the opcodes
        raise
    walked = walk(value, source.name, limits)
    storages = Storages(lambda _key: None)

    if end != source.size and source.read_at(max(0, source.size - 22), 4) == b"PK\5\6":
        raise machine.malformed("two_formats")
    warnings = [] if end == source.size else [Warned("trailing_bytes", {"count": source.size - end})]
    files = (FileInfo(source.name, source.size),)
    return tree_of(walked, storages, form="raw-pickle", files=files, nesting=nesting, names=machine.globals.values(), warnings=warnings)
