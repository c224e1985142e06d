"""Models from code on the command line."""

import ast
import json
import sys
from pathlib import Path

import pytest

from app.cli.main import run

NET = """
from torch import nn
print("seen \x1b[31mwhile\x1b[0m importing")
class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        if width > 9:
            raise ValueError("too wide")
        self.fc = nn.Linear(width, 3)
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A file with one model."""
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def test_a_failure_shows_what_the_code_printed(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log and the frames stand before the line, without control characters."""
    assert run(["tree", f"python:{net}:Net(12)"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("keygraft: Building failed in net.py")
    assert any("seen" in line for line in lines[:-1])
    assert "\x1b" not in "".join(lines)


def test_keys_without_running(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the source tells: 0 where it is certain, 1 with the reasons where it is not; nothing runs."""
    assert run(["tree", "--preview", f"python:{net}:Net(7)", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["tensors"]["fc.weight"]["shape"] == [3, 7]
    assert "seen" not in told.err
    net.write_text(
        "from torch import nn\nfrom nowhere import Part\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(2, 2)\n        self.b = Part()\n"
    )
    assert run(["tree", "--preview", str(net)]) == 1
    told = capsys.readouterr()
    assert "a.weight" in told.out
    assert "keygraft: Line" in told.err
    assert run(["tree", "--preview", "weights.pt"]) == 2
    assert "preview_needs_code" in capsys.readouterr().err


def test_the_snippet_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Few lines that Python reads."""
    assert run(["snippet"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 15
    ast.parse(text)


def test_another_interpreter(net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As an option, or for good in the settings; an edit after building goes with it."""
    assert run(["tree", f"python:{net}:Net(5); net.fc = nn.Linear(512, 10)", "--python", sys.executable]) == 0
    assert "5,130" in capsys.readouterr().out
    monkeypatch.setenv("KEYGRAFT_PYTHON", "/nowhere/bin/python")
    assert run(["tree", str(net)]) == 2
    assert "/nowhere/bin/python" in capsys.readouterr().err


def test_a_folder_of_code(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is no checkpoint but holds Python is built."""
    assert run(["tree", str(net.parent), "--json"]) == 0
    assert "fc.weight" in capsys.readouterr().out
