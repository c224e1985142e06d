"""The pack of hostile files, lent through the page and through the API: a card or one error of the right category, and nothing runs."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.lending import lend, lend_by_api

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def _names() -> list[str]:
    listed = [line.split("'")[1] for line in (SHARED / "hostile.py").read_text("utf-8").splitlines() if line.startswith("case('")]
    assert len(listed) >= 50
    return listed


def _files(folder: Path, path: str) -> dict[str, bytes]:
    """The file and what lies beside it, the file first."""
    first = folder / path
    rest = [each for each in sorted(first.parent.iterdir()) if each != first]
    return {each.name: each.read_bytes() for each in (first, *rest)}


@pytest.mark.parametrize("name", _names())
def test_a_hostile_file_through_the_page(name: str, visitor: TestClient, pack: Path, expected: dict[str, Any]) -> None:
    """Never a 5xx; the FILE page shows what was read with its flags, and every key only as text."""
    wanted = expected[name]
    last, answers = lend(visitor, _files(pack / "pack", wanted["path"]))
    assert all(answer.status_code < 500 for answer in answers), last.text
    if last.is_success:
        assert wanted["outcome"] in {"parse", "either"}
        _shown(visitor, last.json()["id"], wanted)
    else:
        assert wanted["outcome"] in {"error", "either"}, last.text
        assert last.json()["code"] == wanted["category"]
        assert last.json()["message"]
        assert last.json()["hint"]
    assert not list((pack / "canary").iterdir())


def _shown(visitor: TestClient, side: str, wanted: dict[str, Any]) -> None:
    """The card, the page, its search and the API all stand what the file holds."""
    summary = visitor.get(f"/api/v1/sides/{side}/summary")
    assert summary.status_code == 200, summary.text
    assert wanted["n"] in {None, summary.json()["tensors"]}
    assert set(wanted["flags"]) <= {warning["code"] for warning in summary.json()["warnings"]}
    for address in (
        f"/files/{side}",
        f"/files/{side}?by=parameters",
        f"/files/{side}?q=a",
        f"/files/{side}/keys?q=%3Cscript%3E",
        f"/sides/{side}?side=s",
        f"/new?source={side}",
        f"/api/v1/sides/{side}",
        f"/api/v1/sides/{side}/tree",
    ):
        answer = visitor.get(address)
        assert answer.status_code == 200, (address, answer.text[:400])
        if "text/html" in answer.headers["content-type"]:
            _inert(answer.text)


def _inert(markup: str) -> None:
    """Nothing of a key became markup."""
    assert "<script>alert" not in markup
    assert "<img" not in markup
    assert "\u202e" not in markup
    assert "\x1b" not in markup
    assert "\0" not in markup


@pytest.mark.parametrize("name", ["k_html", "k_newline_nul_rtl", "k_empty_and_dots", "k_prefix_of_other", "k_codegen", "exec_nested_value"])
def test_hostile_keys_through_the_api(name: str, visitor: TestClient, pack: Path, expected: dict[str, Any]) -> None:
    """The same by the documented way."""
    last, answers = lend_by_api(visitor, _files(pack / "pack", expected[name]["path"]))
    assert all(answer.status_code < 500 for answer in answers)
    assert last.status_code == 200
    assert last.json()["tensors"] == expected[name]["n"]


def test_markup_in_keys_is_shown_as_text(visitor: TestClient, pack: Path, expected: dict[str, Any]) -> None:
    """The page shows the key itself, escaped, in tree, tooltip and treemap."""
    last, _ = lend(visitor, _files(pack / "pack", expected["k_html"]["path"]))
    markup = visitor.get(f"/files/{last.json()['id']}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markup
    assert 'href="javascript:' not in markup
