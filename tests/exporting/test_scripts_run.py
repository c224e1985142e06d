"""Exported scripts at work: each runs in an interpreter that knows nothing of this package."""

from pathlib import Path

import msgspec
import pytest
import torch

from app import readers
from app.exporting import loader_script
from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan
from app.mapping.outcomes import Leaf, Step
from app.mapping.plan import Init, Plan
from app.sources import LocalFiles
from app.tensors import Loader, run
from tests.exporting.alone import command_alone, run_alone
from tests.exporting.cases import every_op, safetensors_case, script_for, sliced, torch_case, tree_of

LAYERS = 3

MODEL = """
import torch
from torch import nn
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(4, 4, bias=False) for _ in range(3))
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = Attention()
        self.norm = nn.BatchNorm1d(4)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.layers = nn.ModuleList(Block() for _ in range(3))
        self.head = nn.Linear(4, 2)
        self.out = nn.Linear(4, 5, bias=False)
        self.out.weight = self.embed.weight
"""


def source() -> dict[str, torch.Tensor]:
    """Make the checkpoint of a model whose qkv is fused and which is wrapped."""
    torch.manual_seed(0)
    tensors = {"module.tok.weight": torch.randn(5, 4)}
    for index in range(LAYERS):
        lead = f"module.blocks.{index}"
        tensors[f"{lead}.attn.qkv.weight"] = torch.randn(12, 4)
        for name in ("weight", "bias", "running_mean"):
            tensors[f"{lead}.bn.{name}"] = torch.randn(4)
        tensors[f"{lead}.bn.running_var"] = torch.rand(4) + 1
    tensors["module.old_head.weight"] = torch.randn(9, 4)
    return tensors


def recipes() -> dict[str, Leaf | Step]:
    """Map it onto `Net`."""
    found: dict[str, Leaf | Step] = {"embed.weight": Leaf("module.tok.weight")}
    for index in range(LAYERS):
        for turn, part in enumerate("qkv"):
            found[f"layers.{index}.attn.{part}.weight"] = sliced(f"module.blocks.{index}.attn.qkv.weight", 0, 4 * turn, 4, (4, 4))
        for name in ("weight", "bias", "running_mean", "running_var"):
            found[f"layers.{index}.norm.{name}"] = Leaf(f"module.blocks.{index}.bn.{name}")
    return found


def target_tree():
    """Return the keys of `Net`."""
    scope: dict[str, object] = {}
    exec(MODEL, scope)  # noqa: S102 -- our own text, above
    return tree_of(scope["Net"]().state_dict())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a checkpoint of both formats and the loader."""
    tensors = source()
    tree = torch_case(tensors, tmp_path / "old.pth")
    safetensors_case(tensors, tmp_path / "old.safetensors")
    target = target_tree()
    states = {"head.weight": "initialised", "head.bias": "initialised", "out.weight": "missing"}
    states |= {key: "benign" for key in target.tensors if key.endswith("num_batches_tracked")}
    plan = Plan((Init("head.*", "constant", {"value": 3.0}),))
    (tmp_path / "loader.py").write_text(script_for(recipes(), {"": tree}, target, states, plan=plan))
    return tmp_path


CHECK = """
def check(model, tensors):
    state = model.state_dict()
    assert torch.equal(state["embed.weight"], tensors["module.tok.weight"])
    assert model.out.weight is model.embed.weight
    for i in range(3):
        q, k, v = tensors[f"module.blocks.{i}.attn.qkv.weight"].chunk(3)
        assert torch.equal(state[f"layers.{i}.attn.q.weight"], q)
        assert torch.equal(state[f"layers.{i}.attn.k.weight"], k)
        assert torch.equal(state[f"layers.{i}.attn.v.weight"], v)
        for name in ("weight", "bias", "running_mean", "running_var"):
            assert torch.equal(state[f"layers.{i}.norm.{name}"], tensors[f"module.blocks.{i}.bn.{name}"])
"""


@pytest.mark.parametrize("name", ["old.pth", "old.safetensors"])
def test_a_model_is_filled(folder: Path, name: str) -> None:
    """The script fills a live model with the right values from either format, and says what it did."""
    code = """
import loader
model = Net()
report = loader.load_into(model, NAME, strict=True)
check(model, torch.load("old.pth", weights_only=True))
assert loader.verify(model, NAME) == []
with torch.no_grad(): model.layers[1].attn.k.weight[0, 0] += 1
assert loader.verify(model, NAME) == ["layers.1.attn.k.weight"]
assert set(report.fresh) == {"head.weight", "head.bias"} and report.left_behind == ["module.old_head.weight"]
print(report.table())
"""
    table = run_alone(folder, MODEL + CHECK + code.replace("NAME", repr(name)))
    rows = {line.split("  ")[0]: line for line in table.splitlines()}
    assert rows["layers.0.attn.q.weight"].split() == ["layers.0.attn.q.weight", "module.blocks.0.attn.qkv.weight", "loaded"]
    assert rows["out.weight"].endswith("loaded")
    assert "starts fresh" in rows["head.weight"]


def test_wrapped_and_meta_models_are_filled(folder: Path) -> None:
    """A model inside DataParallel and torch.compile is unwrapped; a model on meta takes the tensors, ties kept."""
    code = """
import loader
tensors = torch.load("old.pth", weights_only=True)
model = Net()
loader.load_into(nn.DataParallel(model), "old.pth")
check(model, tensors)
class Compiled(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self._orig_mod = inner
model = Net()
loader.load_into(Compiled(model), tensors)
check(model, tensors)
with torch.device("meta"):
    model = Net()
model.out.weight = model.embed.weight
loader.load_into(model, "old.pth", assign=True, strict=False)
check(model, tensors)
"""
    run_alone(folder, MODEL + CHECK + code)


def test_a_table_of_many_sources_is_narrow(tmp_path: Path) -> None:
    """Of 40 stacked experts two are named and the rest are counted; what the model starts by itself is named by the command."""
    experts = {f"experts.{e}.a.long.enough.name": torch.randn(2) for e in range(40)}
    torch.save(experts, tmp_path / "old.pth")
    trees, target = {"": tree_of(experts)}, from_shapes({"all": ((40, 2), "F32"), "own": ((1,), "F32")})
    plan = parse_plan('keygraft_plan 1\n"all" = stack("experts.{e}.a.long.enough.name", dim=0)\ninit "own" with model\n')
    (tmp_path / "loader.py").write_text(loader_script(plan, trees, target, evaluate(plan, trees, target)))
    code = """
import loader, subprocess, sys
table = loader.inspect("old.pth").table()
assert "experts.0.a.long.enough.name + experts.1.a.long.enough.name + 38 more" in table
assert max(map(len, table.splitlines())) < 100
done = subprocess.run([sys.executable, "loader.py", "old.pth", "new.pt"], capture_output=True, text=True, check=True)
assert "the model starts it itself: 'own'" in done.stdout
"""
    run_alone(tmp_path, code)


def test_what_does_not_fit_is_refused_before_anything_changes(folder: Path) -> None:
    """Nothing loaded, too little loaded, keys missing or left over: an error that names them, and an untouched model."""
    code = """
import loader
def refused(tensors, words, **options):
    model = Net()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    try:
        loader.load_into(model, tensors, **options)
    except loader.TransferError as error:
        assert words in str(error), str(error)
    else:
        raise AssertionError(words)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
tensors = torch.load("old.pth", weights_only=True)
refused({"a": torch.zeros(1)}, "lacks 'module.blocks.0.attn.qkv.weight'")
refused({key: value for key, value in tensors.items() if key != "module.tok.weight"}, "missing: embed.weight")
refused(tensors | {"module.extra": torch.zeros(1)}, "unexpected: module.extra")
refused(tensors | {"module.tok.weight": torch.zeros(6, 4)}, "mismatched: embed.weight")
refused(tensors | {"module.blocks.1.attn.qkv.weight": torch.zeros(2, 4)}, "not made for 'module.blocks.1.attn.qkv.weight' (2, 4)")
refused({"wrapped." + key: value for key, value in tensors.items()}, "it holds its keys under 'wrapped.'")
refused(tensors, "elements) fit", min_coverage=0.999)
refused(tensors | {"tok.weight": torch.zeros(5, 4), "embed.weight": torch.zeros(5, 4)}, "two sources claim 'embed.weight'")
loader.load_into(Net(), tensors | {"module.extra": torch.zeros(1)}, strict=False)
"""
    run_alone(folder, MODEL + code)


def test_parts_are_filled(folder: Path) -> None:
    """A submodule, a pattern and a module type each restrict what is loaded."""
    code = """
import loader
tensors = torch.load("old.pth", weights_only=True)
block = Block()
report = loader.load_into(block, tensors, subtree="layers.1")
assert torch.equal(block.attn.q.weight, tensors["module.blocks.1.attn.qkv.weight"][:4])
assert len(report.loaded) == 7
model = Net()
before = model.embed.weight.clone()
report = loader.load_into(model, tensors, only="layers.0.*")
assert set(report.loaded) == {key for key in model.state_dict() if key.startswith("layers.0.") and "num_batches" not in key}
assert torch.equal(model.embed.weight, before)
report = loader.load_into(Net(), tensors, module_types=(nn.BatchNorm1d,))
assert all(".norm." in key for key in report.loaded) and len(report.loaded) == 12
"""
    run_alone(folder, MODEL + code)


def test_training_helpers_follow_the_transfer(folder: Path) -> None:
    """Freezing, learning rates, warm-up, batch norms and fresh keys know what was transferred."""
    code = """
import loader
model = Net()
loader.load_into(model, "old.pth")
assert sorted(loader.init_untransferred(model)) == ["head.bias", "head.weight"]
assert model.head.weight.eq(3).all()
groups = loader.param_groups(model, 0.1, 1.0, layer_decay=0.5)
rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
assert rates[id(model.head.weight)] == 1.0
assert abs(rates[id(model.layers[2].attn.q.weight)] - 0.1) < 1e-9
assert abs(rates[id(model.layers[1].attn.q.weight)] - 0.05) < 1e-9
assert abs(rates[id(model.embed.weight)] - 0.0125) < 1e-9
optimizer = torch.optim.SGD(groups)
schedule = loader.warmup_schedule(optimizer, 4, milestones=[6], gamma=0.1)
seen = []
for _ in range(8):
    seen.append(optimizer.param_groups[-1]["lr"])
    optimizer.step(); schedule.step()
assert [round(rate, 6) for rate in seen] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 0.1, 0.1], seen
names = loader.freeze_transferred(model)
assert not model.embed.weight.requires_grad and model.head.weight.requires_grad and "embed.weight" in names
model.train()
assert loader.set_batchnorm_eval(model) == 3 and not model.layers[0].norm.training and model.head.training
"""
    run_alone(folder, MODEL + code)


def test_the_command_converts_and_reports(folder: Path) -> None:
    """As a command the script writes either format, or prints the table."""
    code = """
import runpy, io, contextlib
def command(*arguments):
    sys.argv = ["loader.py", *arguments]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        try:
            runpy.run_path("loader.py", run_name="__main__")
        except SystemExit as done:
            return done.code, text.getvalue()
status, text = command("old.pth")
assert "module.tok.weight" in text
status, text = command("old.pth", "new.safetensors", "--not-strict")
assert status == 0, text
from safetensors.torch import load_file
tensors = torch.load("old.pth", weights_only=True)
new = load_file("new.safetensors")
assert torch.equal(new["layers.2.attn.v.weight"], tensors["module.blocks.2.attn.qkv.weight"][8:])
assert new["head.weight"].eq(3).all() and "head.weight" not in text  # what needs no model is in the file
status, text = command("old.safetensors", "new.pt", "--not-strict", "--dtype", "bfloat16")
new = torch.load("new.pt", weights_only=True)
assert new["embed.weight"].dtype == torch.bfloat16
"""
    run_alone(folder, "import torch\n" + code)


def test_hostile_keys_survive(tmp_path: Path) -> None:
    """Quotes, newlines, braces, backslashes and lone surrogates in keys come through as they are."""
    names = [
        'a"b',
        "a'b",
        "a\"'b",
        "{x}",
        "a\nb",
        "a\\b",
        'x"""; import os #',
        "\ud800.w",
        "~str:q",
        "layers.{}.{0}",
        "",
        "%s",
        "k\x00",
        "${y}.3.{i}",
    ]
    tensors = {f"old.{name}": torch.full((2,), float(index)) for index, name in enumerate(names)}
    torch.save(tensors, tmp_path / "old.pth")
    spelt = {
        f"old.{name}": (f"old.{name}" if "\ud800" not in name else "~str:" + f"old.{name}".encode("unicode-escape").decode())
        for name in names
    }
    tree = from_shapes({spelt[key]: ((2,), "F32") for key in tensors})
    new = from_shapes(
        {
            f"new.{index}.{name}" if "\ud800" not in name else f"~str:new.{index}.\\ud800.w": ((2,), "F32")
            for index, name in enumerate(names)
        }
    )
    mapped = {key: Leaf(spelt[f"old.{name}"]) for key, name in zip(new.tensors, names, strict=True)}
    (tmp_path / "loader.py").write_text(script_for(mapped, {"": tree}, new))
    code = f"""
import torch, loader
new = loader.remap_state_dict(torch.load("old.pth", weights_only=True))
names = {names!r}
assert list(new) == [f"new.{{index}}.{{name}}" for index, name in enumerate(names)] or set(new) == {{f"new.{{index}}.{{name}}" for index, name in enumerate(names)}}
assert all(new[f"new.{{index}}.{{name}}"].eq(index).all() for index, name in enumerate(names))
"""
    run_alone(tmp_path, code)


def test_several_sources_are_joined(tmp_path: Path) -> None:
    """A transfer from two named sources takes a path or a state_dict for each, in code and as a command."""
    first, second = {"net.0.w": torch.randn(2), "shared": torch.randn(1)}, {"w": torch.randn(3), "shared": torch.randn(1)}
    torch.save({"state": first}, tmp_path / "a.pth")
    trees = {"a": msgspec.structs.replace(tree_of(first), nesting=("state",)), "b": safetensors_case(second, tmp_path / "b.safetensors")}
    target = from_shapes({"x.1.w": ((2,), "F32"), "y": ((6,), "F32"), "s": ((2,), "F32")})
    mapped = {
        "x.1.w": Leaf("net.0.w", "a"),
        "y": Step("concat", (Leaf("w", "b"), Leaf("w", "b")), {"dim": 0}, (6,), "F32"),
        "s": Step("concat", (Leaf("shared", "a"), Leaf("shared", "b")), {"dim": 0}, (2,), "F32"),
    }
    (tmp_path / "loader.py").write_text(script_for(mapped, trees, target))
    code = """
import torch, loader
from safetensors.torch import load_file
a, b = torch.load("a.pth", weights_only=True)["state"], load_file("b.safetensors")
for source in ({"a": "a.pth", "b": "b.safetensors"}, {"a": a, "b": "b.safetensors"}, {"a": {"state": a}, "b": b}):
    new = loader.remap_state_dict(source)
    assert torch.equal(new["x.1.w"], a["net.0.w"]) and torch.equal(new["y"], torch.cat([b["w"], b["w"]]))
    assert torch.equal(new["s"], torch.cat([a["shared"], b["shared"]]))
sys.argv = ["loader.py", "a=a.pth", "b=b.safetensors", "out.safetensors"]
assert loader.main() == 0
assert torch.equal(load_file("out.safetensors")["y"], new["y"])
"""
    run_alone(tmp_path, code)


def test_every_op_runs_in_a_script(tmp_path: Path) -> None:
    """A script that carries each op of the language computes what the kernels compute, and outlines it without data."""
    sources, mapped, shapes = every_op()
    torch.save(sources, tmp_path / "old.pth")
    torch.save({key: run(recipe, lambda leaf: sources[leaf.key]).clone() for key, recipe in mapped.items()}, tmp_path / "wanted.pth")
    (tmp_path / "loader.py").write_text(script_for(mapped, {"": tree_of(sources)}, from_shapes(shapes)))
    code = """
import torch, loader
new = loader.remap_state_dict(torch.load("old.pth", weights_only=True))
wanted = torch.load("wanted.pth", weights_only=True)
assert set(new) == set(wanted)
for key, value in wanted.items():
    assert torch.equal(new[key], value), key
"""
    run_alone(tmp_path, code)


@pytest.mark.parametrize(
    "name", ["lightning_omegaconf.ckpt", "whole_model_missing.pt", "training_ckpt.pth", "legacy_tied.pth", "int_keys.pt"]
)
def test_checkpoints_as_they_are_found(shared: Path, tmp_path: Path, name: str) -> None:
    """Classes that are not installed, whole modules, cargo and legacy files load, still with `weights_only=True`."""
    path = shared / "checkpoints" / "generated" / name
    files = LocalFiles(path)
    tree = readers.read(files)
    target = from_shapes({f"x.{index}": (info.shape, info.dtype) for index, info in enumerate(tree.tensors.values())})
    mapped = {f"x.{index}": Leaf(key) for index, key in enumerate(tree.tensors)}
    load = Loader({"": tree}, {"": files})
    torch.save({key: load(leaf).clone() for key, leaf in mapped.items()}, tmp_path / "wanted.pth")
    text = script_for(mapped, {"": tree}, target)
    assert "weights_only=False" not in text
    (tmp_path / "loader.py").write_text(text)
    code = """
import torch, loader
new = loader.remap_state_dict(loader.load_checkpoint(sys.argv[2]))
wanted = torch.load("wanted.pth", weights_only=True)
assert set(new) == set(wanted)
assert all(loader.equal(new[key], value) for key, value in wanted.items())
"""
    run_alone(tmp_path, code, str(path))


def test_files_that_are_none_are_named(folder: Path) -> None:
    """An empty file, a cut one, a folder without weights: one error that names it, no traceback."""
    (folder / "empty.pth").write_bytes(b"")
    (folder / "cut.pth").write_bytes((folder / "old.pth").read_bytes()[:900])
    (folder / "bare").mkdir()
    for name in ("empty.pth", "cut.pth", "bare", "absent.pth"):
        done = command_alone(folder, "loader.py", name)
        assert done.returncode == 2, done.stderr
        assert name in done.stderr
        assert "Traceback" not in done.stderr


def test_old_torch_is_told_in_one_line(folder: Path) -> None:
    """An older torch ends the script with one line that names both versions."""
    code = """
import torch
torch.__version__ = "2.0.1+cpu"
try:
    import loader
except SystemExit as said:
    print(said)
"""
    assert run_alone(folder, code) == "This loader needs torch 2.1 or newer; here is 2.0.1+cpu.\n"


@pytest.mark.parametrize("name", ["zip_proto4.pt", "ts_scripted.pt", "np_dict_p4.pkl", "onnx_inits.onnx", "plain.h5"])
def test_what_torch_refuses_is_named_with_a_way_out(shared: Path, folder: Path, name: str) -> None:
    """A file that only code could open is refused in two lines, one of them what to run; nobody is told to switch safety off."""
    code = """
import warnings; warnings.simplefilter("ignore")
import loader
try:
    loader.load_checkpoint(sys.argv[2])
except loader.TransferError as error:
    print(error)
"""
    said = run_alone(folder, code, str(shared / "checkpoints" / "generated" / name))
    assert said.count("\n") == 2
    assert said.startswith(f"{name} cannot be opened without running")
    assert f"keygraft apply PLAN {name} remapped.safetensors" in said
    assert "False" not in said


_LARGE = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(1024, 1024, bias=False) for _ in range(40))
def anonymous():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("RssAnon"))
"""


@pytest.mark.parametrize("name", ["old.pth", "old.safetensors"])
@pytest.mark.parametrize("assign", [False, True])
def test_memory_stays_bounded(tmp_path: Path, name: str, assign: bool) -> None:
    """Filling 40 tensors of 4 MB, a part of them turned, holds three of them at once beside the model: no second state_dict."""
    tensors = {f"blocks.{i}.w": torch.randn(1024, 1024) for i in range(40)}
    tree = torch_case(tensors, tmp_path / name) if name.endswith("pth") else safetensors_case(tensors, tmp_path / name)
    recipes = {f"layers.{i}.weight": Step("transpose", (Leaf(f"blocks.{i}.w"),), {"dims": [0, 1]}, (1024, 1024), "F32") for i in range(40)}
    target = from_shapes(dict.fromkeys(recipes, ((1024, 1024), "F32")))
    (tmp_path / "loader.py").write_text(script_for(recipes, {"": tree}, target))
    code = """
import loader
size, assign = 4 << 20, sys.argv[3] == "True"
if assign:
    with torch.device("meta"):
        model = Net()
else:
    model = Net()
before, most, plain = anonymous(), 0, loader.remapped
def watched(take):
    global most
    for turn, item in enumerate(plain(take)):
        held = anonymous() - before - (size * turn if assign and not take.outlines else 0)
        most = max(most, held)
        yield item
loader.remapped = watched
loader.load_into(model, sys.argv[2], assign=assign)
loader.remapped = plain
assert loader.verify(model, sys.argv[2]) == []
print(most / size)
"""
    assert float(run_alone(tmp_path, _LARGE + code, name, str(assign))) < 8


def test_fresh_keys_take_a_policy(folder: Path) -> None:
    """A policy given by hand fills what the transfer leaves to the model, and nothing that is tied to a transferred tensor."""
    text = (folder / "loader.py").read_text()
    assert '("constant", {"value": 3.0})' in text
    (folder / "loader.py").write_text(text.replace('("constant", {"value": 3.0})', '("model", {})'))
    code = """
import loader
model = Net()
loader.load_into(model, "old.pth")
before = model.head.weight.clone()
assert loader.init_untransferred(model) == [] and torch.equal(model.head.weight, before)
assert loader.init_untransferred(model, policy="constant", value=2.0) == ["head.weight", "head.bias"]
assert model.head.weight.eq(2).all() and loader.verify(model, "old.pth") == []
"""
    run_alone(folder, MODEL + code)


def test_real_wrappers_are_unwrapped(folder: Path) -> None:
    """DistributedDataParallel, torch.compile and both at once are unwrapped; freezing and groups see the model inside."""
    code = """
import warnings, loader
warnings.simplefilter("ignore")
import torch.distributed as dist
dist.init_process_group("gloo", store=dist.FileStore("store", 1), rank=0, world_size=1)
tensors = torch.load("old.pth", weights_only=True)
for wrap in (nn.parallel.DistributedDataParallel, torch.compile, lambda model: torch.compile(nn.parallel.DistributedDataParallel(model))):
    model = Net()
    wrapped = wrap(model)
    loader.load_into(wrapped, tensors)
    check(model, tensors)
    assert loader.verify(wrapped, "old.pth") == []
    assert "embed.weight" in loader.freeze_transferred(wrapped) and not model.embed.weight.requires_grad
    assert loader.set_batchnorm_eval(wrapped) == 3
    assert [len(group["params"]) for group in loader.param_groups(wrapped, 0.1, 1.0)] == [2]
dist.destroy_process_group()
"""
    run_alone(folder, MODEL + CHECK + code)


def test_a_plan_of_several_sources_fills_a_model(tmp_path: Path) -> None:
    """A plan that reads two named files, one op over both of them included, fills a live model from paths."""
    first = {f"net.{i}.{p}": torch.randn(2, 2) for i in range(3) for p in ("weight", "bias")} | {"scale": torch.randn(2)}
    second = {f"tower.{i}.qkv": torch.randn(6, 2) for i in range(2)} | {"scale": torch.randn(2), "extra": torch.randn(1)}
    torch.save({"state": first}, tmp_path / "a.pth")
    safetensors_case(second, tmp_path / "b.safetensors")
    plan = parse_plan(
        "keygraft_plan 1\n"
        '"text.{i}.{rest*}" = a:"net.{i}.{rest*}"\n'
        '"vision.{i}.q" = chunk(b:"tower.{i}.qkv", 3, dim=0)[0]\n'
        '"vision.{i}.k" = chunk(b:"tower.{i}.qkv", 3, dim=0)[1]\n'
        '"scale" = concat(a:"scale", b:"scale", dim=0)\n'
        'ignore b:"extra"\n'
    )
    trees = {"a": readers.read(LocalFiles(tmp_path / "a.pth")), "b": readers.read(LocalFiles(tmp_path / "b.safetensors"))}
    new = {f"text.{i}.{p}": ((2, 2), "F32") for i in range(3) for p in ("weight", "bias")}
    new |= {f"vision.{i}.{part}": ((2, 2), "F32") for i in range(2) for part in "qk"} | {"scale": ((4,), "F32")}
    target = from_shapes(new)
    evaluation = evaluate(plan, trees, target)
    assert evaluation.clean
    (tmp_path / "loader.py").write_text(loader_script(plan, trees, target, evaluation))
    code = """
import torch, loader
from torch import nn
from safetensors.torch import load_file
class Box(nn.Module):
    def __init__(self, *names):
        super().__init__()
        for name in names:
            self.register_parameter(name, nn.Parameter(torch.zeros(2, 2)))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.text = nn.ModuleList(Box("weight", "bias") for _ in range(3))
        self.vision = nn.ModuleList(Box("q", "k") for _ in range(2))
        self.scale = nn.Parameter(torch.zeros(4))
model = Net()
report = loader.load_into(model, {"a": "a.pth", "b": "b.safetensors"})
a, b = torch.load("a.pth", weights_only=True)["state"], load_file("b.safetensors")
state = model.state_dict()
for i in range(3):
    assert torch.equal(state[f"text.{i}.weight"], a[f"net.{i}.weight"]) and torch.equal(state[f"text.{i}.bias"], a[f"net.{i}.bias"])
for i in range(2):
    q, k, v = b[f"tower.{i}.qkv"].chunk(3)
    assert torch.equal(state[f"vision.{i}.q"], q) and torch.equal(state[f"vision.{i}.k"], k)
assert torch.equal(state["scale"], torch.cat([a["scale"], b["scale"]]))
assert report.left_behind == ["b:extra"] and loader.verify(model, {"a": "a.pth", "b": "b.safetensors"}) == []
"""
    run_alone(tmp_path, code)
