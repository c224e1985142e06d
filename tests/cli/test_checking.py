"""`keygraft check`, and the kinds of `keygraft export`."""

import json
from pathlib import Path

import pytest

from app.cli.main import run
from app.dialects import DIALECTS

NET = """
from torch import nn
class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.a = nn.Linear(n, 2)
        self.b = nn.BatchNorm1d(2)
"""
KEYS = {"a.weight": [2, 3], "a.bias": [2], "b.weight": [2], "b.bias": [2], "b.running_mean": [2], "b.running_var": [2]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source behind a wrapper, the model as code and as keys, and a plan."""
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "source.json").write_text(json.dumps({f"module.{key}": {"shape": shape, "dtype": "F32"} for key, shape in KEYS.items()}))
    (tmp_path / "target.json").write_text(json.dumps({key: {"shape": shape, "dtype": "F32"} for key, shape in KEYS.items()}))
    (tmp_path / "plan.txt").write_text('keygraft_plan 1\nrename strip_prefix "module."\n')
    (tmp_path / "none.txt").write_text("keygraft_plan 1\n")
    return tmp_path


def asked(folder: Path, target: str, plan: str = "plan.txt") -> list[str]:
    """Options that name the sides and the plan."""
    return ["--source", str(folder / "source.json"), "--target", target, "--plan", str(folder / plan)]


def test_the_model_is_built_and_takes_it(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Exit 0; as JSON, what torch says and that the model itself was asked."""
    assert run(["check", *asked(folder, f"python:{folder}/net.py:Net"), "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert (document["passed"], document["built"], document["tensors"]) == (True, True, 6)


def test_what_torch_misses_and_may_is_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second name of a tied weight is missing in the words of torch: the sentence says so, beside what starts fresh."""
    (folder / "net.py").write_text(
        NET + "        self.c = nn.Linear(n, 2, bias=False)\n        self.c.weight = self.a.weight\n        self.d = nn.PReLU()\n"
    )
    (folder / "plan.txt").write_text('keygraft_plan 1\nrename strip_prefix "module."\ninit "d.weight" with model\n')
    assert run(["check", *asked(folder, f"python:{folder}/net.py:Net")]) == 0
    out = capsys.readouterr().out
    assert "but for 1 key that starts fresh. Torch misses 1 key more that may be missing" in out
    assert '"c.weight"' in out


def test_a_stand_in_is_asked_where_only_keys_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It fits or does not, in the words of torch; exit 1 where it does not."""
    assert run(["check", *asked(folder, str(folder / "target.json"))]) == 0
    out = capsys.readouterr().out
    assert "It fits" in out
    assert "stand-in" in out
    assert run(["check", *asked(folder, str(folder / "target.json"), "none.txt")]) == 1
    assert 'Missing key(s) in state_dict: "a.weight"' in capsys.readouterr().out


def test_the_way_back_is_checked_too(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """From the model's names to those of the checkpoint."""
    assert run(["check", *asked(folder, str(folder / "target.json")), "--inverse", "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["passed"]


@pytest.mark.parametrize("kind", [*DIALECTS, "report-markdown", "report-html"])
def test_every_kind_is_written(folder: Path, kind: str) -> None:
    """As a file with something in it; a report of HTML has its map."""
    out = folder / f"out-{kind}"
    assert run(["export", kind, *asked(folder, str(folder / "target.json")), "--out", str(out)]) == 0
    text = out.read_text()
    assert text.strip()
    assert ("<svg" in text) is (kind == "report-html")


def test_what_a_dialect_cannot_say_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error: the key, why, and the code that remains; the file is written nevertheless."""
    (folder / "turned.txt").write_text('keygraft_plan 1\nrename strip_prefix "module."\n"a.weight" = transpose("a.weight")\n')
    (folder / "wide.json").write_text(json.dumps({"a.weight": {"shape": [3, 2], "dtype": "F32"}, "a.bias": {"shape": [2], "dtype": "F32"}}))
    out = folder / "mapping.py"
    assert run(["export", "transformers", *asked(folder, str(folder / "wide.json"), "turned.txt"), "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert said.startswith("a.weight: ")
    assert ".transpose(" in said
    assert "key_mapping" in out.read_text()


def test_options_of_an_export(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A script of a part, with a coverage of its own."""
    options = ["--only", "b.*", "--min-coverage", "0.5", "--out", "-"]
    assert run(["export", "script", *asked(folder, str(folder / "target.json")), *options]) == 0
    script = capfdbinary.readouterr().out.decode()
    assert "b.running_mean" in script
    assert '"a.weight"' not in script


@pytest.mark.parametrize("kind", ["script", "timm", "transformers", "pairs"])
def test_what_conflicts_is_not_exported(folder: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """Two sources of one key: no export drops one of them silently; the plan itself still travels."""
    (folder / "source.json").write_text(json.dumps({key: {"shape": [2], "dtype": "F32"} for key in ("a.w", "b.w")}))
    (folder / "target.json").write_text(json.dumps({"x.w": {"shape": [2], "dtype": "F32"}}))
    (folder / "plan.txt").write_text('keygraft_plan 1\nrename replace "a." -> "x."\nrename replace "b." -> "x."\n')
    arguments = [*asked(folder, str(folder / "target.json")), "--out", str(folder / "out")]
    assert run(["export", kind, *arguments]) == 2
    assert "Two source keys claim the target key x.w" in capsys.readouterr().err
    assert not (folder / "out").exists()
    assert run(["export", "plan", *arguments]) == 0
