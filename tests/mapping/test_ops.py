"""Ops: shape rules against torch, layouts against their definition, inverses."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app import messages
from app.mapping import Leaf, OpError, Plan, evaluate, ops_table, parse_rule, refs
from app.mapping.ops import KERNELS, OPS, Value, print_kernel
from app.mapping.outcomes import Step
from app.tensors import run as run_kernels
from app.tensors.kernels import KERNELS as TORCH_KERNELS
from tests.mapping.trees import run, tree

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def value(name, tensor, dtype="F32"):
    """A source tensor as an op sees it."""
    return Value(Leaf(name), tuple(tensor.shape), dtype)


def lowered(op, tensors, args=None, index=None, target=None, dtype="F32"):
    """Lower an op on tensors x0, x1, ... and run it."""
    named = {f"x{at}": tensor for at, tensor in enumerate(tensors)}
    made = OPS[op].apply([value(name, tensor, dtype) for name, tensor in named.items()], args or {}, index, target)
    found = run_kernels(made.recipe, lambda leaf: named[leaf.key])
    assert tuple(found.shape) == made.shape
    if _printable(made.recipe):
        torch.testing.assert_close(run(made.recipe, named), found, rtol=1e-2, atol=1e-2)
    return found


def _printable(recipe):
    return isinstance(recipe, Leaf) or (KERNELS[recipe.op].code is not None and all(map(_printable, recipe.inputs)))


def arange(*shape, dtype=torch.float32):
    """Elements that all differ."""
    return torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape).to(dtype)


@pytest.mark.parametrize("op", OPS)
def test_the_example_of_each_op(op):
    """The line of the reference parses, evaluates to the shape it promises, and runs."""
    example = OPS[op].example
    rule = parse_rule(example.line)
    source = tree(example.sources)
    found = next(iter(source.tensors))
    key = rule.target.replace("{p}", found.rpartition(".")[2]).replace("{i}", "0").replace("{e}", "0")
    target = tree({key: example.gives})
    outcome = evaluate(Plan((rule,)), {"": source}, target).targets[key]
    assert outcome.state == "loaded", outcome.reason
    assert any(ref.pattern for ref in refs(rule.value))
    small = math.prod(example.gives) < 2_000_000
    if small and isinstance(outcome.recipe, Step):
        tensors = {name: torch.rand(shape) for name, shape in example.sources.items()}
        assert tuple(run_kernels(outcome.recipe, lambda leaf: tensors[leaf.key]).shape) == example.gives


def test_the_table_lists_every_op():
    """Each op with arguments, inverse and example; every kernel of a recipe has its torch code."""
    assert [row["name"] for row in ops_table()] == list(OPS)
    assert all(row["summary"] and row["example"]["line"] for row in ops_table())
    assert set(KERNELS) <= set(TORCH_KERNELS)


@given(st.sampled_from(sorted(DTYPES)), st.lists(st.integers(1, 4), min_size=2, max_size=4), st.data())
@settings(max_examples=120)
def test_moving_ops_are_torch(name, shape, data):
    """Transpose, permute, reshape, slice, chunk, select, flip, roll, take, concat, stack: as torch's, over float dtypes."""
    dtype = DTYPES[name]
    x = arange(*shape, dtype=dtype)
    rank = len(shape)
    dim, other = data.draw(st.integers(-rank, rank - 1)), data.draw(st.integers(-rank, rank - 1))
    order = data.draw(st.permutations(range(rank)))
    size = shape[dim]
    at = data.draw(st.integers(0, size - 1))
    rows = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=5))
    pairs = [
        (lowered("transpose", [x], {"dim0": dim, "dim1": other}, dtype=name), x.transpose(dim, other)),
        (lowered("permute", [x], {"dims": order}, dtype=name), x.permute(*order)),
        (lowered("reshape", [x], {"shape": [-1]}, dtype=name), x.reshape(-1)),
        (lowered("flatten", [x], {"start_dim": 1}, dtype=name), x.flatten(1)),
        (lowered("slice", [x], {"dim": dim, "start": at}, dtype=name), x.narrow(dim, at, size - at)),
        (lowered("select", [x], {"dim": dim, "index": at}, dtype=name), x.select(dim, at)),
        (lowered("chunk", [x], {"chunks": size, "dim": dim}, at, dtype=name), x.chunk(size, dim)[at]),
        (lowered("split", [x], {"sizes": [at, size - at], "dim": dim}, 1, dtype=name), x.split([at, size - at], dim)[1]),
        (lowered("flip", [x], {"dims": [dim]}, dtype=name), x.flip(dim)),
        (lowered("roll", [x], {"start": at, "dim": dim}, dtype=name), x.roll(-at, dim)),
        (lowered("take", [x], {"index": rows, "dim": dim}, dtype=name), x.index_select(dim, torch.tensor(rows))),
        (lowered("concat", [x, x + 1], {"dim": dim}, dtype=name), torch.cat([x, x + 1], dim)),
        (lowered("stack", [x, x + 1], {"dim": dim}, dtype=name), torch.stack([x, x + 1], dim)),
        (lowered("unsqueeze", [x], {"dim": dim}, dtype=name), x.unsqueeze(dim)),
        (lowered("squeeze", [x], dtype=name), x.squeeze()),
        (lowered("repeat", [x], {"dim": dim, "times": 3}, dtype=name), torch.cat([x, x, x], dim)),
        (lowered("pad", [x], {"dim": dim, "before": 1, "after": 2, "fill": "ones"}, dtype=name), _padded(x, dim)),
    ]
    for found, wanted in pairs:
        assert torch.equal(found, wanted)
        assert found.dtype == dtype


def _padded(x, dim):
    ones = torch.ones_like(x.narrow(dim, 0, 1))
    return torch.cat([ones, x, ones, ones], dim)


@given(st.sampled_from(sorted(DTYPES)), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=60)
def test_computing_ops_are_torch(name, rows, columns, inner):
    """Sum, mean, add, matmul, scale, cast, weight norms: as torch's, within the rounding of the dtype."""
    dtype = DTYPES[name]
    x, y = (torch.rand(rows, columns, inner, generator=torch.Generator().manual_seed(seed)).to(dtype) for seed in (1, 2))
    a, b = x[:, :, 0], y[:, :, 0].t()
    g = x.float().norm(dim=(1, 2), keepdim=True).to(dtype)
    pairs = [
        (lowered("sum", [x], {"dim": 1}, dtype=name), x.float().sum(1, keepdim=True)),
        (lowered("mean", [x], {"dim": 0, "keepdim": False}, dtype=name), x.float().mean(0)),
        (lowered("add", [x, y], {"alpha": 0.5}, dtype=name), x.float() + 0.5 * y.float()),
        (lowered("matmul", [a, b], dtype=name), a.float() @ b.float()),
        (lowered("scale", [x], {"factor": 2.0, "offset": 1.0}, dtype=name), x.float() * 2 + 1),
        (lowered("weight_norm_split", [x], index="g", dtype=name), g.float()),
        (lowered("weight_norm_fold", [g, x], dtype=name), x.float()),
    ]
    for found, wanted in pairs:
        assert found.dtype == dtype
        torch.testing.assert_close(found.float(), wanted, rtol=2e-2, atol=2e-2)
    assert lowered("cast", [x], {"dtype": "F32"}, dtype=name).dtype == torch.float32


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_rotary_layouts(heads, half, columns):
    """Interleaved pairs become halves, as Llama's conversion does it; the other op undoes it, partly turned heads too."""
    head = 2 * half
    w = arange(heads * head, columns)
    theirs = w.view(heads, half, 2, columns).transpose(1, 2).reshape(heads * head, columns)
    assert torch.equal(lowered("rotary_to_half", [w], {"heads": heads}), theirs)
    assert torch.equal(lowered("rotary_to_half", [w], {"head_dim": head}), theirs)
    assert torch.equal(lowered("rotary_to_interleaved", [theirs], {"heads": heads}), w)
    wide = arange(heads * (head + 4), columns)
    turned = lowered("rotary_to_half", [wide], {"heads": heads, "rotary_dim": head})
    split = wide.view(heads, head + 4, columns)
    first = split[:, :head].reshape(heads, half, 2, columns).transpose(1, 2).reshape(heads, head, columns)
    assert torch.equal(turned, torch.cat([first, split[:, head:]], 1).reshape(-1, columns))
    assert torch.equal(lowered("rotary_to_interleaved", [turned], {"heads": heads, "rotary_dim": head}), wide)


@given(st.sampled_from(["stacked", "per_head", "per_group"]), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_fused_layouts(layout, groups, each, head):
    """Split gives what the layout's definition says; join undoes it."""
    heads = groups if layout == "per_head" else groups * each
    per = heads // groups
    q, k, v = arange(heads * head, 2), arange(groups * head, 2) + 1000, arange(groups * head, 2) + 2000
    if layout == "stacked":
        fused = torch.cat([q, k, v])
    else:
        parts = [x.view(groups, -1, 2) for x in (q.view(groups, per * head, 2), k, v)]
        fused = torch.cat(parts, 1).reshape(-1, 2)
    args = {"layout": layout, "heads": heads, "kv_heads": groups}
    assert torch.equal(lowered("join_qkv", [q, k, v], args), fused)
    for name, wanted in zip("qkv", (q, k, v), strict=True):
        assert torch.equal(lowered("split_qkv", [fused], args, name), wanted)


@pytest.mark.parametrize("order", ["gate_up", "up_gate"])
@pytest.mark.parametrize("interleaved", [False, True])
def test_gate_and_up(order, interleaved):
    """Either order, half by half or row by row."""
    gate, up = arange(3, 2), arange(3, 2) + 100
    first, second = (gate, up) if order == "gate_up" else (up, gate)
    fused = torch.stack([first, second], 1).reshape(6, 2) if interleaved else torch.cat([first, second])
    args = {"order": order, "interleaved": interleaved}
    assert torch.equal(lowered("join_gate_up", [gate, up], args), fused)
    assert torch.equal(lowered("split_gate_up", [fused], args, "gate"), gate)
    assert torch.equal(lowered("split_gate_up", [fused], args, "up"), up)


@given(st.integers(1, 4), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_interleave_undoes_deinterleave(groups, parts):
    """Equal or unequal parts, sizes or a count."""
    w = arange(groups * sum(parts), 2)
    there = lowered("deinterleave", [w], {"groups": groups, "parts": parts if len(parts) > 1 else 1})
    assert torch.equal(lowered("interleave", [there], {"groups": groups, "parts": parts if len(parts) > 1 else 1}), w)


def test_channels_are_adapted_as_timm_does():
    """One channel is the sum; four are repeats that are scaled down."""
    w = torch.rand(2, 3, 2, 2)
    assert torch.allclose(lowered("adapt_channels", [w], {"size": 1}), w.sum(1, keepdim=True))
    four = torch.cat([w, w], 1)[:, :4] * (3 / 4)
    assert torch.allclose(lowered("adapt_channels", [w], {"size": 4}), four)


def test_vocabularies_are_resized():
    """Rows by id, cut or filled to size."""
    w = arange(5, 2)
    assert torch.equal(lowered("resize_vocab", [w], {"size": 3}), w[:3])
    assert torch.equal(lowered("resize_vocab", [w], {"ids": [4, 0], "size": 3}), torch.cat([w[[4, 0]], torch.zeros(1, 2)]))
    assert torch.equal(lowered("crop", [w], {"start": 1}, target=(3, 2)), w[1:4])


def test_position_tables_are_interpolated():
    """Prefix tokens stay; the grid is resized as an image, a sequence as a line."""
    w = torch.rand(1, 1 + 16, 6)
    found = lowered("interpolate", [w], {"prefix": 1, "antialias": False}, target=(1, 1 + 36, 6))
    grid = w[:, 1:].reshape(1, 4, 4, 6).permute(0, 3, 1, 2)
    wanted = torch.nn.functional.interpolate(grid, size=(6, 6), mode="bicubic", align_corners=False)
    assert torch.equal(found[:, :1], w[:, :1])
    torch.testing.assert_close(found[:, 1:], wanted.permute(0, 2, 3, 1).reshape(1, 36, 6))
    line = lowered("interpolate", [torch.rand(8, 3)], {"mode": "linear", "to_grid": [4]})
    assert tuple(line.shape) == (4, 3)
    maps = lowered("interpolate", [torch.rand(1, 3, 4, 4)], {"to_grid": [2, 5]})
    assert tuple(maps.shape) == (1, 3, 2, 5)


X = Value(Leaf("x"), (6, 4), "F32")
I = Value(Leaf("i"), (6, 4), "I64")  # noqa: E741


@pytest.mark.parametrize(
    ("op", "inputs", "args", "index", "code"),
    [
        ("transpose", [X], {"dim1": 2}, None, "op_dim"),
        ("permute", [X], {"dims": [0, 0]}, None, "op_axes"),
        ("reshape", [X], {"shape": [5, 5]}, None, "op_shape"),
        ("reshape", [X], {"shape": [-1, -1]}, None, "op_shape"),
        ("reshape", [X], {}, None, "op_argument_missing"),
        ("reshape", [X], {"like": "target"}, None, "op_target_shape"),
        ("squeeze", [X], {"dim": 0}, None, "op_squeeze"),
        ("unsqueeze", [X], {"dim": 4}, None, "op_dim"),
        ("flatten", [X], {"start_dim": 1, "end_dim": 0}, None, "op_dim"),
        ("conv_to_linear", [X], {}, None, "op_conv_to_linear"),
        ("linear_to_conv", [Value(Leaf("y"), (2, 2, 2), "F32")], {}, None, "op_linear_to_conv"),
        ("slice", [X], {"start": 4, "length": 3}, None, "op_range"),
        ("chunk", [X], {"chunks": 4}, 0, "op_not_divisible"),
        ("chunk", [X], {"chunks": 3}, None, "op_result_missing"),
        ("chunk", [X], {"chunks": 3}, 3, "op_result_range"),
        ("chunk", [X], {"chunks": "three"}, 0, "op_argument_kind"),
        ("split", [X], {"sizes": [1, 2]}, 0, "op_split"),
        ("select", [X], {"index": 6}, None, "op_index"),
        ("concat", [X, Value(Leaf("y"), (6, 5), "F32")], {}, None, "op_join"),
        ("concat", [X, I], {}, None, "op_dtypes"),
        ("stack", [X, Value(Leaf("y"), (6, 5), "F32")], {}, None, "op_join"),
        ("permute_rows", [X], {"view": [2, 2], "dims": [0, 2]}, None, "op_view"),
        ("permute_rows", [X], {"view": [4, -1], "dims": [1, 0]}, None, "op_view_size"),
        ("deinterleave", [X], {"groups": 2, "parts": [1, 1]}, None, "op_groups"),
        ("take", [X], {"index": [9]}, None, "op_index"),
        ("cast", [X], {"dtype": "F31"}, None, "op_dtype"),
        ("scale", [I], {"factor": 2.0}, None, "op_floating"),
        ("mean", [I], {"dim": 0}, None, "op_floating"),
        ("matmul", [X, X], {}, None, "op_matmul"),
        ("repeat", [X], {"dim": 0, "times": 0}, None, "op_times"),
        ("pad", [X], {"after": 1, "fill": "magic"}, None, "op_fill"),
        ("pad", [X], {}, None, "op_target_shape"),
        ("interpolate", [X], {"mode": "linear", "prefix": 7, "to_grid": [3]}, None, "op_grid"),
        ("interpolate", [I], {}, None, "op_floating"),
        ("interpolate", [Value(Leaf("y"), (2, 4, 4), "F32")], {}, None, "op_interpolate"),
        ("rotary_to_half", [X], {}, None, "op_heads"),
        ("rotary_to_half", [X], {"heads": 2}, None, "op_rotary"),
        ("split_qkv", [X], {"heads": 3}, "q", "op_fused"),
        ("split_qkv", [X], {"heads": 2}, None, "op_result_name"),
        ("split_qkv", [X], {"heads": 3, "kv_heads": 2}, "q", "op_kv_heads"),
        ("split_qkv", [X], {"layout": "per_head", "heads": 4, "kv_heads": 1}, "q", "op_per_head"),
        ("split_gate_up", [X], {"order": "down"}, "gate", "op_argument_kind"),
        ("weight_norm_fold", [X, X], {}, None, "op_weight_norm"),
        ("transpose", [X, X], {}, None, "op_inputs"),
        ("transpose", [X], {"kind": 1}, None, "op_argument_unknown"),
    ],
)
def test_what_does_not_fit_is_said_precisely(op, inputs, args, index, code):
    """Every refusal has a code, its numbers, and words both as an error and as a reason."""
    with pytest.raises(OpError) as raised:
        OPS[op].apply(inputs, args, index)
    assert raised.value.code == code
    assert messages.error_text(raised.value)
    assert messages.text("reason-" + code.replace("_", "-"), **raised.value.params)


def test_named_forms_leave_a_bias_alone():
    """Forms that change a weight pass a 1-D tensor on."""
    bias = arange(5)
    for op in ("conv_to_linear", "linear_to_conv", "conv1d_to_linear"):
        assert torch.equal(lowered(op, [bias]), bias)


def test_a_kernel_without_a_line_is_a_call():
    """Scripts carry such kernels as functions."""
    assert print_kernel("norm", ["x"], {"dim": 0}, (3, 1)).startswith("torch.linalg")
    assert print_kernel("pad", ["x"], {"dim": 0}, (3,)) == "pad([x], dim=0)"
