"""Options of `keygraft export` and `keygraft apply` for remapped files."""

import importlib
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from app.cli.main import run
from app.services import example_files


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The example's two files, a plan, and the plan as it travels."""
    (tmp_path / "net.safetensors").write_bytes(example_files.checkpoint())
    (tmp_path / "model.json").write_text(example_files.model())
    (tmp_path / "plan.txt").write_text(
        'keygraft_plan 1\n"backbone_conv.weight" = "conv1.weight"\ninit "fc.{p}" with zeros\nignore "fc.*"\n'
    )
    assert run(["export", "plan", *given(tmp_path), "--out", str(tmp_path / "frozen.json")]) == 0
    return tmp_path


def given(files: Path) -> list[str]:
    """Name the sides and the plan."""
    sides = ["--source", str(files / "net.safetensors"), "--target", str(files / "model.json")]
    return [*sides, "--plan", str(files / "plan.txt")]


def test_the_same_options_on_both_commands(files: Path) -> None:
    """Shards by number, types by pattern and provenance: export and apply write the same files."""
    options = ["--shards", "3", "--dtype", "bf16", "--dtype", "layer1.*=keep", "--shared", "alias", "--provenance"]
    for name in ("a", "b"):
        (files / name).mkdir()
    assert run(["export", "safetensors", *given(files), "--out", str(files / "a"), *options]) == 0
    assert run(["apply", str(files / "frozen.json"), str(files / "net.safetensors"), str(files / "b"), *options]) == 0
    names = sorted(path.name for path in (files / "a").iterdir())
    assert names == [*(f"model-0000{index}-of-00003.safetensors" for index in (1, 2, 3)), "model.safetensors.index.json"]
    assert all((files / "a" / name).read_bytes() == (files / "b" / name).read_bytes() for name in names)
    old = load_file(files / "net.safetensors")
    new = {key: value for name in names[:3] for key, value in load_file(files / "a" / name).items()}
    assert new["layer1.0.conv1.weight"].dtype == old["layer1.0.conv1.weight"].dtype == torch.float32
    assert torch.equal(new["backbone_conv.weight"], old["conv1.weight"].bfloat16())
    with safe_open(files / "a" / names[0], "pt") as file:
        assert json.loads(file.metadata()["keygraft.sources"])[""][0]["file"] == "net.safetensors"
    assert json.loads((files / "a" / names[3]).read_text())["metadata"]["keygraft.plan"].startswith("sha256:")


@pytest.mark.parametrize(
    ("out", "code"),
    [
        ("net.safetensors", "goal_is_source"),
        ("new.npz", "container_unknown"),
        ("new.h5", "container_unknown"),
        ("new.gguf", "container_unknown"),
        ("v1.2", "container_unknown"),
    ],
)
def test_outputs_that_are_refused(files: Path, capsys: pytest.CaptureFixture[str], out: str, code: str) -> None:
    """The source itself, and names of formats that would not be what is in the file."""
    before = sorted(path.name for path in files.iterdir())
    weights = (files / "net.safetensors").read_bytes()
    assert run(["apply", str(files / "frozen.json"), str(files / "net.safetensors"), str(files / out)]) == 2
    assert code in capsys.readouterr().err
    assert sorted(path.name for path in files.iterdir()) == before
    assert (files / "net.safetensors").read_bytes() == weights


def test_weights_are_not_printed(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`-` prints a script; of weights it would be the name of a file."""
    assert run(["export", "safetensors", *given(files), "--out", "-"]) == 2
    assert "weights_to_terminal" in capsys.readouterr().err


def test_legacy_torch_files(files: Path) -> None:
    """The format before zip is a kind of export, and a container of apply."""
    assert run(["export", "torch-legacy", *given(files), "--out", str(files / "a.pt")]) == 0
    arguments = ["apply", str(files / "frozen.json"), str(files / "net.safetensors"), str(files / "b.pt"), "--container", "torch-legacy"]
    assert run(arguments) == 0
    assert (files / "a.pt").read_bytes() == (files / "b.pt").read_bytes()
    assert not (files / "a.pt").read_bytes().startswith(b"PK")
    assert torch.equal(
        torch.load(files / "a.pt", weights_only=True)["backbone_conv.weight"], load_file(files / "net.safetensors")["conv1.weight"]
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dtype", "int8"], "cast to int8"),
        (["--dtype", "head.*=int8"], "cast to int8"),
        (["--shards", "2", "--max-shard-size", "1MB"], "both given"),
        (["--max-shard-size", "big"], "big"),
        (["--shared", "maybe"], "maybe"),
        (["--container", "onnx"], "onnx"),
    ],
)
def test_wrong_choices_are_one_line(files: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str) -> None:
    """Each says what is wrong, and nothing is written."""
    assert run(["apply", str(files / "frozen.json"), str(files / "net.safetensors"), str(files / "out.pt"), *options]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert not (files / "out.pt").exists()


def test_a_script_of_a_part(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script can be restricted to some keys, asks for the coverage that was chosen, is called as its file and names the checkpoint."""
    out = files / "load_body.py"
    assert run(["export", "script", *given(files), "--out", str(out), "--only", "layer1.*", "--min-coverage", "0.25"]) == 0
    text = out.read_text()
    assert "from load_body import load_into" in text
    assert "MIN_COVERAGE: float = 0.25" in text
    assert "load_into(model, 'net.safetensors')" in text.replace('"', "'")
    monkeypatch.syspath_prepend(str(files))
    new = importlib.import_module("load_body").remap_state_dict(files / "net.safetensors", strict=False)
    assert new
    assert all(key.startswith("layer1.") for key in new)
