"""Projects as they arrive: one file, a zip, a folder of uploaded names. Only source and small configuration files are kept."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.definitions.errors import UploadError

MAX_FILES = 5_000
MAX_FILE = 8 * 2**20
MAX_TOTAL = 64 * 2**20
MAX_ENTRIES = 50_000
KEPT = frozenset({".py", ".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".txt"})
_PASSED_OVER = frozenset({".git", "__pycache__", ".venv", "venv", "node_modules", "__MACOSX", ".ipynb_checkpoints", ".mypy_cache"})
_STRANGE = re.compile(r"[\x00-\x1f\x7f\\:]")


def checked_name(name: str) -> PurePosixPath:
    """Return an uploaded file's relative path; UploadError where it would leave the project's folder."""
    path = PurePosixPath(name)
    unwritable = any(len(part.encode("utf-8", "replace")) > 200 for part in path.parts) or any(
        "\ud800" <= char <= "\udfff" for char in name
    )
    if not name or unwritable or not path.parts or len(name) > 1_000 or path.is_absolute() or ".." in path.parts or _STRANGE.search(name):
        raise UploadError("upload_path", name="".join(char if char.isprintable() else "?" for char in name)[:200])
    return path


def is_kept(path: PurePosixPath) -> bool:
    """Whether a file can matter to a definition."""
    return path.suffix.lower() in KEPT and not _PASSED_OVER.intersection(path.parts)


class _Budget:
    """Counts what is kept against the limits."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._folders: set[str] = set()
        self._total = 0

    def add(self, path: PurePosixPath, content: bytes) -> None:
        """Keep a file; UploadError over a limit, or where two names would be one file."""
        name = str(path)
        self._total += len(content)
        if len(content) > MAX_FILE:
            raise UploadError("upload_file_large", name=name[:200], limit=MAX_FILE // 2**20)
        if self._total > MAX_TOTAL:
            raise UploadError("upload_large", limit=MAX_TOTAL // 2**20)
        if len(self.files) >= MAX_FILES:
            raise UploadError("upload_many_files", limit=MAX_FILES)
        folders = {str(parent) for parent in path.parents}
        if name in self.files or name in self._folders or not folders.isdisjoint(self.files):
            raise UploadError("upload_twice", name=name[:200])
        self.files[name] = content
        self._folders |= folders


def project_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Check and thin an uploaded folder: relative path -> content. Raises UploadError."""
    budget = _Budget()
    for name, content in files.items():
        path = checked_name(name)
        if is_kept(path):
            budget.add(path, content)
    return _without_top(budget.files)


def unzip(data: bytes) -> dict[str, bytes]:
    """Read a zip's sources; UploadError for names that leave it, links, encryption, bombs and damage."""
    budget = _Budget()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise UploadError("upload_many_files", limit=MAX_ENTRIES)
            for entry in entries:
                path = checked_name(entry.filename)
                if stat.S_ISLNK(entry.external_attr >> 16):
                    raise UploadError("upload_link", name=str(path)[:200])
                if not entry.is_dir() and is_kept(path):
                    budget.add(path, _read(archive, entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, UnicodeDecodeError, OverflowError):
        raise UploadError("upload_damaged") from None
    return _without_top(budget.files)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read one entry, never more than a file may have, whatever its header says."""
    with archive.open(entry) as stream:
        return stream.read(MAX_FILE + 1)


def _without_top(files: dict[str, bytes]) -> dict[str, bytes]:
    """Drop the one folder around everything (`repo-main/`), unless it is a package."""
    if not files:
        raise UploadError("upload_without_code")
    tops = {PurePosixPath(name).parts[0] for name in files}
    top = tops.pop()
    if tops or any("/" not in name for name in files) or f"{top}/__init__.py" in files:
        return files
    if re.fullmatch(r"[^\W\d]\w*", top) and any(
        re.search(rf"^\s*(?:from|import)\s+{top}\b".encode(), text, re.MULTILINE) for text in files.values()
    ):
        return files  # a package without __init__.py that its own files import by name
    return {name[len(top) + 1 :]: content for name, content in files.items()}
