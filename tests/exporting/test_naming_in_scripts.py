"""A loader script's heading names the file that it is for, whatever that is called."""

import ast
import subprocess

import pytest

from app.exporting import ScriptOptions, loader_script
from app.exporting.literals import quoted
from app.keys import KeyTree, TensorInfo
from app.mapping import evaluate
from app.mapping.plan import Plan

NAMES = [
    "model.safetensors",
    "it's.pth",
    'a"b.pth',
    '"""\nimport os\nos.remove("x")\n"""',
    "'''" + '"""',
    "back\\slash\\",
    "{module} {0} %s loader.pth",
    "two\nlines.pth",
    "$(touch x); `touch y` && z.pth",
    "\u202egnp.exe\u2066",
    "größe 模型.pt",
    "bad\udc80byte.pth",
    "-rf",
]


def _script(name):
    tree = KeyTree(format="torch", tensors={"a": TensorInfo(shape=(2,), dtype="F32")})
    return loader_script(Plan(()), {"": tree}, tree, evaluate(Plan(()), {"": tree}, tree), ScriptOptions(module="load_it", checkpoint=name))


@pytest.mark.parametrize("name", NAMES)
def test_the_example_loads_the_file_by_its_name(name):
    """As a literal that Python reads as that name, in a heading that is nothing but text."""
    parsed = ast.parse(_script(name).encode("utf-8"))
    heading = ast.get_docstring(parsed, clean=False)
    line = next(each for each in heading.splitlines() if "load_into(model" in each)
    call = ast.parse(line.strip()).body[0].value
    assert ast.literal_eval(call.args[1]) == name
    own = [each for each in parsed.body if isinstance(each, ast.Import | ast.ImportFrom)]
    assert [ast.dump(each) for each in own] == [
        ast.dump(each) for each in ast.parse(_script("x.pth")).body if isinstance(each, ast.Import | ast.ImportFrom)
    ]
    assert "from load_it import load_into" in heading
    assert all(each.isprintable() for each in heading.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_word_as_the_name(name):
    """Quotes, lines, commands and marks that turn the writing round reach the program as they are, and show as what they are."""
    word = quoted(name)
    assert word.isprintable()
    said = subprocess.run(["bash", "-c", f"printf '%s' {word}"], capture_output=True, check=True).stdout
    assert said == name.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_torch_does_not_read_is_said(name):
    """The heading names the command that reads it and how tensors are given; it promises nothing that would end in an error."""
    tree = KeyTree(format="gguf", tensors={"a": TensorInfo(shape=(2,), dtype="F32")})
    options = ScriptOptions(module="load_it", checkpoint=name)
    text = loader_script(Plan(()), {"": tree}, tree, evaluate(Plan(()), {"": tree}, tree), options)
    heading = ast.get_docstring(ast.parse(text.encode("utf-8")), clean=False)
    assert f"keygraft apply PLAN {quoted(name)} remapped.safetensors" in heading
    assert "gguf" in heading
    assert "load_into(model, tensors)" in heading
    assert "python load_it.py" not in heading
