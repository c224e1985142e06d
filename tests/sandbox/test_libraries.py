"""How the program of the sandbox names a library that cannot be imported."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app.paths import PACKAGE

PROGRAMS = PACKAGE / "sandbox" / "programs"


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A file of the program, under the name that it has in the sandbox."""
    spec = importlib.util.spec_from_file_location(f"keygraft_{name}", PROGRAMS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, f"keygraft_{name}", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("imports", "code", "package"),
    [
        ("", "", ""),
        ("import no_such_package.inner\n", "build_library_lacks", "no_such_package"),
        ("import kg_library_of_a_test.absent\n", "build_missing_library", "kg_library_of_a_test.absent"),
        ("raise RuntimeError('no')\n", "build_broken_library", None),
    ],
)
def test_what_is_lacking_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: str, code: str, package: str | None) -> None:
    """A library that is not here, one that lacks another, and one that breaks while it is imported are three things."""
    failing = loaded("failing", monkeypatch)
    definition = ModuleType("keygraft_definition")
    definition.__dict__["construct"] = None
    monkeypatch.setitem(sys.modules, "keygraft_definition", definition)
    program = loaded("libraries", monkeypatch)
    (tmp_path / "kg_library_of_a_test").mkdir()
    (tmp_path / "kg_library_of_a_test" / "__init__.py").write_text(imports)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "kg_library_of_a_test", raising=False)
    if not code:
        assert program.library("kg_library_of_a_test").__name__ == "kg_library_of_a_test"
        return
    with pytest.raises(failing.Failed) as refused:
        program.library("kg_library_of_a_test")
    assert refused.value.code == code
    assert refused.value.params.get("package") == package
