"""Writes a remapped file. Bytes are copied here; where tensors must be computed, a child process does it: torch stays out of this one."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from app import exporting, mapping
from app.errors import KeygraftError
from app.exporting import FileOptions
from app.services.house import House
from app.services.workspaces import Workspace
from app.sources import FileSet

_SECONDS = 3600


class Held(NamedTuple):
    """A source whose bytes can be read: its path or address, and its files."""

    where: str
    files: FileSet


def write(house: House, workspace: Workspace, sources: Mapping[str, Held], out: Path, options: FileOptions) -> Path:
    """Write the file at `out` and return it. Raises KeygraftError."""
    pieces = exporting.pieces(workspace.evaluation, workspace.sources, workspace.target, options, workspace.plan)
    if pieces.computed:
        return _in_child(house, workspace, sources, out, options)
    exporting.write(pieces, {name: held.files for name, held in sources.items()}, out)
    return out


def _in_child(house: House, workspace: Workspace, sources: Mapping[str, Held], out: Path, options: FileOptions) -> Path:
    plan = mapping.freeze(workspace.plan, workspace.sources, workspace.target)
    with tempfile.TemporaryDirectory(dir=house.folder("exports")) as folder:
        written = Path(folder) / "plan.json"
        written.write_bytes(mapping.plan_to_json(plan))
        command = [sys.executable, "-m", "app", "apply", str(written)]
        command += [f"{name}={held.where}" if name else held.where for name, held in sources.items()]
        command += [str(out), *(["--dtype", options.dtype] if options.dtype else [])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603 -- see above
    if done.returncode != 0:
        raise KeygraftError(
            "export_failed", why=done.stderr.strip().splitlines()[-1][:400] if done.stderr.strip() else str(done.returncode)
        )
    return out
