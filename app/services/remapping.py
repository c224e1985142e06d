"""Writes a remapped file. Bytes are copied here; where tensors must be computed, a child process does it: torch stays out of this one."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from app import exporting, mapping
from app.errors import KeygraftError
from app.exporting import FileOptions
from app.paths import PACKAGE
from app.services.house import House
from app.services.workspaces import Workspace
from app.sources import FileSet

_SECONDS = 3600


class Held(NamedTuple):
    """A source whose bytes can be read: its path or address, and its files."""

    where: str
    files: FileSet


def write(house: House, workspace: Workspace, sources: Mapping[str, Held], out: Path, options: FileOptions) -> Path:
    """Write the file at `out` and return it; several shards become one zip without compression. Raises KeygraftError."""
    pieces = exporting.pieces(workspace.evaluation, workspace.sources, workspace.target, options, workspace.plan)
    place = out if len(pieces.files) == 1 else out.with_suffix("")
    if len(pieces.files) > 1:
        place.mkdir(exist_ok=True)
    if pieces.computed:
        _in_child(house, workspace, sources, place, options)
    else:
        exporting.write(pieces, {name: held.files for name, held in sources.items()}, place)
    return place if place == out else _packed(place, out.with_suffix(".zip"))


def _packed(folder: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    shutil.rmtree(folder)
    return out


def _in_child(house: House, workspace: Workspace, sources: Mapping[str, Held], out: Path, options: FileOptions) -> None:
    plan = mapping.freeze(workspace.plan, workspace.sources, workspace.target)
    with tempfile.TemporaryDirectory(dir=house.folder("exports")) as folder:
        written = Path(folder) / "plan.json"
        written.write_bytes(mapping.plan_to_json(plan))
        command = [sys.executable, "-m", "app", "apply", str(written)]
        command += [f"{name}={held.where}" if name else held.where for name, held in sources.items()]
        command += [str(out), "--allow-partial", "--container", options.container, "--shared", options.shared]
        command += ["--dtype", options.dtype] if options.dtype else []
        command += ["--max-shard-size", str(options.max_shard_size)] if options.max_shard_size else []
        environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment)  # noqa: S603 -- see above
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [str(done.returncode)]
        raise KeygraftError("export_failed", why=said[-1][:400])
