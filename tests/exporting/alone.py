"""Scripts run by an interpreter that knows nothing of this package: torch is all there is.

torch takes seconds to import. So one interpreter imports it and nothing else, and is forked for each script; what a script changes ends with it.
"""

import atexit
import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_FORKS = """
import atexit, gc, json, os, sys, traceback, types, torch

def run(folder, code, argv, out, err):
    for number, name in enumerate((os.devnull, out, err)):
        os.dup2(os.open(name, os.O_RDWR), number)
    os.chdir(folder)
    sys.path, sys.argv = [folder, *filter(None, sys.path)], argv
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.sys = sys
    try:
        exec(code, vars(main))
    except SystemExit as said:
        return said.code or 0 if isinstance(said.code, int | None) else print(said.code, file=sys.stderr) or 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

gc.collect()
gc.freeze()
for line in sys.stdin:
    if not (child := os.fork()):
        status = run(**json.loads(line))
        atexit._run_exitfuncs()
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@cache
def _forking() -> "subprocess.Popen[str]":
    command = [sys.executable, "-I", "-W", "error", "-c", _FORKS]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end() -> None:
        process.communicate()

    atexit.register(end)
    return process


def _ended(folder: Path, code: str, argv: list[str]) -> "subprocess.CompletedProcess[str]":
    process = _forking()
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        json.dump({"folder": str(folder), "code": code, "argv": argv, "out": out.name, "err": err.name}, process.stdin)
        print(file=process.stdin, flush=True)
        status = int(process.stdout.readline())
        return subprocess.CompletedProcess(argv, status, out.read(), err.read())


def run_alone(folder: Path, code: str, *arguments: str) -> str:
    """Run code beside `loader.py`; return what it prints."""
    done = _ended(folder, code, ["-c", str(folder), *arguments])
    assert done.returncode == 0, done.stderr
    return done.stdout


def command_alone(folder: Path, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a script as a command."""
    code = "import runpy\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    return _ended(folder, code, [script, *arguments])
