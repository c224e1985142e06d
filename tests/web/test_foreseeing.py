"""What a rule would do is said while it is typed; nothing is kept of it."""

import pytest


def _ask(client, example, **body):
    return client.post(f"{example}/rules/foresee", json=body, headers={"X-Keygraft": "script"})


def test_a_bind_that_fills_a_key(client, example):
    """One key gained, with how it stands and how it would stand."""
    answer = _ask(client, example, statement='"backbone_conv.weight" = "conv1.weight"')
    assert answer.status_code == 200
    report = answer.json()["report"]
    assert "+1" in report
    assert "backbone_conv.weight" in report
    assert "missing → loaded" in report


def test_a_rename_says_which_names_it_changes_and_what_is_lost(client, example):
    """A regex that misfires shows its price before it is added."""
    report = _ask(client, example, statement='rename regex "^layer(\\d)" -> "stage\\1"').json()["report"]
    assert "source keys get another name" in report
    assert "−84" in report
    assert "stage1.0.bn1.bias" in report or "stage1.0.conv1.weight" in report


def test_nothing_is_kept(client, example):
    """The list of rules is as it was."""
    before = client.get(f"{example}/rules").text
    _ask(client, example, statement='ignore "fc.*"')
    assert client.get(f"{example}/rules").text == before


@pytest.mark.parametrize("statement", ['"a" = ', 'rename regex "(" -> ""', "what is this"])
def test_what_cannot_be_read_is_refused(client, example, statement):
    """With the sentence that the field shows."""
    answer = _ask(client, example, statement=statement)
    assert answer.status_code in {400, 422}
    assert answer.json()["message"]


def test_hostile_text_is_text(client, example):
    """Markup in a rule stays text."""
    report = _ask(client, example, statement='rename add_prefix "<script>"').json()["report"]
    assert "<script>" not in report
    assert "&lt;script&gt;" in report
