"""Definitions that try to break out: the shared pack, and cases of our own."""

import json
import os
import time
import warnings
from pathlib import Path

import msgspec
import pytest

from app.definitions import DefinitionError, build, from_upload
from app.errors import KeygraftError
from app.sandbox import Limits

OWN = Path(__file__).with_name("escapes")
STATUS = {"sandbox_timeout": "timeout", "sandbox_memory": "memory", "sandbox_crashed": "crashed", "build_memory": "memory"}


def _cases():
    folder = Path(__file__).resolve().parents[3] / "shared" / "escape"
    return json.loads((folder / "expected.json").read_text())["cases"]


def _attempt(sandbox, filename, data, module="", limits=None):
    """Status word or error code, keys, and everything a person would see."""
    try:
        tree = build(from_upload(filename, data, module=module, name="Net"), sandbox=sandbox, limits=limits)
    except KeygraftError as error:
        return error.code, [], f"{error} {getattr(error, 'traceback', '')}"
    return "ok", [*tree.tensors, *tree.other], ""


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _touched(canary):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the shared script leaves closing to the garbage collector
        return canary.check()


def _still_works(sandbox, shared):
    status, keys, _ = _attempt(sandbox, "demo_good.py", (shared / "escape" / "demo_good.py").read_bytes())
    assert (status, keys) == ("ok", ["fc.weight", "fc.bias"])


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["file"])
def test_the_shared_pack(case, sandbox, canary, shared):
    """Each case ends as expected, touches nothing, and the next job works."""
    started = time.monotonic()
    limits = msgspec.structs.replace(sandbox.limits, seconds=4) if "timeout" in case["status"] else None
    data = (shared / "escape" / case["file"]).read_bytes()
    status, keys, _ = _attempt(sandbox, case["file"], data, case.get("module", ""), limits)
    word = status if status == "ok" else "rejected_upload" if status.startswith("upload_") else STATUS.get(status, status)
    assert word in case["status"]
    assert not [key for key in keys if key.startswith(case["forbid"])]
    assert sum(key.startswith("BLOCKED_") for key in keys) >= case["min_blocked"]
    assert time.monotonic() - started <= case["max_wall_s"]
    assert _touched(canary) == []
    assert _children(sandbox.start().pid) == []
    _still_works(sandbox, shared)


@pytest.mark.parametrize("path", sorted(OWN.glob("*.txt")), ids=lambda path: path.stem)
def test_our_own_cases(path, sandbox, canary, shared):
    """The first line of a case says how it must end: `ok` with so many blocked attempts, or an error's code."""
    text = path.read_text("utf-8")
    expected, _, blocked = text.split("\n", 1)[0].lstrip("# ").partition(" ")
    source = (OWN / "preamble.head").read_text("utf-8") + f"CAN = {canary.C!r}\n" + text
    limits = msgspec.structs.replace(sandbox.limits, seconds=4) if expected == "sandbox_timeout" else None
    status, keys, seen = _attempt(sandbox, "net.py", source.encode(), limits=limits)
    assert status == expected, seen
    assert not [key for key in keys if "ESCAPED" in key]
    assert sum(key.startswith("BLOCKED_") for key in keys) >= int(blocked or 0)
    assert _touched(canary) == []
    assert _children(sandbox.start().pid) == []
    _still_works(sandbox, shared)


def test_the_log_is_cut_and_escaped(sandbox):
    """What a job prints is kept up to a limit; escape sequences arrive as text."""
    from app.sandbox import SandboxError

    data = b"print('first \\x1b[31m red'); print('x' * 200000); print('last'); import os; os._exit(3)"
    with pytest.raises(SandboxError) as caught:
        build(from_upload("net.py", data, name="Net"), sandbox=sandbox)
    assert caught.value.params["status"] == 3
    assert caught.value.log.startswith("first \\x1b[31m red")
    assert caught.value.log.endswith("last\n")
    assert len(caught.value.log) < 70_000


def test_nothing_stays_behind(sandbox):
    """The folder of a job is gone when it ends, whatever modes it gave its files."""
    data = b"import os, tempfile\nos.makedirs('a/b'); open('a/b/c', 'w'); tempfile.mkstemp(); os.umask(0o777); os.makedirs('closed')\n"
    data += b"from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(2, 2)\n"
    assert _attempt(sandbox, "net.py", data)[0] == "ok"
    assert list(sandbox._folder().iterdir()) == []


def test_a_job_stays_within_its_memory(sandbox, shared):
    """The bomb of the shared pack, under half a gigabyte."""
    limits = Limits(seconds=10, memory=512 * 2**20)
    outcome = sandbox.run(
        "model",
        {"door": "python", "file": "net.py", "name": "Net"},
        {"net.py": (shared / "escape" / "12_memory_bomb.py").read_bytes()},
        limits=limits,
    )
    own = outcome.memory - Limits().memory
    assert own < 0
    assert outcome.memory < (512 + 400) * 2**20


def test_the_app_survives_the_death_of_the_server(sandbox, shared):
    """When the fork server is killed, the next job starts another."""
    import signal

    os.kill(sandbox.start().pid, signal.SIGKILL)
    time.sleep(0.2)
    _still_works(sandbox, shared)
    assert isinstance(sandbox.status().layers, tuple)


def test_refused_uploads_are_definition_errors(shared):
    """The zip slip of the pack never reaches the sandbox."""
    with pytest.raises(DefinitionError) as caught:
        from_upload("z.zip", (shared / "escape" / "z1_slip.zip").read_bytes())
    assert caught.value.code == "upload_path"
