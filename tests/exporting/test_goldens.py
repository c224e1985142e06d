"""Golden scripts: what people download changes only on purpose."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exporting.goldens import FOLDER, GOLDENS


@pytest.mark.parametrize("name", GOLDENS)
def test_scripts_are_as_kept(name: str) -> None:
    """The script of each golden transfer is the file that is kept, twice over; it parses, and holds no import of ours."""
    text = GOLDENS[name]()
    assert text == GOLDENS[name]()
    assert text == (FOLDER / name).read_text("utf-8"), "meant? python -m tests.exporting.goldens"
    modules = {alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    assert not any(module.split(".")[0] == "app" for module in modules)
    assert {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names) == {"torch", "safetensors"}


@pytest.mark.parametrize("name", GOLDENS)
def test_scripts_are_formatted_and_typed(name: str, root: Path) -> None:
    """A formatter at 100 columns finds nothing to change, a strict type checker nothing to say."""
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--line-length", "100", str(FOLDER / name)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--config-file",
        str(root / "pyproject.toml"),
        str(FOLDER / name),
    ]
    done = subprocess.run(mypy, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stdout
