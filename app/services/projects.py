"""Python code as a person gave it: one source, or a project of several files, kept as a zip in the data folder."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from app import definitions
from app.definitions import Call, Definition
from app.services.house import House, new_id
from app.services.sidebook import Given


def keep(house: House, files: Mapping[str, bytes]) -> Path:
    """Pack a project's files, by relative path; what is no source and no configuration stays away. Raises UploadError."""
    kept = definitions.from_files(files).files
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    path = house.folder("uploads", new_id()) / "project.zip"
    path.write_bytes(packed.getvalue())
    return path


def drop(path: Path) -> None:
    """Forget a packed project that nothing refers to."""
    path.unlink(missing_ok=True)
    path.parent.rmdir()


def sources(given: Given) -> dict[str, str]:
    """What can be read of it, by its place in the project: Python files, and configurations; a single source has the place "". Raises UploadError."""
    if not given.path:
        return {"": given.text}
    path = Path(given.path)
    return definitions.from_upload(path.name, path.read_bytes()).readable


def definition(given: Given, name: str, module: str, call: Call, edits: tuple[str, ...]) -> Definition:
    """What is built of it. Raises UploadError."""
    if given.path:
        path = Path(given.path)
        return definitions.from_upload(path.name, path.read_bytes(), module=module, name=name, call=call, edits=edits)
    file = given.label.partition(": ")[0]
    if file.endswith(".py"):
        return definitions.from_upload(file, definitions.source_bytes(given.text), name=name, call=call, edits=edits)
    return definitions.from_code(given.text, name=name, call=call, edits=edits)
