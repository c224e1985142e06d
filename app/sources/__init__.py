"""Where bytes come from: local files, memory, files that are lent by a browser. A reader sees `size` and `read_at`, nothing else."""

from app.sources.lent import LentFiles, RangeStore
from app.sources.local import LocalFiles
from app.sources.memory import MemoryFiles
from app.sources.protocol import ByteSource, FileSet, Range, RangesWanted, together
from app.sources.readahead import ReadAhead
from app.sources.span import Span, absolute

__all__ = [
    "ByteSource",
    "FileSet",
    "LentFiles",
    "LocalFiles",
    "MemoryFiles",
    "Range",
    "RangeStore",
    "RangesWanted",
    "ReadAhead",
    "absolute",
    "Span",
    "together",
]
