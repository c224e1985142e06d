"""Walls one by one, the self-test that shows them, another interpreter, and limits of the parts."""

import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from app.definitions import build, from_code
from app.sandbox import Limits, Sandbox, SandboxUnavailableError
from app.sandbox.folders import JobFolder, used
from app.sandbox.supervision import Answer, Log
from app.settings import Settings

NET = "import torch\nfrom torch import nn\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.a = nn.Linear(2, 3); self.b = nn.Linear(3, 2); self.b.weight = self.a.weight\n"


def test_a_job_may_use_what_the_settings_say():
    """The sandbox on its own has no other idea of a job's memory: on a slow machine twice as much ended by the clock instead."""
    assert Limits().memory == Settings().build_memory


def test_the_status_names_every_wall(sandbox):
    """Each layer was tried from inside and holds; the page has a word for each."""
    from app import messages

    status = sandbox.status()
    assert status.holds
    assert {"files", "network", "processes", "signals", "limits", "user", "environment"} <= {layer.name for layer in status.layers}
    assert all(messages.has(f"sandbox-layer-{layer.name}") for layer in status.layers)


@pytest.mark.parametrize(("wall", "missing"), [("landlock", "files"), ("seccomp", "network"), ("limits", "limits"), ("user", None)])
def test_without_a_wall_code_is_refused(wall, missing):
    """The self-test finds the hole, and nothing foreign runs; the other walls still stop what they can."""
    with Sandbox(without=[wall]) as opened:
        status = opened.status()
        held = {layer.name: layer.holds for layer in status.layers}
        if missing is None:
            assert held["files"]
            assert held["network"]
            return
        assert not status.holds
        assert not held[missing]
        assert held["attributes" if wall == "landlock" else "environment"]
        with pytest.raises(SandboxUnavailableError) as caught:
            build(from_code(NET), sandbox=opened)
        assert missing in caught.value.params["layer"]


def test_another_interpreter(tmp_path, sandbox):
    """The same worker, run by the interpreter of an environment without Keygraft, builds the same tree behind the same walls."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    site = tmp_path / "env" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.joinpath("borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    with Sandbox(python=python) as other:
        assert other.status().holds, other.status()
        assert other.status().python.startswith("3.")
        assert build(from_code(NET), sandbox=other) == build(from_code(NET), sandbox=sandbox)


def test_interpreters_that_do_not_work(tmp_path):
    """One that is not there, and one without torch, are named; the status says why."""
    with Sandbox(python=tmp_path / "none") as lacking, pytest.raises(SandboxUnavailableError) as caught:
        lacking.start()
    assert caught.value.code == "sandbox_python"
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    with Sandbox(python=tmp_path / "bare" / "bin" / "python") as bare:
        status = bare.status()
        assert (status.holds, status.reason) == (False, "sandbox_start")
        assert "torch" in str(status.params["detail"])


def test_the_worker_stands_alone(root):
    """Worker and programs import the standard library, torch, the programs' own parts, and nothing of ours."""
    import ast

    for path in [root / "app/sandbox/worker.py", *(root / "app/sandbox/programs").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"), feature_version=(3, 8))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                package = name.partition(".")[0]
                assert package in {*sys.stdlib_module_names, "torch", "torchvision"} or package.startswith("keygraft_"), (path.name, name)


def test_an_answer_in_pieces():
    """The first complete frame behind the seal counts; what stands before it, or after, does not."""
    seal = b"0123456789abcdef"
    frame = seal + (5).to_bytes(8, "big") + b"hello"
    for cut in range(len(frame)):
        answer = Answer(seal, 100)
        answer.add(b"forged " + frame[:cut])
        assert answer.body is None
        assert answer.add(frame[cut:] + b"more")
        assert answer.body == b"hello"
    large = Answer(seal, 4)
    assert large.add(frame)
    assert large.too_large


def test_a_log_is_cut_in_the_middle():
    """Beginning and end stay, and how much went."""
    log = Log(20)
    log.add(b"beginning " + b"x" * 1000 + b"\x1b the end")
    assert log.text().startswith("beginning ")
    assert log.text().endswith("\\x1b the end")
    assert "998" in log.text() or "999" in log.text()


def test_a_job_folder_measures_without_following_links(tmp_path):
    """Links count as entries, not as what they point to."""
    with JobFolder(tmp_path, {"a/b.py": b"x"}) as folder:
        assert (folder.source / "a" / "b.py").read_bytes() == b"x"
        (folder.scratch / "link").symlink_to(tmp_path)
        (folder.scratch / "file").write_bytes(bytes(100_000))
        size, entries = used(folder.scratch, 0)
        assert entries == 2
        assert 100_000 <= size < 200_000
        (folder.scratch / "closed").mkdir(mode=0o000)
    assert list(Path(tmp_path).iterdir()) == []
