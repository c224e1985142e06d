"""Compositions: files that somebody else puts together are those that are written here."""

import gzip
import json
import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.exporting import ExportError, FileOptions, composition, obstacles, pieces, settled, write
from app.exporting.constants import constant_bytes
from app.keys import FileInfo, KeyTree, Location, TensorInfo
from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan
from app.mapping.outcomes import Leaf, Recipe, Step
from app.sources import LocalFiles
from app.tensors import raw_bytes, run
from tests.exporting.cases import evaluated, safetensors_case, torch_case
from tests.exporting.composer import compose

PLAN = """keygraft_plan 1
rename strip_prefix "module."
"q.{p}" = chunk("qkv.{p}", 3, dim=0)[0]
"joined" = concat("one", "two", dim=0)
"stacked" = stack("expert.{e}.w")
"flat" = reshape("one", [12])
"row" = select("two", dim=0, index=1)
init "fresh.*" with ones
"""
TENSORS = {
    "module.kept": (3, 3),
    "module.qkv.weight": (6, 4),
    "module.qkv.bias": (6,),
    "module.one": (3, 4),
    "module.two": (2, 4),
    "module.dropped": (5,),
    **{f"module.expert.{index}.w": (2, 2) for index in range(11)},
}
TARGET = {
    "kept": (3, 3),
    "q.weight": (2, 4),
    "q.bias": (2,),
    "joined": (5, 4),
    "stacked": (11, 2, 2),
    "flat": (12,),
    "row": (4,),
    "fresh.weight": (4, 2),
    "nothing.fills.this": (7,),
}


@pytest.mark.parametrize("limit", [0, 80])
@pytest.mark.parametrize("kind", ["safetensors", "torch"])
def test_what_is_composed_is_what_is_written(tmp_path: Path, kind: str, limit: int) -> None:
    """Renames, slices, joins, stacks, reshapes and constants, out of both containers, in one file and in shards with an index."""
    torch.manual_seed(2)
    path = tmp_path / "old"
    tree = (safetensors_case if kind == "safetensors" else torch_case)({key: torch.randn(shape) for key, shape in TENSORS.items()}, path)
    target = from_shapes({key: (shape, "F32") for key, shape in TARGET.items()})
    plan = parse_plan(PLAN)
    made = pieces(evaluate(plan, {"": tree}, target), {"": tree}, target, FileOptions(max_shard_size=limit), plan)
    assert not made.composable
    document = composition(settled(made))
    place = tmp_path / "out"
    place.mkdir()
    write(made, {"": LocalFiles(path)}, place, compute=lambda recipe: raw_bytes(run(recipe, lambda _: torch.empty(0))))
    assert compose(document, {("", "old"): path.read_bytes()}) == {each.name: each.read_bytes() for each in place.iterdir()}


def test_what_must_be_computed_is_refused(tmp_path: Path) -> None:
    """Transposes are no ranges: the list is refused, and the rule and the op are named."""
    tree = safetensors_case({"a.w": torch.randn(3, 2), "b.w": torch.randn(3, 2), "c": torch.randn(3)}, tmp_path / "old")
    target = from_shapes({"a.w": ((2, 3), "F32"), "b.w": ((2, 3), "F32"), "c": ((3,), "F32")})
    plan = parse_plan('keygraft_plan 1\n"{x}.w" = reshape(transpose("{x}.w", 0, 1), like=target)\n')
    evaluation = evaluate(plan, {"": tree}, target)
    made = pieces(evaluation, {"": tree}, target)
    with pytest.raises(ExportError, match="composition_computes"):
        composition(made)
    [found] = obstacles(made, evaluation, plan, {"": tree})
    assert (found.op, found.keys, found.first) == ("transpose", 2, "a.w")
    assert "transpose" in found.statement


def test_a_tensor_that_lies_scattered_is_named(tmp_path: Path) -> None:
    """A transposed view in a torch file has no range of its own, even under its old name."""
    tree = torch_case({"a": torch.randn(3, 2).t()}, tmp_path / "old")
    target = from_shapes({"a": ((2, 3), "F32")})
    plan = parse_plan("keygraft_plan 1\n")
    evaluation = evaluate(plan, {"": tree}, target)
    [found] = obstacles(pieces(evaluation, {"": tree}, target), evaluation, plan, {"": tree})
    assert (found.op, found.statement, found.first) == ("layout", "", "a")


@given(
    st.sampled_from(["F32", "F64", "F16", "BF16", "I64", "I32", "U8"]),
    st.one_of(st.integers(0, 127), st.floats(width=32), st.floats(-3, 3)),
)
def test_constants_are_those_of_torch(dtype: str, value: float) -> None:
    """Where bytes are given for a constant, torch fills a tensor with the same."""
    recipe = Step("fresh", (), {"policy": "constant", "settings": {"value": value}, "size": [2, 3], "dtype": dtype}, (2, 3), dtype)
    made = constant_bytes(recipe)
    if made is not None and value == value:  # noqa: PLR0124 -- NaN has many spellings
        assert made == bytes(raw_bytes(run(recipe, lambda _: torch.empty(0))))
    assert made is not None or dtype in {"I64", "I32", "U8"}


def test_only_constants_are_settled() -> None:
    """Drawn values, casts and leaves stay what they are."""
    for recipe in (
        Leaf("a"),
        Step("fresh", (), {"policy": "normal", "settings": {}}, (2,), "F32"),
        Step("cast", (Leaf("a"),), {}, (2,), "F16"),
    ):
        assert constant_bytes(recipe) is None


def test_ninety_thousand_tensors_stay_small() -> None:
    """In the file's order a rename is one range; in any other order the list packs to a few bytes a tensor."""
    keys = [f"model.layers.{layer}.mlp.experts.{expert}.{part}.weight" for layer in range(61) for expert in range(500) for part in "gud"]
    found = {key: TensorInfo((64,), "BF16", where=Location(0, 8000 + 128 * place, 128)) for place, key in enumerate(keys)}
    tree = KeyTree("safetensors", found, files=(FileInfo("big", 8000 + 128 * len(keys)),))
    shuffled = random.Random(1).sample(keys, len(keys))  # noqa: S311 -- an order, no secret
    for listed, most in ((keys, 1_000_000), (shuffled, 2_200_000)):
        target = from_shapes({f"new.{key}": ((64,), "BF16") for key in listed})
        recipes: dict[str, Recipe] = {f"new.{key}": Leaf(key) for key in listed}
        document = composition(pieces(evaluated(recipes, {"": tree}, target), {"": tree}, target))
        head = json.loads(document[4 : 4 + int.from_bytes(document[:4], "big")])
        assert len(gzip.compress(document, 3)) < most
        assert (head["files"][0]["pieces"] == 2) == (listed is keys)
