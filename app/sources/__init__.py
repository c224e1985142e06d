"""Where bytes come from: local files, memory, files that are lent by a browser. A reader sees `size` and `read_at`, nothing else.

What fetches remote files is imported where it is needed, since it brings a web client: `app.sources.opening.open_remote`, `app.sources.remote`.
"""

from app.sources.addresses import is_remote, parse_address
from app.sources.credentials import Credentials, S3Access, Secret, from_environment
from app.sources.lent import MAX_ROUNDS, LentFiles, RangeStore
from app.sources.local import LocalFiles
from app.sources.marks import Mark, marks
from app.sources.memory import MemoryFiles
from app.sources.policy import RemotePolicy
from app.sources.protocol import ByteSource, FileSet, Range, RangesWanted, together
from app.sources.readahead import ReadAhead
from app.sources.span import Span, absolute

__all__ = [
    "MAX_ROUNDS",
    "ByteSource",
    "Credentials",
    "FileSet",
    "LentFiles",
    "LocalFiles",
    "Mark",
    "MemoryFiles",
    "Range",
    "RangeStore",
    "RangesWanted",
    "ReadAhead",
    "RemotePolicy",
    "S3Access",
    "Secret",
    "Span",
    "absolute",
    "from_environment",
    "is_remote",
    "marks",
    "parse_address",
    "together",
]
