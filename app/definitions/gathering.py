"""Local projects: the files that a Python file needs, found by following its imports, or all sources of a folder."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from app.definitions.decoding import source_text
from app.definitions.errors import UploadError
from app.definitions.uploads import MAX_FILE, MAX_FILES, MAX_TOTAL, is_kept

_SKIPPED_FILE = 8 * 2**20


def gather_folder(folder: Path) -> dict[str, bytes]:
    """Sources and small configuration files below a folder; larger files and links to folders are passed over. Raises UploadError."""
    files: dict[str, bytes] = {}
    total = 0
    for path in _walk(folder):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if not is_kept(relative) or path.stat().st_size > _SKIPPED_FILE:
            continue
        content = path.read_bytes()
        total += len(content)
        if len(files) >= MAX_FILES or total > MAX_TOTAL:
            raise UploadError("upload_folder_large", path=str(folder), files=MAX_FILES, limit=MAX_TOTAL // 2**20)
        files[str(relative)] = content
    if not any(name.endswith(".py") for name in files):
        raise UploadError("upload_without_code")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    pending = [folder]
    while pending:
        for entry in sorted(pending.pop().iterdir()):
            if entry.is_dir():
                if not entry.is_symlink() and is_kept(PurePosixPath(entry.name) / "x.py") and not (entry / "pyvenv.cfg").exists():
                    pending.append(entry)
            elif entry.is_file() and entry.resolve().is_relative_to(folder.resolve()):
                yield entry


def gather_file(path: Path) -> tuple[dict[str, bytes], str]:
    """Return a file with the local modules it imports, and its path among them; the project's root is above its outermost package.

    Raises UploadError where they are too many or too large, OSError where the file cannot be read.
    """
    root = path.parent
    while (root / "__init__.py").is_file() and root.parent != root:
        root = root.parent
    files: dict[str, bytes] = {}
    pending = [path]
    while pending:
        current = pending.pop()
        name = current.relative_to(root).as_posix()
        if name in files:
            continue
        if len(files) >= MAX_FILES or current.stat().st_size > MAX_FILE:
            raise UploadError("upload_file_large", name=name[:200], limit=MAX_FILE // 2**20)
        files[name] = current.read_bytes()
        pending += _needs(current, files[name], root, path.parent)
        pending += [
            folder / "__init__.py" for folder in current.parents if folder.is_relative_to(root) and (folder / "__init__.py").is_file()
        ]
    return files, path.relative_to(root).as_posix()


def _needs(path: Path, content: bytes, root: Path, beside: Path) -> Iterator[Path]:
    """Local files that a source imports."""
    try:
        tree = ast.parse(source_text(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from _modules((root, beside), name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            parts = node.module.split(".") if node.module else []
            starts = (root, beside)
            if node.level:
                start = path.parent
                for _ in range(node.level - 1):
                    start = start.parent
                starts = (start, start)
            if not all(start.is_relative_to(root) for start in starts):
                continue
            for name in node.names:
                yield from _modules(starts, [*parts, name.name])


def _modules(starts: tuple[Path, Path], parts: list[str]) -> Iterator[Path]:
    """Files along a dotted name, as far as they exist."""
    for start in dict.fromkeys(starts):
        here = start
        for part in parts:
            module, package = here / f"{part}.py", here / part / "__init__.py"
            yield from (path for path in (module, package) if path.is_file() and path.resolve().is_relative_to(start.resolve()))
            here /= part
