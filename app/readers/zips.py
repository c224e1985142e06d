"""Zip archives: which of the formats that are zips this one is."""

from app.keys import KeyTree, Token
from app.readers import torch_zip
from app.readers.archive import Archive
from app.readers.errors import UnknownFormatError
from app.readers.limits import Limits
from app.sources import ByteSource


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of an archive by the names of its entries."""
    archive = Archive(source, limits)
    root = torch_zip.root_of(archive)
    if root is not None:
        return torch_zip.read(source, archive, root, nesting, limits)
    raise UnknownFormatError("unknown_format", file=source.name, detail="zip")
