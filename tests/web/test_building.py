"""What goes wrong when a model is built, as the page tells it: one line that says which limit was hit, the log as text, the form still there."""

import pytest

from tests.web.conftest import _client

HEAD = "import torch\nfrom torch import nn\nprint('<b>seen</b> ' + 'x' * 90_000)\n"
CLASS = "class Net(nn.Module):\n    def __init__(self, width=2):\n        super().__init__()\n        self.fc = nn.Linear(width, 3)\n"


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """A server whose builds may take a few seconds."""
    with _client(tmp_path_factory.mktemp("building"), build_seconds=4) as made:
        yield made


def _built(client, source, **fields):
    made = client.post("/sides", data={"text": source, "side": "t"}, headers={"HX-Request": "true"})
    card = made.text.partition('data-card="')[2].partition('"')[0]
    form = {"side": "t", "candidate": "Net", "module": "", "place": "1", "arguments": "", "edits": "", "python": ""} | fields
    return card, client.post(f"/sides/{card}/build", data=form, headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HEAD + CLASS + "while True: pass\n", "ended after 4 seconds"),
        (HEAD + CLASS + "held = bytearray(1 << 40)\n", "needs more memory"),
        (HEAD + CLASS + "import os\nos.abort()\n", "crashed"),
        (HEAD + "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)\n" + CLASS, "wants the network"),
    ],
)
def test_the_limit_is_said_and_the_log_is_cut(builder, source, said):
    """The answer is a refusal with its one line; what the code printed is shown as text, its middle left out."""
    card, answer = _built(builder, source)
    assert answer.status_code >= 400
    assert said in " ".join(answer.text.split()), answer.text
    assert "<b>seen" not in answer.text
    assert len(answer.text) < 80_000
    again = builder.post(
        f"/sides/{card}/build",
        data={"side": "t", "candidate": "Net", "module": "", "place": "1", "arguments": "", "edits": "", "python": ""},
        headers={"HX-Request": "true"},
    )
    assert said in " ".join(again.text.split())


def test_an_empty_box_is_answered_in_words(builder):
    """Nothing was pasted: the page says so, and not how its requests are made."""
    answer = builder.post("/sides", data={"text": "", "side": "t"}, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert "There is no text to read" in answer.text
    assert "openapi" not in answer.text


def test_sources_and_notebooks_as_they_are_saved(builder):
    """A source in UTF-16 and a notebook come in by the page's door and are built."""
    import json

    book = json.dumps({"cells": [{"cell_type": "code", "source": "%pylab\n" + HEAD + CLASS}]})
    for name, data in (
        ("wide.py", (HEAD + CLASS).encode("utf-16")),
        ("old.py", b"# coding: latin-1\n# \xe9\n" + (HEAD + CLASS).encode()),
        ("book.ipynb", book.encode()),
    ):
        given = builder.post("/sides/upload", data={"side": "t"}, files={"file": (name, data)}, headers={"HX-Request": "true"})
        card = given.text.partition('data-card="')[2].partition('"')[0]
        form = {"side": "t", "candidate": "Net", "module": "", "place": "1", "arguments": "", "edits": "", "python": ""}
        made = builder.post(f"/sides/{card}/build", data=form, headers={"HX-Request": "true"})
        assert made.status_code == 200, made.text
        assert 'data-state="ready"' in made.text
