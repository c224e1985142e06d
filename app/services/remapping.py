"""Writes a remapped file. Bytes are copied here; where tensors must be computed, a child process does it: torch stays out of this one."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from app import exporting, mapping
from app.errors import KeygraftError
from app.exporting import FileOptions
from app.paths import PACKAGE
from app.services import remote
from app.services.house import House
from app.services.workspaces import Workspace
from app.settings import Settings
from app.sources import FileSet

_SECONDS = 3600
_CREDENTIALS = ("HF_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Held(msgspec.Struct, frozen=True):
    """A source whose bytes can be read here: its files, and its path or, for a remote one, its address."""

    files: FileSet
    place: str
    remote: bool = False


def write(house: House, workspace: Workspace, held: Mapping[str, Held], out: Path, options: FileOptions) -> Path:
    """Write the file at `out` and return it; several shards become one zip without compression. Raises KeygraftError."""
    pieces = exporting.pieces(workspace.evaluation, workspace.sources, workspace.target, options, workspace.plan)
    place = out if len(pieces.files) == 1 else out.with_suffix("")
    if len(pieces.files) > 1:
        place.mkdir(exist_ok=True)
    if pieces.computed:
        _in_child(house, workspace, held, place, options)
    else:
        exporting.write(pieces, {name: each.files for name, each in held.items()}, place)
    return place if place == out else _packed(place, out.with_suffix(".zip"))


def _packed(folder: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    shutil.rmtree(folder)
    return out


def _in_child(house: House, workspace: Workspace, held: Mapping[str, Held], out: Path, options: FileOptions) -> None:
    plan = mapping.freeze(workspace.plan, workspace.sources, workspace.target)
    with tempfile.TemporaryDirectory(dir=house.folder("exports")) as folder:
        written = Path(folder) / "plan.json"
        written.write_bytes(mapping.plan_to_json(plan))
        command = [sys.executable, "-m", "app", "apply", str(written)]
        places, environment = _handed(house.settings, held)
        command += [f"{name}={place}" if name else place for name, place in places.items()]
        command += [str(out), "--allow-partial", "--container", options.container, "--shared", options.shared]
        command += ["--dtype", options.dtype] if options.dtype else []
        command += ["--max-shard-size", str(options.max_shard_size)] if options.max_shard_size else []
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment)  # noqa: S603 -- see above
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [str(done.returncode)]
        raise KeygraftError("export_failed", why=said[-1][:400])


def _handed(settings: Settings, held: Mapping[str, Held]) -> tuple[dict[str, str], dict[str, str]]:
    """Where the child finds each source, and its environment: addresses go there, since everybody may read a command line."""
    environment = dict(os.environ)
    if not remote.single_user(settings):
        for name in _CREDENTIALS:
            environment.pop(name, None)
    environment |= {
        "PYTHONPATH": str(PACKAGE.parent),
        "KEYGRAFT_REMOTE_PRIVATE": ",".join(settings.remote_private),
        "KEYGRAFT_REMOTE_HTTP": str(settings.remote_http),
        "KEYGRAFT_REMOTE_BYTES": str(settings.remote_bytes),
        "KEYGRAFT_REMOTE_PROXY": settings.remote_proxy,
        "KEYGRAFT_REMOTE_CA_FILE": settings.remote_ca_file,
    }
    places = {}
    for number, (name, each) in enumerate(held.items()):
        variable = f"KEYGRAFT_SOURCE_{number}"
        if each.remote:
            environment[variable] = each.place
        places[name] = f"env:{variable}" if each.remote else each.place
    return places, environment
