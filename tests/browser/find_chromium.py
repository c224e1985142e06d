"""Find a Chromium for the browser tests, or bring one.

Order: `KEYGRAFT_CHROMIUM`, a Chromium or Chrome on PATH, one that Playwright installed before. Else one is installed: by apt as root on Debian and
its kin, by `playwright install chromium` elsewhere; a library that Playwright's own driver needs and a bare Debian lacks comes with it. Where that fails too, the process ends with the line to type.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("chromium", "libatomic1")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LACKING = "no Chromium for the browser tests: install one, for example\n    {line}\nor name it in KEYGRAFT_CHROMIUM"


def find() -> str | None:
    """Return the path of a Chromium that is here; None where there is none."""
    named = os.environ.get("KEYGRAFT_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None) or _of_playwright()


def driver_runs() -> bool:
    """Whether Playwright's driver, a program of its own, starts here."""
    asked = subprocess.run([sys.executable, "-m", "playwright", "--version"], check=False, capture_output=True)
    return asked.returncode == 0


def _of_playwright() -> str | None:
    if not driver_runs():
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        path = started.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> list[str]:
    """Install one; returns the command that was tried."""
    debian = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    command = (
        ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
        if debian
        else [sys.executable, "-m", "playwright", "install", "chromium"]
    )
    if debian:
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=sys.stderr)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=False, stdout=sys.stderr, env=quiet)
    return command


def chromium() -> str:
    """Return the path of a Chromium, installed if need be; ends the process with what to type where there is no way."""
    found = find()
    if found and driver_runs():
        return found
    tried = _install()
    found = find()
    if found is None or not driver_runs():
        sys.exit(LACKING.format(line=" ".join(tried)))
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{chromium()}\n")
