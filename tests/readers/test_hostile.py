"""The pack of hostile files: each ends as it should, within limits, and nothing of it ever runs."""

import json
from pathlib import Path

import pytest

from app import messages
from app.errors import KeygraftError
from app.keys import KeyTree
from app.readers import read_limited

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def _names() -> list[str]:
    listed = [line.split("'")[1] for line in (SHARED / "hostile.py").read_text("utf-8").splitlines() if line.startswith("case('")]
    assert len(listed) >= 50
    return listed


@pytest.mark.parametrize("name", _names())
def test_a_hostile_file_ends_as_it_should(name: str, pack: Path) -> None:
    """A tree with its flags, or one error of the right category that the catalogue can put into words."""
    expected = json.loads((pack / "pack/expected.json").read_text("utf-8"))[name]
    found = _read(pack / "pack" / expected["path"])
    if isinstance(found, KeygraftError):
        assert expected["outcome"] in {"error", "either"}
        assert found.code == expected["category"]
        assert messages.error_text(found).endswith((".", "?"))
        assert messages.error_hint(found)
    else:
        assert expected["outcome"] in {"parse", "either"}
        assert expected["n"] in {None, len(found.tensors)}
        assert set(expected["flags"]) <= {warned.code for warned in found.warnings}
        for warned in found.warnings:
            assert messages.text("warning-" + warned.code.replace("_", "-"), **warned.params)
    assert not list((pack / "canary").iterdir())


def _read(path: Path) -> KeyTree | KeygraftError:
    try:
        return read_limited(path)
    except KeygraftError as error:
        return error
