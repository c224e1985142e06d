"""Sources as editors, PowerShell and notebooks write them."""

import json

import pytest

from app.definitions import UploadError, build, from_code, from_text, from_upload, notebook_source, plain_text, preview, resolved

SOURCE = "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.add_module('é', nn.Linear(3, 4))\n"
WRITTEN = {
    "a byte order mark": SOURCE.encode("utf-8-sig"),
    "lines of Windows": SOURCE.replace("\n", "\r\n").encode(),
    "both": SOURCE.replace("\n", "\r\n").encode("utf-8-sig"),
    "a named encoding": ("# -*- coding: latin-1 -*-\n" + SOURCE).encode("latin-1"),
    "PowerShell": SOURCE.encode("utf-16"),
    "PowerShell, named otherwise": ("# coding: cp1252\n" + SOURCE).encode("utf-16"),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_sources_are_read_as_they_are_written(form, sandbox):
    """What is scanned, what is told without running and what is built all read the same text."""
    definition = from_upload("net.py", WRITTEN[form])
    assert resolved(definition).name == "Net"
    told = preview(definition)
    assert told.complete
    assert list(told.tree.tensors) == list(build(definition, sandbox=sandbox).tensors) == ["é.weight", "é.bias"]


def test_pasted_text_is_no_file(sandbox):
    """A pasted first line that names an encoding says nothing of the text, which is text already."""
    assert list(build(from_code("# coding: latin-1\n" + SOURCE), sandbox=sandbox).tensors) == ["é.weight", "é.bias"]


def test_a_list_in_utf_16():
    """PowerShell's `>` writes UTF-16."""
    assert list(from_text(plain_text("a.weight [3]\n".encode("utf-16"))).tensors) == ["a.weight"]


def _notebook(*cells):
    return json.dumps(
        {"cells": [{"cell_type": "markdown", "source": ["x = ("]}, *({"cell_type": "code", "source": cell} for cell in cells)]}
    )


def test_notebooks(sandbox):
    """The code cells are the source; what only the shell and IPython understand is left out."""
    book = _notebook(
        ["%matplotlib inline\n", "!pip install x\n", "import torch"],
        "%%bash\nls | wc",
        "%%time\n" + SOURCE,
        "if True:\n    !ls\nNet?\nprint(3 % 2)\nnet = Net()",
    )
    definition = from_upload("book.ipynb", book.encode())
    assert list(build(definition, sandbox=sandbox).tensors) == ["é.weight", "é.bias"]


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', "{" * 100_000])
def test_notebooks_that_are_none(text):
    """A file that only has the name of a notebook is refused."""
    with pytest.raises(UploadError) as caught:
        notebook_source(text.encode())
    assert caught.value.code == "upload_notebook"
