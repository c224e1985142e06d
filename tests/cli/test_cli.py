"""The command line: what it prints, writes and ends with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from app.cli.main import run
from app.services import example_files
from tests.sources.servers import Site


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The example's two files."""
    (tmp_path / "net.safetensors").write_bytes(example_files.checkpoint())
    (tmp_path / "model.json").write_text(example_files.model())
    return tmp_path


@pytest.fixture
def plan(files: Path) -> Path:
    """A finished plan for them."""
    path = files / "plan.txt"
    path.write_text('keygraft_plan 1\n"backbone_conv.weight" = "conv1.weight"\ninit "fc.{p}" with zeros\nignore "fc.*"\n')
    return path


def sides(files: Path) -> list[str]:
    """Options that name them."""
    return ["--source", str(files / "net.safetensors"), "--target", str(files / "model.json")]


def test_tree_as_json(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """One document with every key."""
    assert run(["tree", str(files / "net.safetensors"), "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["format"] == "safetensors"
    assert document["tensors"]["conv1.weight"] == {"shape": [16, 3, 3, 3], "dtype": "F32"}


def test_tree_as_text_is_folded(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Families, not keys."""
    assert run(["tree", str(files / "model.json")]) == 0
    out = capsys.readouterr().out
    assert "layer1.{}.bn1.weight" in out
    assert "layer1.0.bn1.weight" not in out


def test_automap_writes_proposals_and_rules(files: Path) -> None:
    """P.json has an entry for every target key; the plan evaluates."""
    out, plan = files / "P.json", files / "P.plan"
    assert run(["automap", *sides(files), "--out", str(out), "--plan", str(plan)]) == 0
    proposals = json.loads(out.read_text())
    assert len(proposals) == 92
    assert proposals["backbone_conv.weight"]["source"] == ["conv1.weight"]
    assert set(proposals["backbone_conv.weight"]) >= {"source", "op", "args", "confidence", "accepted"}
    assert run(["evaluate", *sides(files), "--plan", str(plan)]) == 1


def test_evaluate_ends_with_0_when_all_is_decided(files: Path, plan: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Outcome per key, counts in keys and parameters."""
    assert run(["evaluate", *sides(files), "--plan", str(plan), "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["clean"]
    assert document["coverage"]["loaded"]["keys"] == 90
    assert document["targets"]["fc.weight"]["state"] == "initialised"
    assert document["sources"][""]["fc.weight"]["state"] == "ignored"


def test_export_and_apply_write_the_same_bytes(files: Path, plan: Path) -> None:
    """With both sides given, or with a plan that carries its target."""
    out = files / "out"
    assert run(["export", "safetensors", *sides(files), "--plan", str(plan), "--out", str(out / "a.safetensors")]) == 0
    assert run(["export", "plan", *sides(files), "--plan", str(plan), "--out", str(out / "plan.json")]) == 0
    assert run(["apply", str(out / "plan.json"), str(files / "net.safetensors"), str(out / "b.safetensors")]) == 0
    assert (out / "a.safetensors").read_bytes() == (out / "b.safetensors").read_bytes()


def test_apply_refuses_another_checkpoint(files: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan knows what it was made for."""
    frozen = files / "plan.json"
    run(["export", "plan", *sides(files), "--plan", str(plan), "--out", str(frozen)])
    run(["apply", str(frozen), str(files / "net.safetensors"), str(files / "b.safetensors")])
    assert run(["apply", str(frozen), str(files / "b.safetensors"), str(files / "c.safetensors")]) == 2
    assert "is not the checkpoint" in capsys.readouterr().err


def test_apply_takes_the_same_weights_saved_otherwise(files: Path, plan: Path) -> None:
    """Flat or deep in a training checkpoint: the tensors decide, not the place in the file."""
    import torch
    from safetensors.torch import load_file

    torch.save({"epoch": 3, "state_dict": load_file(files / "net.safetensors")}, files / "deep.pt")
    for made_for, given in (("net.safetensors", "deep.pt"), ("deep.pt", "net.safetensors")):
        both = ["--source", str(files / made_for), "--target", str(files / "model.json")]
        assert run(["export", "plan", *both, "--plan", str(plan), "--out", str(files / "frozen.json")]) == 0
        assert run(["apply", str(files / "frozen.json"), str(files / given), str(files / "out.safetensors")]) == 0
        assert len(load_file(files / "out.safetensors")) == 92


def test_apply_does_not_write_what_is_unfinished(files: Path) -> None:
    """Exit 1, and no file; unless that is asked for."""
    short = files / "short.txt"
    short.write_text("keygraft_plan 1\n")
    frozen = files / "short.json"
    run(["export", "plan", *sides(files), "--plan", str(short), "--out", str(frozen)])
    arguments = ["apply", str(frozen), str(files / "net.safetensors"), str(files / "out.safetensors")]
    assert run(arguments) == 1
    assert not (files / "out.safetensors").exists()
    assert run([*arguments, "--allow-partial"]) == 0
    assert (files / "out.safetensors").exists()


def test_apply_with_ops_and_to_torch(files: Path) -> None:
    """A transposed tensor is computed; the suffix chooses the format."""
    import torch

    target, plan, out = files / "t.json", files / "t.txt", files / "out.pt"
    target.write_text(json.dumps({"head": {"shape": [64, 10], "dtype": "F32"}}))
    plan.write_text('keygraft_plan 1\n"head" = transpose("fc.weight")\n')
    arguments = ["--source", str(files / "net.safetensors"), "--target", str(target), "--plan", str(plan)]
    assert run(["export", "torch", *arguments, "--out", str(out)]) == 0
    from safetensors.torch import load_file

    assert torch.equal(torch.load(out)["head"], load_file(files / "net.safetensors")["fc.weight"].T)


def test_export_of_texts(files: Path, plan: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A script and a report, printed."""
    for kind in ("script", "report", "plan-text"):
        assert run(["export", kind, *sides(files), "--plan", str(plan), "--out", "-"]) == 0
        assert b"backbone_conv" in capfdbinary.readouterr().out
    assert run(["export", "magic", *sides(files), "--plan", str(plan), "--out", "-"]) == 2


def test_named_sources(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """NAME=SIDE, repeated."""
    target, plan = files / "t.json", files / "t.txt"
    target.write_text(json.dumps({"a": {"shape": [10], "dtype": "F32"}, "b": {"shape": [10, 64], "dtype": "F32"}}))
    plan.write_text('keygraft_plan 1\n"a" = one:"fc.bias"\n"b" = two:"fc.weight"\n')
    net = files / "net.safetensors"
    arguments = ["--source", f"one={net}", "--source", f"two={net}", "--target", str(target), "--plan", str(plan), "--json"]
    assert run(["evaluate", *arguments]) == 0
    assert set(json.loads(capfdbinary.readouterr().out)["sources"]) == {"one", "two"}
    assert run(["evaluate", "--source", f"one={net}", *arguments]) == 2


def test_plans_convert_and_compare(files: Path, plan: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Text to JSON and back without loss."""
    other = files / "plan.json"
    assert run(["plan", "convert", str(plan), "--out", str(other)]) == 0
    assert run(["plan", "diff", str(plan), str(other)]) == 0
    capfdbinary.readouterr()
    assert run(["plan", "convert", str(other)]) == 0
    assert capfdbinary.readouterr().out.decode().startswith("keygraft_plan 1")
    other.write_text('keygraft_plan 1\nignore "fc.*"\n')
    assert run(["plan", "diff", str(plan), str(other), "--json"]) == 1
    changes = json.loads(capfdbinary.readouterr().out)["changes"]
    assert sum(change["kind"] == "removed" for change in changes) >= 2
    assert run(["plan", "schema"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["$schema"]


def test_lint_finds_what_is_odd(files: Path, plan: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A rename that changes nothing; every finding has a sentence."""
    odd = files / "odd.txt"
    odd.write_text(plan.read_text() + 'rename strip_prefix "nowhere."\n')
    assert run(["plan", "lint", str(odd), *sides(files), "--json"]) in {0, 1}
    found = json.loads(capfdbinary.readouterr().out)
    assert "rename_dead" in {each["code"] for each in found}
    assert run(["plan", "lint", str(odd), *sides(files), "--strict"]) == 1
    assert b"changes no key" in capfdbinary.readouterr().out


def test_a_plan_leads_back(files: Path) -> None:
    """The inverse restores what was not lost, and names what was."""
    target, plan, there, back = files / "t.json", files / "t.txt", files / "there.safetensors", files / "back.txt"
    target.write_text(json.dumps({"head": {"shape": [64, 10], "dtype": "F32"}}))
    plan.write_text('keygraft_plan 1\n"head" = transpose("fc.weight")\n')
    net = str(files / "net.safetensors")
    arguments = ["--source", net, "--target", str(target), "--plan", str(plan)]
    assert run(["export", "safetensors", *arguments, "--out", str(there)]) == 0
    assert run(["plan", "invert", str(plan), "--source", net, "--target", str(target), "--out", str(back)]) == 1
    restored = files / "restored.safetensors"
    assert run(["apply", str(back), str(there), str(restored), "--allow-partial"]) == 0
    from safetensors.torch import load_file

    assert (load_file(restored)["fc.weight"] == load_file(net)["fc.weight"]).all()
    assert run(["export", "report", *arguments, "--inverse", "--out", "-"]) == 0


def test_a_plan_is_carried_over_and_merged(files: Path, plan: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A new target that lacks a key is said; equal changes merge without a clash."""
    shorter = files / "shorter.json"
    keys = json.loads(example_files.model())
    del keys["backbone_conv.weight"]
    shorter.write_text(json.dumps(keys))
    arguments = ["plan", "rebase", str(plan), *sides(files)]
    assert run([*arguments, "--out", str(files / "same.txt")]) == 0
    assert run([*arguments, "--new-target", str(shorter), "--json"]) == 1
    assert json.loads(capfdbinary.readouterr().out)
    merged = files / "merged.txt"
    assert run(["plan", "merge", str(plan), str(plan), str(plan), "--out", str(merged)]) == 0
    assert run(["plan", "diff", str(plan), str(merged)]) == 0


def test_diff_of_sides(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Keys and shapes; exit 1 where they differ, values too where asked."""
    net, model = str(files / "net.safetensors"), str(files / "model.json")
    assert run(["diff", net, model, "--json"]) == 1
    document = json.loads(capfdbinary.readouterr().out)
    assert document["removed"] == ["conv1.weight"]
    assert document["added"] == ["backbone_conv.weight"]
    assert {entry["key"] for entry in document["reshaped"]} == {"fc.weight", "fc.bias"}
    data = bytearray(example_files.checkpoint())
    data[-8:] = bytes(8)
    (files / "other.safetensors").write_bytes(data)
    assert run(["diff", net, net, "--values"]) == 0
    capfdbinary.readouterr()
    assert run(["diff", net, str(files / "other.safetensors"), "--values", "--json"]) == 1
    assert len(json.loads(capfdbinary.readouterr().out)["values"]) == 1
    assert run(["diff", net, str(files / "other.safetensors"), "--values"]) == 1
    assert b"differs by up to" in capfdbinary.readouterr().out


def test_diff_of_values_that_lie_scattered(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A transposed view and NaNs compare by value, not by bytes."""
    import torch

    tensor = torch.tensor([[1.0, float("nan")], [3.0, 4.0]])
    torch.save({"w": tensor, "v": tensor}, tmp_path / "a.pt")
    torch.save({"w": tensor.t().contiguous().t(), "v": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}, tmp_path / "b.pt")
    assert run(["diff", str(tmp_path / "a.pt"), str(tmp_path / "b.pt"), "--values", "--json"]) == 1
    document = json.loads(capfdbinary.readouterr().out)
    assert document["values"] == [{"key": "v", "largest": None}]


def test_an_address_is_a_side(files: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by ranges, written from ranges; by way of a variable the secret part appears nowhere."""
    site = Site()
    site.routes["/net.safetensors"] = (files / "net.safetensors").read_bytes()
    address = f"{site.base}/net.safetensors?sig=secret-7"
    try:
        assert run(["tree", address, "--json"]) == 2
        monkeypatch.setenv("KEYGRAFT_REMOTE_PRIVATE", "127.0.0.1")
        monkeypatch.setenv("KEYGRAFT_REMOTE_HTTP", "1")
        monkeypatch.setenv("WEIGHTS", address)
        capfdbinary.readouterr()
        assert run(["diff", "env:WEIGHTS", str(files / "net.safetensors"), "--values"]) == 0
        target = ["--target", str(files / "net.safetensors")]
        plan = files / "empty.plan"
        plan.write_text("keygraft_plan 1\n")
        out = files / "out.safetensors"
        assert run(["export", "safetensors", "--source", "env:WEIGHTS", *target, "--plan", str(plan), "--out", str(out)]) == 0
        assert run(["evaluate", "--source", address, *target, "--plan", str(plan)]) == 0
        assert b"secret-7" not in b"".join(capfdbinary.readouterr())
        assert run(["diff", str(out), str(files / "net.safetensors"), "--values"]) == 0
    finally:
        site.close()


def test_ops_and_settings(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both lists are complete; a secret is not shown."""
    from app.settings import Settings

    monkeypatch.setenv("KEYGRAFT_TOKEN", "do-not-print-me")
    assert run(["settings", "--json"]) == 0
    text = capfdbinary.readouterr().out
    rows = json.loads(text)
    assert {row["name"] for row in rows} == {f"KEYGRAFT_{name.upper()}" for name in Settings.model_fields}
    assert all(row["meaning"] for row in rows)
    assert b"do-not-print-me" not in text
    assert run(["ops", "--json"]) == 0
    assert "transpose" in {row["name"] for row in json.loads(capfdbinary.readouterr().out)}
    assert run(["settings"]) == run(["ops"]) == 0
    assert b"transpose" in capfdbinary.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["tree", "nowhere.pt"],
        ["tree"],
        ["frobnicate"],
        ["evaluate", "--source", "a"],
        ["tree", "ftp://example.org/a.pt"],
        ["plan", "convert", "nowhere.txt"],
        ["apply", "nowhere.json", "a"],
        ["serve", "--host", "192.0.2.1"],
        ["serve", "--port", "70000"],
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2; what, why, what to do; nothing on standard output."""
    monkeypatch.setenv("KEYGRAFT_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("keygraft: ")
    assert captured.err.count("\n") == 1


def test_hostile_keys_do_not_move_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters are replaced when a tree is printed."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"a\x1b[2Jb": {"shape": [1], "dtype": "F32"}}))
    assert run(["tree", str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_reading_a_tree_loads_neither_torch_nor_the_server(files: Path) -> None:
    """What makes a command slow to start is not imported."""
    program = (
        "import sys; from app.cli.main import run; code = run(['tree', sys.argv[1]]); "
        "heavy = {'torch', 'fastapi', 'sqlalchemy', 'scipy', 'numpy', 'uvicorn', 'jinja2'} & set(sys.modules); "
        "sys.exit(code or ','.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(files / "net.safetensors")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_automap_by_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that say nothing, square matrices: the values tell, and what was found evaluates."""
    made = torch.Generator().manual_seed(1)
    matrices = [torch.randn(6, 6, generator=made) for _ in range(3)]
    save_file({f"p{at}": value for at, value in enumerate(matrices)}, tmp_path / "a.safetensors")
    turned = {"z": matrices[0].T.contiguous(), "y": matrices[1].bfloat16(), "x": matrices[2][[5, 4, 3, 2, 1, 0]]}
    save_file(turned, tmp_path / "b.safetensors")
    named = ["--source", str(tmp_path / "a.safetensors"), "--target", str(tmp_path / "b.safetensors")]
    out, plan = tmp_path / "P.json", tmp_path / "P.plan"
    assert run(["automap", *named, "--values", "--out", str(out), "--plan", str(plan)]) == 0
    proposals = json.loads(out.read_text())
    assert {key: each["source"] for key, each in proposals.items()} == {"x": ["p2"], "y": ["p1"], "z": ["p0"]}
    assert all(each["accepted"] for each in proposals.values())
    assert run(["evaluate", *named, "--plan", str(plan)]) == 0
    listed = ["--source", str(tmp_path / "a.safetensors"), "--target", '{"z": {"shape": [6, 6], "dtype": "F32"}}']
    assert run(["automap", *listed, "--values", "--out", str(out)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_other_mappings_become_plans(files: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A plan, pairs, substitutions and a conversion list are read; entries left out make the exit 1."""
    given = files / "given.txt"
    kinds = {
        'keygraft_plan 1\n"backbone_conv.weight" = "conv1.weight"\n': "plan",
        '[["conv1.weight", "backbone_conv.weight"]]': "pairs",
        "key = re.sub(r'^conv1', 'backbone_conv', key)": "substitutions",
        '[WeightRenaming("^conv1", "backbone_conv")]': "transformers",
    }
    for text, kind in kinds.items():
        given.write_text(text)
        assert run(["plan", "import", str(given), *sides(files), "--json"]) == 0
        document = json.loads(capfdbinary.readouterr().out)
        assert (document["kind"], len(document["rules"])) == (kind, 1)
    given.write_text('[["conv1.weight", "backbone_conv.weight"], ["no", "where"]]')
    assert run(["plan", "import", str(given), *sides(files), "--out", str(files / "made.plan")]) == 1
    assert "conv1.weight" in (files / "made.plan").read_text()


def test_a_parallel_tree_is_chosen_without_the_plan_naming_it(tmp_path, capsys):
    """`--nesting ema`, NAME=PATH and FILE#ema read the averaged weights in tree, evaluate, export and apply; what is not there is said."""
    from safetensors.torch import load_file

    both = tmp_path / "both.pth"
    torch.save({"params": {"w": torch.zeros(2)}, "params_ema": {"w": torch.ones(2)}, "x.y": {"w": torch.full((2,), 2.0)}}, both)
    target, plan = tmp_path / "target.json", tmp_path / "plan.kg"
    target.write_text('{"w": {"shape": [2], "dtype": "F32"}}', "utf-8")
    plan.write_text("keygraft_plan 1\n", "utf-8")
    sides = ["--target", str(target), "--plan", str(plan)]

    def written(source, *more):
        out = tmp_path / "out.safetensors"
        assert run(["export", "safetensors", "--source", source, *sides, "--out", str(out), *more]) == 0
        return float(load_file(out)["w"][0])

    assert written(str(both)) == 0
    assert written(str(both), "--nesting", "params_ema") == 1
    assert written(f"{both}#params_ema") == 1
    assert written(f"{both}#x.y/") == 2
    frozen = tmp_path / "frozen.kg"
    assert run(["export", "plan-text", "--source", f"{both}#params_ema", *sides, "--out", str(frozen)]) == 0
    out = tmp_path / "applied.safetensors"
    assert run(["apply", str(frozen), str(both), str(out)]) == 0
    assert float(load_file(out)["w"][0]) == 1
    assert run(["apply", str(frozen), str(both), str(out), "--nesting", "params"]) == 0
    assert float(load_file(out)["w"][0]) == 0
    capsys.readouterr()
    assert run(["tree", str(both), "--nesting", "params_ema", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["nesting"] == ["params_ema"]
    assert run(["evaluate", "--source", str(both), *sides, "--nesting", "nowhere"]) == 2
    assert run(["evaluate", "--source", f"a={both}", *sides, "--nesting", "b=params"]) == 2
    assert "nesting_without_source" in capsys.readouterr().err


def test_a_plan_follows_keys_that_have_another_name(tmp_path, capsys):
    """`plan rebase --follow` writes rules for layers that are called blocks now; without it they are misfits and the exit code is 1."""
    old, new, plan, out = (tmp_path / name for name in ("old.json", "new.json", "plan.kg", "out.kg"))
    for path, word in ((old, "layers"), (new, "blocks")):
        keys = {f"{word}.{index}.{part}": {"shape": [4, index + 1], "dtype": "F32"} for index in range(3) for part in ("weight", "scale")}
        path.write_text(json.dumps(keys), "utf-8")
    plan.write_text('keygraft_plan 1\n"{rest*}" = "{rest*}"\n', "utf-8")
    common = ["plan", "rebase", str(plan), "--source", str(old), "--target", str(old), "--new-target", str(new), "--out", str(out)]
    assert run(common) == 1
    assert run([*common, "--follow"]) == 0
    assert '"blocks.' in out.read_text("utf-8")
    assert run(["evaluate", "--source", str(old), "--target", str(new), "--plan", str(out)]) == 0
    capsys.readouterr()
