"""Several files as one zip that is made while it is sent: nothing is compressed, nothing lies on the disk twice."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 1 << 20


class _Tube(io.RawIOBase):
    """A file that only goes forward and keeps what was written until it is taken."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # what zipfile hands over
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def zipped(paths: list[Path]) -> Iterator[bytes]:
    """The bytes of a zip with these files, in order."""
    tube = _Tube()
    with zipfile.ZipFile(tube, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path in paths:
            info = zipfile.ZipInfo(path.name)
            info.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(info, "w", force_zip64=info.file_size >= 1 << 31) as entry:
                while data := source.read(_CHUNK):
                    entry.write(data)
                    yield tube.take()
    yield tube.take()
