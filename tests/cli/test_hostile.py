"""The pack of hostile files through the command line: a tree, or one line and exit code 2."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def _names() -> list[str]:
    listed = [line.split("'")[1] for line in (SHARED / "hostile.py").read_text("utf-8").splitlines() if line.startswith("case('")]
    assert len(listed) >= 50
    return listed


@pytest.mark.parametrize("name", _names())
def test_a_hostile_file_on_the_command_line(name: str, pack: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """As JSON and as text; nothing moves the cursor, nothing runs, errors are one line."""
    expected: dict[str, Any] = json.loads((pack / "pack/expected.json").read_text("utf-8"))[name]
    path = str(pack / "pack" / expected["path"])
    code = run(["tree", path, "--json"])
    out, err = capfdbinary.readouterr()
    if code == 0:
        assert expected["outcome"] in {"parse", "either"}
        assert expected["n"] in {None, len(json.loads(out)["tensors"])}
    else:
        assert code == 2
        assert expected["outcome"] in {"error", "either"}
        assert json.loads(out)["error"]["code"] == expected["category"]
        assert err.startswith(b"keygraft: ")
        assert err.count(b"\n") == 1
    assert run(["tree", path]) == code
    text = b"".join(capfdbinary.readouterr())
    assert all(sign not in text for sign in (b"\x1b", b"\0", "\u202e".encode()))
    assert not list((pack / "canary").iterdir())
