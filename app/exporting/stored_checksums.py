"""CRCs that stand in a source's own zip directory: copying an entry as it is needs no second look at its bytes."""

import io
import struct
import zipfile

from app.sources import ByteSource


class StoredChecksums:
    """CRC-32 of whole stored entries, by where their data lies; read once a file."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[tuple[int, int], int]] = {}

    def find(self, file: ByteSource, source: str, offset: int, length: int) -> int | None:
        """Return the CRC of the entry whose data is exactly this range; None where there is none."""
        key = (source, file.name)
        if key not in self._known:
            self._known[key] = dict(_entries(file))
        return self._known[key].get((offset, length))


def _entries(file: ByteSource) -> list[tuple[tuple[int, int], int]]:
    try:
        with zipfile.ZipFile(_Reading(file)) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
    out = []
    for info in listed:
        head = file.read_at(info.header_offset, 30)
        if len(head) == 30 and info.compress_type == zipfile.ZIP_STORED:
            name, extra = struct.unpack("<HH", head[26:30])
            out.append(((info.header_offset + 30 + name + extra, info.file_size), info.CRC))
    return out


class _Reading(io.RawIOBase):
    """A byte source as a file object."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        data = self._source.read_at(self._at, self._source.size - self._at if size is None or size < 0 else size)
        self._at += len(data)
        return data
