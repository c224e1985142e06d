"""Kernels against independent formulations, on numbers that tell every element apart."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan
from app.mapping.ops import KERNELS as RECIPE_OPS
from app.mapping.ops import OPS
from app.mapping.outcomes import Leaf, Step
from app.tensors import TensorError, run
from app.tensors.kernels import KERNELS


def ids(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Number the elements."""
    return torch.arange(1, int(np.prod(shape)) + 1).reshape(shape).to(dtype)


def step(op: str, *inputs: torch.Tensor, **args: object) -> torch.Tensor:
    """Run one op."""
    recipe = Step(op, tuple(Leaf(str(index)) for index in range(len(inputs))), args)
    return run(recipe, lambda leaf: inputs[int(leaf.key)])


@pytest.mark.parametrize("op", sorted(OPS))
def test_the_example_of_each_op_runs(op: str) -> None:
    """What the language promises in its reference, the kernels do: the example's line gives the example's shape."""
    example = OPS[op].example
    sources = {"": from_shapes({key: (shape, "F32") for key, shape in example.sources.items()})}
    plan = parse_plan(f"keygraft_plan 1\n{example.line}\n")
    name = _target(example.line, example.sources)
    target = from_shapes({name: (example.gives, "F32")})
    outcome = evaluate(plan, sources, target).targets[name]
    assert outcome.state == "loaded", outcome
    assert outcome.recipe is not None
    tensors = {key: ids(*shape) for key, shape in example.sources.items()}
    assert tuple(run(outcome.recipe, lambda leaf: tensors[leaf.key]).shape) == example.gives


def _target(line: str, sources: dict[str, tuple[int, ...]]) -> str:
    """Fill the target's placeholders of an example as its first source key does."""
    last = next(iter(sources)).rsplit(".", 1)[-1]
    return line.split('"')[1].replace("{i}", "0").replace("{e}", "0").replace("{p}", last)


def test_joins_and_parts() -> None:
    """Slices, picks, joins and repeats agree with numpy."""
    a, b = ids(2, 3, 4), ids(2, 3, 4) + 100
    for dim in range(3):
        index = (slice(None),) * dim
        assert step("slice", a, dim=dim, start=1, length=1).tolist() == a.numpy()[(*index, slice(1, 2))].tolist()
        assert step("select", a, dim=dim, index=1).tolist() == a.numpy()[(*index, 1)].tolist()
        assert step("concat", a, b, dim=dim).tolist() == np.concatenate([a, b], dim).tolist()
        assert step("stack", a, b, dim=dim).tolist() == np.stack([a, b], dim).tolist()
        assert step("repeat", a, dim=dim, times=3).tolist() == np.concatenate([a] * 3, dim).tolist()
        assert step("flip", a, dims=[dim]).tolist() == np.flip(a.numpy(), dim).tolist()


def test_axes_and_shapes() -> None:
    """Transposes, permutations and reshapes agree with numpy."""
    a = ids(2, 3, 4)
    assert step("transpose", a, dims=[0, 2]).tolist() == np.swapaxes(a.numpy(), 0, 2).tolist()
    assert step("permute", a, kind="dims", dims=[2, 0, 1]).tolist() == np.transpose(a.numpy(), (2, 0, 1)).tolist()
    assert step("reshape", a, shape=[4, 6]).tolist() == a.numpy().reshape(4, 6).tolist()
    assert step("identity", a) is a


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.permutations([0, 1, 2]))
def test_rows_as_a_grid(first: int, second: int, third: int, dims: list[int]) -> None:
    """Rows read as a grid of three change places as numpy's transpose moves them."""
    size = first * second * third
    rows = ids(size, 2)
    wanted = rows.numpy().reshape(first, second, third, 2).transpose(*dims, 3).reshape(size, 2)
    assert step("permute", rows, kind="rows", dim=0, view=[first, second, third], dims=dims).tolist() == wanted.tolist()


def test_rotary_rows_are_what_conversion_scripts_do() -> None:
    """The well-known permutation of rotary weights, halves from interleaved, as its public formula writes it."""
    heads, width = 4, 8
    weight = ids(heads * width, 5)
    wanted = weight.view(heads, width // 2, 2, 5).transpose(1, 2).reshape(heads * width, 5)
    assert torch.equal(step("permute", weight, kind="rows", dim=0, view=[heads, width // 2, 2], dims=[0, 2, 1]), wanted)


def test_grouped_rows() -> None:
    """Groups of unequal parts come apart, part by part; loops over rows say the same."""
    groups, parts = 3, [4, 2, 1]
    rows = ids(2, groups * sum(parts))
    order = [
        group * sum(parts) + sum(parts[:turn]) + row for turn, part in enumerate(parts) for group in range(groups) for row in range(part)
    ]
    found = step("permute", rows, kind="rows", dim=1, deinterleave={"groups": groups, "parts": parts})
    assert found.tolist() == rows.numpy()[:, order].tolist()


def test_rolls_and_given_orders() -> None:
    """A roll begins with the row it names; an order takes rows as often as it says."""
    rows = ids(5, 2)
    assert step("permute", rows, kind="rows", dim=0, roll=2).tolist() == rows.tolist()[2:] + rows.tolist()[:2]
    assert step("permute", rows, kind="rows", dim=0, index=[3, 0, 3]).tolist() == [rows.tolist()[row] for row in (3, 0, 3)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_numbers_are_rounded_once(dtype: torch.dtype) -> None:
    """Arithmetic on any float is that of F32 or wider, rounded at the end; the type stays."""
    torch.manual_seed(0)
    a, b = torch.randn(4, 6).to(dtype), torch.randn(4, 6).to(dtype)
    x, y = a.double(), b.double()

    def near(found: torch.Tensor, wanted: torch.Tensor) -> bool:
        assert found.dtype == dtype
        return torch.allclose(found.double(), wanted.to(dtype).double(), rtol=1e-6 if dtype.itemsize > 2 else 0.13, atol=1e-5)

    assert near(step("scale", a, factor=1.5, offset=1.0), x * 1.5 + 1)
    assert near(step("add", a, b, alpha=0.5), x + 0.5 * y)
    assert near(step("matmul", a, b.t()), x @ y.t())
    assert near(step("sum", a, dim=0, keepdim=True), x.sum(0, keepdim=True))
    assert near(step("mean", a, dim=1, keepdim=False), x.mean(1))


def test_sums_of_integers_keep_their_type() -> None:
    """A sum of small integers stays of their type, as its recipe says."""
    assert step("sum", torch.tensor([[1, 2], [3, 4]], dtype=torch.int32), dim=0, keepdim=False).dtype == torch.int32


def test_casts_agree_with_torch() -> None:
    """A cast is torch's own conversion."""
    a = torch.randn(9)
    assert step("cast", a, dtype="BF16").dtype == torch.bfloat16
    assert step("cast", a, dtype="F8_E4M3").float().tolist() == a.to(torch.float8_e4m3fn).float().tolist()


def test_padding_fills_as_it_says() -> None:
    """New rows hold zeros, ones, a constant, or seeded noise that is the same each time; old rows stay."""
    a = ids(2, 3)
    assert step("pad", a, dim=1, before=1, after=2, fill={"policy": "zeros"}).tolist() == np.pad(a.numpy(), ((0, 0), (1, 2))).tolist()
    assert step("pad", a, dim=0, before=0, after=1, fill={"policy": "constant", "value": 2.5}).tolist() == [*a.tolist(), [2.5] * 3]
    assert step("pad", a, dim=0, before=1, after=0, fill={"policy": "ones"}).tolist() == [[1.0] * 3, *a.tolist()]
    noise = {"policy": "truncated_normal", "std": 0.02, "seed": 7}
    state = torch.get_rng_state()
    first, second = (step("pad", a, dim=0, before=0, after=50, fill=noise) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)
    assert 0.005 < first[2:].std() < 0.05


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest", "area"])
def test_position_grids_are_resized_behind_their_prefix(mode: str) -> None:
    """Prefix tokens stay; the grid is what torch makes of the same maps; both shapes of a table agree."""
    torch.manual_seed(0)
    table = torch.randn(1, 1 + 16, 6)
    found = step("interpolate", table, mode=mode, antialias=False, prefix=1, grid=[4, 4], to_grid=[6, 5])
    maps = torch.empty(1, 6, 4, 4)
    for row in range(4):
        for column in range(4):
            maps[0, :, row, column] = table[0, 1 + 4 * row + column]
    corners = {"align_corners": False} if mode in {"bilinear", "bicubic"} else {}
    wanted = nn.functional.interpolate(maps, size=(6, 5), mode=mode, **corners)
    assert torch.equal(found[:, 0], table[:, 0])
    for row in range(6):
        for column in range(5):
            assert torch.allclose(found[0, 1 + 5 * row + column], wanted[0, :, row, column], atol=1e-6)
    flat = step("interpolate", table[0], mode=mode, antialias=False, prefix=1, grid=[4, 4], to_grid=[6, 5])
    assert torch.equal(flat, found[0])
    assert torch.allclose(step("interpolate", maps, mode=mode, antialias=False, prefix=0, grid=[4, 4], to_grid=[6, 5]), wanted)


def test_sequences_are_resized() -> None:
    """A line stays a line under linear resizing, and narrow floats are widened for it."""
    line = torch.arange(8.0).reshape(8, 1)
    found = step("interpolate", line, mode="linear", antialias=False, prefix=0, grid=[8], to_grid=[16])
    assert torch.allclose(found[1:-1, 0], torch.arange(0.25, 7.0, 0.5)[:14])
    assert step("interpolate", line.half(), mode="bicubic", antialias=True, prefix=0, grid=[8], to_grid=[5]).shape == (5, 1)


def test_fresh_tensors_follow_their_policy() -> None:
    """Schemes are torch's, seeded ones repeat, and a bias under a scheme for matrices starts with zeros."""

    def fresh(policy: str, size: list[int], **settings: object) -> torch.Tensor:
        return run(Step("fresh", (), {"policy": policy, "settings": settings, "size": size, "dtype": "F32"}), lambda _: torch.empty(0))

    torch.manual_seed(5)
    wanted = nn.init.xavier_uniform_(torch.empty(4, 3), gain=2.0)
    assert torch.equal(fresh("xavier_uniform", [4, 3], seed=5, gain=2.0), wanted)
    assert fresh("kaiming_normal", [4], seed=1).tolist() == [0.0] * 4
    assert 2 <= fresh("uniform", [100], low=2.0, high=3.0, seed=1).min() <= 2.2
    assert fresh("constant", [2], value=3).tolist() == [3.0, 3.0]


def test_untrue_recipes_are_named() -> None:
    """An op without a kernel, and a result of another shape than promised, are errors with the op's name."""
    with pytest.raises(TensorError) as caught:
        run(Step("unheard", (Leaf("0"),)), lambda _: ids(2))
    assert caught.value.code == "kernel_unknown"
    with pytest.raises(TensorError) as caught:
        run(Step("transpose", (Leaf("0"),), {"dims": [0, 1]}, (9, 9)), lambda _: ids(2, 3))
    assert caught.value.code == "kernel_shape"


def test_every_op_of_recipes_has_its_kernel() -> None:
    """Whatever a plan is lowered to can be run."""
    assert set(RECIPE_OPS) <= set(KERNELS)


def test_weight_norms_fold_and_split_as_torch_does() -> None:
    """Length and direction fold into the weight that torch's parametrization holds, and come out of it again."""
    torch.manual_seed(0)
    layer = nn.utils.parametrizations.weight_norm(nn.Conv1d(3, 5, 2), dim=0)
    length, direction = (tensor.detach() for tensor in (layer.parametrizations.weight.original0, layer.parametrizations.weight.original1))
    weight = step("weight_norm", length, direction, dim=0)
    assert torch.allclose(weight, layer.weight.detach(), atol=1e-6)
    assert torch.allclose(step("norm", weight, dim=0), length, atol=1e-6)
    assert step("norm", torch.tensor([-2.0, 3.0]), dim=0).tolist() == [2.0, 3.0]
