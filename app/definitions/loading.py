"""From what a person gives to a definition that can be built: a specification, pasted code, an uploaded file, zip or folder."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from app.definitions.calls import Call
from app.definitions.decoding import notebook_source, plain_text, source_bytes
from app.definitions.definition import PASTED, Definition
from app.definitions.errors import SpecError, UploadError
from app.definitions.gathering import gather_file, gather_folder
from app.definitions.specs import Spec
from app.definitions.uploads import MAX_FILE, checked_name, project_files, unzip

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_ZIP = b"PK\x03\x04"


def from_spec(spec: Spec, *, folder: Path | None = None) -> Definition:
    """Gather what a specification names; relative paths start at `folder`, or where the process runs.

    Whether a path may be read, or an installed package be imported, is for the caller to decide. Raises SpecError, UploadError.
    """
    base = folder or Path.cwd()
    try:
        match spec.door:
            case "python":
                return _python(spec, base)
            case "transformers" | "diffusers" if spec.path:
                return Definition(spec.door, name=spec.name, call=spec.call, edits=spec.edits, config=_config(base / spec.path))
            case _:
                return Definition(spec.door, name=spec.name, call=spec.call, edits=spec.edits)
    except OSError as error:
        if spec.door in {"transformers", "diffusers"} and _HUB_NAME.fullmatch(spec.path):
            raise SpecError("spec_hub_name", name=spec.path, library=spec.door) from None
        raise SpecError("spec_path", path=spec.path or spec.module, detail=error.strerror or type(error).__name__) from None


def _config(path: Path) -> str:
    if path.is_dir():
        path /= "config.json"
    if path.stat().st_size > MAX_FILE:
        raise UploadError("upload_file_large", name=path.name, limit=MAX_FILE // 2**20)
    return plain_text(path.read_bytes())


def _python(spec: Spec, base: Path) -> Definition:
    path = base / (spec.path or spec.module)
    if not spec.path and not path.exists():
        return Definition("python", module=spec.module, name=spec.name, call=spec.call, edits=spec.edits)
    module = spec.module if spec.path else ""
    if path.is_dir():
        return Definition("python", gather_folder(path), "", module, spec.name, spec.call, spec.edits)
    if path.suffix == ".zip":
        return Definition("python", unzip(path.read_bytes()), "", module, spec.name, spec.call, spec.edits)
    if path.suffix == ".ipynb":
        given = from_upload(path.name, path.read_bytes())
        return msgspec.structs.replace(given, module=module, name=spec.name, call=spec.call, edits=spec.edits)
    files, name = gather_file(path)
    return Definition("python", files, name, module, spec.name, spec.call, spec.edits)


def from_config(text: str) -> Definition:
    """Take a config.json: of diffusers where it names a diffusers class, otherwise of transformers."""
    try:
        config = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        config = None
    is_diffusers = isinstance(config, dict) and ("_diffusers_version" in config or "_class_name" in config)
    return Definition("diffusers" if is_diffusers else "transformers", config=text)


def from_code(text: str, *, name: str = "", call: Call | None = None, edits: tuple[str, ...] = ()) -> Definition:
    """Take pasted Python source."""
    return Definition("python", {PASTED: source_bytes(text)}, PASTED, "", name, call or Call(), edits)


def from_upload(
    filename: str, data: bytes, *, module: str = "", name: str = "", call: Call | None = None, edits: tuple[str, ...] = ()
) -> Definition:
    """Take an uploaded Python file, notebook or zip; `module` (dotted, or a file's path) says where in a zip to look. Raises UploadError."""
    if data.startswith(_ZIP):
        return from_files(unzip(data), module=module, name=name, call=call, edits=edits)
    base = checked_name(filename.replace("\\", "/").rsplit("/", 1)[-1])
    file = base.name if base.suffix == ".py" else PASTED
    if base.suffix == ".ipynb":
        data = source_bytes(notebook_source(data))
    if len(data) > MAX_FILE:
        raise UploadError("upload_file_large", name=file, limit=MAX_FILE // 2**20)
    return Definition("python", {file: data}, file, "", name, call or Call(), edits)


def from_files(
    files: Mapping[str, bytes], *, module: str = "", name: str = "", call: Call | None = None, edits: tuple[str, ...] = ()
) -> Definition:
    """Take an uploaded folder: relative path -> content. Raises UploadError."""
    kept = project_files(files)
    if module.endswith(".py") and module in kept:
        return Definition("python", kept, module, "", name, call or Call(), edits)
    return Definition("python", kept, "", module.removesuffix(".py").replace("/", "."), name, call or Call(), edits)
