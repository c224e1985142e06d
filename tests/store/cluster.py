"""A PostgreSQL of the tests' own: a temporary cluster that listens on a socket in its folder alone, run by an unprivileged user.

Order: `KEYGRAFT_POSTGRES` (the folder of `initdb`), PATH, where Debian puts it. Run as a program, it installs one by apt where it may.
"""

import getpass
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")
LACKING = "no PostgreSQL for the tests: install one (apt-get install postgresql), or name the folder of initdb in KEYGRAFT_POSTGRES"


def find() -> Path | None:
    """The folder of the programs; None where there are none."""
    named = os.environ.get("KEYGRAFT_POSTGRES")
    if named:
        return Path(named) if (Path(named) / "initdb").exists() else None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) if os.name == "posix" else []
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Cluster:
    """A running cluster; `url` names a new database in it."""

    def __init__(self) -> None:
        programs = find()
        if programs is None:
            raise FileNotFoundError(LACKING)
        self._programs = programs
        self._user = _user()
        self._folder = Path(tempfile.mkdtemp(prefix="kgpg"))  # short: the name of a socket has at most 107 characters
        self._count = 0
        if self._user:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "--auth=trust", "--username=keygraft", "--encoding=UTF8", "--no-locale", "--no-sync", "-D", self._data)
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=150"
        self._run("pg_ctl", "-w", "-D", self._data, "-l", str(self._folder / "log"), "-o", options, "start")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd=self._folder, env={"PATH": os.environ["PATH"]})

    def url(self) -> str:
        """Make a database; its address for SQLAlchemy."""
        import psycopg

        self._count += 1
        name = f"kg{self._count}"
        with psycopg.connect(f"host={self._folder} user=keygraft dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://keygraft@/{name}?host={self._folder}"

    def stop(self) -> None:
        """End it, and take its folder away."""
        self._run("pg_ctl", "-w", "-m", "immediate", "-D", self._data, "stop")
        shutil.rmtree(self._folder, ignore_errors=True)


def _user() -> str | None:
    """Whom the server runs as; PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in known), getpass.getuser())


def _install() -> None:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=False, stdout=sys.stderr)
    subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "postgresql"], check=False, stdout=sys.stderr, env=quiet)


if __name__ == "__main__":
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        _install()
    sys.stderr.write(f"PostgreSQL: {find() or sys.exit(LACKING)}\n")
