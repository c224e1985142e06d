"""A plan file and a checkpoint make a remapped checkpoint, from files alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from app import readers
from app.errors import KeygraftError
from app.exporting import FileOptions, apply, plan_file, read_plan
from app.exporting.scripts import loader_script
from app.mapping import evaluate, parse_plan
from app.sources import LocalFiles
from tests.exporting.alone import run_alone
from tests.exporting.cases import tree_of

PLAN = """keygraft_plan 1
rename strip_prefix "module."
"layers.{i}.q" = chunk("blocks.{i}.qkv", 3, dim=0)[0]
"layers.{i}.k" = chunk("blocks.{i}.qkv", 3, dim=0)[1]
"layers.{i}.v" = chunk("blocks.{i}.qkv", 3, dim=0)[2]
"layers.{i}.experts" = stack("blocks.{i}.experts.{e}.w", dim=0)
"layers.{i}.fc" = transpose("blocks.{i}.fc")
"layers.{i}.{rest*}" = "blocks.{i}.{rest*}"
"refine.{3-i}.w" = "out{i}.w"
init "head.weight" with zeros
init "head.bias" with model
ignore "old.*"
"""


def tensors() -> dict[str, torch.Tensor]:
    """Make the checkpoint."""
    torch.manual_seed(3)
    found = {"module.old.w": torch.randn(2), "module.same.w": torch.randn(2)}
    for i in range(3):
        found[f"module.blocks.{i}.qkv"] = torch.randn(6, 2)
        found[f"module.blocks.{i}.fc"] = torch.randn(4, 2)
        found[f"module.blocks.{i}.norm.w"] = torch.randn(2)
        for e in range(4):
            found[f"module.blocks.{i}.experts.{e}.w"] = torch.randn(2, 3)
    for i in range(4):
        found[f"module.out{i}.w"] = torch.full((1,), float(i))
    return found


def wanted(old: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Do by hand what the plan says."""
    new = {"same.w": old["module.same.w"], "head.weight": torch.zeros(2, 2)}
    for i in range(3):
        lead = f"module.blocks.{i}"
        new[f"layers.{i}.q"], new[f"layers.{i}.k"], new[f"layers.{i}.v"] = old[f"{lead}.qkv"].chunk(3)
        new[f"layers.{i}.experts"] = torch.stack([old[f"{lead}.experts.{e}.w"] for e in range(4)])
        new[f"layers.{i}.fc"] = old[f"{lead}.fc"].t()
        new[f"layers.{i}.norm.w"] = old[f"{lead}.norm.w"]
    for i in range(4):
        new[f"refine.{3 - i}.w"] = old[f"module.out{i}.w"]
    return new


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a checkpoint and its plan, in both spellings."""
    old = tensors()
    torch.save({"epoch": 3, "state_dict": old}, tmp_path / "old.pth")
    tree = readers.read(LocalFiles(tmp_path / "old.pth"))
    target = tree_of(wanted(old) | {"head.bias": torch.zeros(2)})
    plan = parse_plan(PLAN)
    for form in ("text", "json"):
        (tmp_path / f"plan.{form}").write_bytes(plan_file(plan, {"": tree}, target, form))
    (tmp_path / "loader.py").write_text(loader_script(plan, {"": tree}, target, evaluate(plan, {"": tree}, target)))
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_plan_file_is_all_it_takes(folder: Path, form: str) -> None:
    """Both spellings of a frozen plan remap to the values that the plan says, into either format and into shards."""
    plan = read_plan((folder / f"plan.{form}").read_bytes())
    new = wanted(tensors())
    done = apply(plan, {"": LocalFiles(folder / "old.pth")}, folder / "new.safetensors")
    assert done.pieces.left_out == {"head.bias": "initialised"}
    assert not done.changed
    for found in (
        load_file(folder / "new.safetensors"),
        torch.load(apply(plan, {"": LocalFiles(folder / "old.pth")}, folder / "new.pt").files[0], weights_only=True),
    ):
        assert set(found) == set(new)
        assert all(torch.equal(found[key], value) for key, value in new.items())
    done = apply(plan, {"": LocalFiles(folder / "old.pth")}, folder / "shards", options=FileOptions(max_shard_size=100))
    found = {key: value for file in done.files[:-1] for key, value in load_file(file).items()}
    assert all(torch.equal(found[key], value) for key, value in new.items())


def test_the_loader_does_the_same(folder: Path) -> None:
    """The script of the same plan gives the same tensors, in few lines."""
    torch.save(wanted(tensors()), folder / "wanted.pt")
    code = """
import torch, loader
wanted = torch.load("wanted.pt", weights_only=True)
del wanted["head.weight"]
new = loader.remap_state_dict(loader.load_checkpoint("old.pth"))
assert set(new) == set(wanted), set(new) ^ set(wanted)
assert all(torch.equal(new[key], value) for key, value in wanted.items())
"""
    run_alone(folder, code)
    text = (folder / "loader.py").read_text()
    body = text[text.index("def remapped(") :]
    assert body.index("def ", 1) < 1500


def test_what_is_open_is_refused(folder: Path) -> None:
    """A plan without its target, an unfinished one and a lacking source are errors with a name."""
    plan = read_plan((folder / "plan.text").read_bytes())
    files = {"": LocalFiles(folder / "old.pth")}

    def code(act: object) -> str:
        with pytest.raises(KeygraftError) as caught:
            act()
        return caught.value.code

    assert code(lambda: apply(parse_plan(PLAN), files, folder / "x.pt")) == "plan_without_target"
    tree = readers.read(files[""])
    open_plan = parse_plan('keygraft_plan 1\nrename strip_prefix "module."\n')
    unfinished = read_plan(plan_file(open_plan, {"": tree}, tree_of(wanted(tensors()))))
    assert code(lambda: apply(unfinished, files, folder / "x.pt")) == "apply_incomplete"
    assert apply(unfinished, files, folder / "x.pt", strict=False).pieces.files[0].keys == ("same.w",)
    assert code(lambda: apply(plan, {"a": files[""], "b": files[""]}, folder / "x.pt")) == "source_missing"


def test_plans_that_copy_need_no_torch(folder: Path) -> None:
    """Copying never imports torch: a rename of gigabytes starts at once."""
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from app import exporting, readers
from app.keys.tree import from_shapes
from app.mapping import parse_plan
from app.sources import LocalFiles
from pathlib import Path
files = LocalFiles("old.pth")
tree = readers.read(files)
plan = parse_plan('keygraft_plan 1\\nrename strip_prefix "module."\\n')
target = from_shapes({{"same.w": ((2,), "F32")}})
exporting.apply(plan, {{"": files}}, Path("new.safetensors"), target=target)
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
