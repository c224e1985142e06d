"""Each dialect, read back the way its framework reads it, gives the tensors that the plan means; or says which it does not reach."""

import csv
import io
import json
import re
from collections.abc import Mapping

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from app.dialects import DIALECTS, write_dialect
from app.dialects.listings import guarded
from app.dialects.mmengine import revised
from app.dialects.transformers import mapped
from app.errors import NotFoundError
from app.keys import KeyTree
from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan
from tests.exporting.cases import tree_of

PLAN = """keygraft_plan 1
rename strip_prefix "module."
"layers.{i}.q" = chunk("blocks.{i}.qkv", 2)[0]
"layers.{i}.k" = chunk("blocks.{i}.qkv", 2)[1]
"layers.{i}.ffn.up.{p}" = "blocks.{i}.mlp.fc1.{p}"
"layers.{i}.experts.{j}.w" = "blocks.{i}.moe.{j}.w"
"layers.{i}.all" = stack("blocks.{i}.bank.{e}.w", dim=0)
"layers.{i}.{rest*}" = "blocks.{i}.{rest*}"
"out.weight" = "tok.weight"
"tok.weight" = "tok.weight"
ignore "old.*"
"""


def source() -> dict[str, torch.Tensor]:
    """Make the checkpoint."""
    torch.manual_seed(4)
    found = {"module.tok.weight": torch.randn(3, 2), "module.old.w": torch.randn(1), "module.conv1.weight": torch.randn(2)}
    for i in range(3):
        lead = f"module.blocks.{i}"
        found |= {f"{lead}.qkv": torch.randn(4, 2), f"{lead}.mlp.fc1.weight": torch.randn(2), f"{lead}.mlp.fc1.bias": torch.randn(2)}
        found |= {f"{lead}.norm.weight": torch.randn(2)} | {f"{lead}.moe.{j}.w": torch.randn(2) for j in range(2)}
        found |= {f"{lead}.bank.{e}.w": torch.randn(2) for e in range(4)}
    return found


def wanted() -> dict[str, torch.Tensor]:
    """Do by hand what the plan says."""
    old = {key.removeprefix("module."): value for key, value in source().items()}
    new = {"tok.weight": old["tok.weight"], "out.weight": old["tok.weight"], "conv1.weight": old["conv1.weight"]}
    for i in range(3):
        new[f"layers.{i}.q"], new[f"layers.{i}.k"] = old[f"blocks.{i}.qkv"].chunk(2)
        new |= {f"layers.{i}.ffn.up.{p}": old[f"blocks.{i}.mlp.fc1.{p}"] for p in ("weight", "bias")}
        new[f"layers.{i}.norm.weight"] = old[f"blocks.{i}.norm.weight"]
        new |= {f"layers.{i}.experts.{j}.w": old[f"blocks.{i}.moe.{j}.w"] for j in range(2)}
        new[f"layers.{i}.all"] = torch.stack([old[f"blocks.{i}.bank.{e}.w"] for e in range(4)])
    return new


def written(name: str):
    """Write the transfer in a dialect."""
    trees = {"": tree_of(source())}
    target = tree_of(wanted())
    plan = parse_plan(PLAN)
    return write_dialect(name, plan, trees, target, evaluate(plan, trees, target))


def checked(found: Mapping[str, torch.Tensor], left: set[str]) -> None:
    """Every target key is right, or named as left over."""
    new = wanted()
    assert set(new) - left <= set(found)
    assert all(torch.equal(found[key], value) for key, value in new.items() if key not in left)


@pytest.mark.parametrize("name", ["timm", "lightning", "pre-hook"])
def test_hooks_say_everything(name: str) -> None:
    """A hook remaps the whole checkpoint, computed tensors included; its code is formatted."""
    made = written(name)
    assert made.left == ()
    scope: dict[str, object] = {}
    exec(made.text, scope)  # noqa: S102 -- the code under test
    if name == "timm":
        checked(scope["checkpoint_filter_fn"](source(), None), set())
        checked(scope["checkpoint_filter_fn"]({"state_dict": source()}, None), set())
    elif name == "lightning":

        class Base:
            def on_load_checkpoint(self, checkpoint) -> None:
                self.seen = checkpoint

        class Module(scope["RemapOnLoad"], Base):
            pass

        module = Module()
        module.on_load_checkpoint({"state_dict": source(), "epoch": 3})
        checked(module.seen["state_dict"], set())
    else:
        model = _model(wanted())
        scope["remap_before_loading"](model)
        model.load_state_dict(source(), strict=True)
        checked(model.state_dict(), set())


def _model(tensors: dict[str, torch.Tensor]) -> nn.Module:
    """Make a model with these keys."""
    model = nn.Module()
    for key, tensor in tensors.items():
        *path, name = key.split(".")
        module = model
        for step in path:
            if step not in module._modules:
                module.add_module(step, nn.Module())
            module = module._modules[step]
        module.register_parameter(name, nn.Parameter(torch.zeros_like(tensor)))
    return model


@pytest.mark.parametrize(("name", "rename"), [("mmengine", revised), ("transformers", mapped)])
def test_sequences_rename_or_name_what_is_left(name: str, rename) -> None:
    """Read back as the framework applies it, the list is right for every key that is not named as left over."""
    made = written(name)
    scope: dict[str, object] = {}
    exec(made.text, scope)  # noqa: S102 -- the code under test
    pairs = scope["revise_keys"] if name == "mmengine" else list(scope["key_mapping"].items())
    left = {each.target for each in made.left}
    assert left == {key for key in wanted() if re.search(r"\.(q|k|all)$", key)} | {"out.weight"}
    assert {each.code for each in made.left if each.target == "layers.0.q"} == {'take("module.blocks.0.qkv").chunk(2)[0]'}
    checked({rename(pairs, key): value for key, value in source().items()}, left)
    assert len(pairs) <= 6


def test_pairs_and_tables() -> None:
    """The JSON list holds the renames, the CSV every key; no cell is a formula."""
    made = written("pairs")
    pairs = json.loads(made.text)
    checked({target: source()[key] for key, target in pairs.items()}, {each.target for each in made.left})
    rows = list(csv.DictReader(io.StringIO(written("csv").text)))
    assert {row["target"] for row in rows} == set(wanted())
    assert {row["expression"] for row in rows if row["target"] == "layers.1.k"} == {'take("module.blocks.1.qkv").chunk(2)[1]'}


@given(st.text(max_size=8))
def test_no_cell_is_a_formula(cell: str) -> None:
    """A guarded cell starts with nothing that a spreadsheet computes, and can be written."""
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert guarded(cell).encode().decode() == guarded(cell)


@given(
    st.dictionaries(
        st.lists(st.sampled_from(["a", "b.c", "0", "12", "w", "weight"]), min_size=1, max_size=4).map(".".join), st.integers(), max_size=6
    )
)
def test_what_is_not_left_over_is_right(numbered: dict[str, int]) -> None:
    """Whatever keys are renamed to, each list is right for all that it does not name as left over."""
    keys = list(numbered)
    plan = parse_plan("keygraft_plan 1\n" + "".join(f'"n{index}.{key}" = "{key}"\n' for index, key in enumerate(keys)))
    trees = {"": from_shapes(dict.fromkeys(keys, ((1,), "F32")))}
    target: KeyTree = from_shapes({f"n{index}.{key}": ((1,), "F32") for index, key in enumerate(keys)})
    evaluation = evaluate(plan, trees, target)
    for name, rename in (("mmengine", revised), ("transformers", mapped)):
        made = write_dialect(name, plan, trees, target, evaluation)
        scope: dict[str, object] = {}
        exec(made.text, scope)  # noqa: S102 -- the code under test
        pairs = scope["revise_keys"] if name == "mmengine" else list(scope["key_mapping"].items())
        left = {each.target for each in made.left}
        for index, key in enumerate(keys):
            assert rename(pairs, key) == f"n{index}.{key}" or f"n{index}.{key}" in left


def test_unknown_dialects_are_named() -> None:
    """A dialect that is none of ours is an error with its name."""
    with pytest.raises(NotFoundError):
        write_dialect(
            "caffe", parse_plan("keygraft_plan 1\n"), {}, from_shapes({}), evaluate(parse_plan("keygraft_plan 1\n"), {}, from_shapes({}))
        )
    assert "transformers" in DIALECTS


def test_converters_say_fused_parts_and_experts() -> None:
    """Equal parts, joins, stacks and stacks that are joined become converters; what stands before them is renamed first."""
    made = written("transformers-converters")
    assert {each.target for each in made.left} == {"out.weight"}
    assert 'WeightConverter(["qkv$"], ["q", "k"], operations=[Chunk(0)])' in made.text
    plan = parse_plan(
        "keygraft_plan 1\n"
        '"l.{i}.gate_up" = concat(stack("b.{i}.e.{e}.w1", dim=0), stack("b.{i}.e.{e}.w3", dim=0), dim=1)\n'
        '"l.{i}.qkv" = concat("b.{i}.q", "b.{i}.k", dim=0)\n'
        '"l.{i}.t" = transpose("b.{i}.t")\n'
        '"l.{i}.r" = roll("b.{i}.r", start=1)\n'
    )
    old: dict[str, tuple[tuple[int, ...], str]] = {}
    new: dict[str, tuple[tuple[int, ...], str]] = {}
    for i in range(2):
        old |= {f"b.{i}.e.{e}.w{w}": ((2, 3), "F32") for e in range(12) for w in (1, 3)}
        old |= {f"b.{i}.{key}": ((2, 3), "F32") for key in "qktr"}
        new |= {
            f"l.{i}.gate_up": ((12, 4, 3), "F32"),
            f"l.{i}.qkv": ((4, 3), "F32"),
            f"l.{i}.t": ((3, 2), "F32"),
            f"l.{i}.r": ((2, 3), "F32"),
        }
    trees, target = {"": from_shapes(old)}, from_shapes(new)
    made = write_dialect("transformers-converters", plan, trees, target, evaluate(plan, trees, target))
    assert {each.target for each in made.left} == {"l.0.r", "l.1.r"}
    assert "operations=[MergeModulelist(0), Concatenate(1)]" in made.text
    assert 'WeightConverter(["t$"], ["t"], operations=[Transpose(0, 1)])' in made.text


def test_converters_that_are_right_nowhere_are_left_out() -> None:
    """A key goes into one converter only: a second use of it is left over, and takes no key from others."""
    old = dict.fromkeys(("a.q.weight", "a.k.weight", "w.mat"), ((2, 2), "F32"))
    new = {"both": ((2, 4), "F32"), "piled": ((2, 2, 2), "F32"), "first": ((2, 2), "F32"), "second": ((2, 2), "F32")}
    plan = parse_plan(
        'keygraft_plan 1\n"both" = concat("a.q.weight", "a.k.weight", dim=1)\n"piled" = stack("a.q.weight", "a.k.weight", dim=1)\n'
        '"first" = transpose("w.mat")\n"second" = transpose("w.mat")\n'
    )
    trees, target = {"": from_shapes(old)}, from_shapes(new)
    made = write_dialect("transformers-converters", plan, trees, target, evaluate(plan, trees, target))
    assert {each.target for each in made.left} == {"piled", "second"}
    assert made.text.count("WeightConverter(") == 2


@pytest.mark.parametrize("name", ["transformers", "transformers-converters", "mmengine"])
def test_what_remains_is_code_that_runs(name: str) -> None:
    """Every key that a list leaves over names its rule, and the function beside the list fills it rightly."""
    made = written(name)
    scope: dict[str, object] = {}
    exec(_without_library(made.text), scope)  # noqa: S102 -- the code under test
    found = dict(scope["rest"](source()))
    assert set(found) == {each.target for each in made.left} != set()
    checked({**wanted(), **found}, set())
    assert all(torch.equal(value, wanted()[key]) for key, value in found.items())
    statements = {each.rule for each in made.left}
    assert '"out.weight" = "tok.weight"' in statements
    if name != "transformers-converters":
        assert '"layers.{i}.all" = stack("blocks.{i}.bank.{e}.w", dim=0)' in statements


def _without_library(text: str) -> str:
    """Let the names that transformers would give be plain calls: it is not installed here."""
    names = re.findall(r"from transformers\.core_model_loading import (.*)", text)
    stand_ins = "".join(f"def {name}(*args, **kwargs): pass\n" for row in names for name in row.split(", "))
    return re.sub(r"from transformers\.core_model_loading import .*\n", stand_ins, text)


def test_a_table_cannot_compute() -> None:
    """Keys that look like formulas stay text, wherever a spreadsheet thinks that a cell begins."""
    hostile = ["=1+1", "@SUM(1)", "a;=1+1", "a,=1+1", "a\t=1", "\uff1d1", "a\n=1", 'a"=1']
    plan = parse_plan("keygraft_plan 1\n")
    trees = {"": from_shapes(dict.fromkeys(hostile, ((1,), "F32")))}
    text = write_dialect("csv", plan, trees, trees[""], evaluate(plan, trees, trees[""])).text
    for delimiter in ",;\t":
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\uff1d")) for cell in cells), delimiter
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["target"].replace("'", "") for row in rows] == hostile
