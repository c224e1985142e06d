"""GGUF's quantized weights leave as plain floats, in every way out that writes bytes; what cannot be told is refused with its keys."""

import struct

import pytest
import torch
from safetensors.torch import load_file

from app import readers
from app.exporting import BLOCKED, ExportError, FileOptions, apply, obstacles, pieces
from app.keys.blocks import unpacked
from app.keys.dtypes import BLOCKS
from app.keys.tree import from_shapes
from app.mapping import demands, evaluate, parse_plan
from app.mapping.outcomes import Leaf
from app.readers.gguf import TYPES
from app.sources import LocalFiles
from app.tensors import Loader

_NUMBERS = {name: number for number, (name, _, _) in TYPES.items()}


def _text(word: str) -> bytes:
    return struct.pack("<Q", len(word)) + word.encode()


def _gguf(path, **dtypes):
    """Write a file of 4 x 256 weights, all bytes made up; returns the bytes of each."""
    head, data, made = b"GGUF" + struct.pack("<IQQ", 3, len(dtypes), 0), b"", {}
    for name, dtype in dtypes.items():
        elements, width = BLOCKS.get(dtype, (1, 4))
        size = 4 * 256 // elements * width
        made[name] = bytes((7 * i + i // 9 + len(name)) % 113 for i in range(size))
        head += _text(name) + struct.pack("<I2QIQ", 2, 256, 4, _NUMBERS[dtype], len(data))
        data += made[name] + bytes(-size % 32)
    path.write_bytes(head + bytes(-len(head) % 32) + data)
    return made


PLAN = """keygraft_plan 1
"q.weight" = "blk.q"
"k.weight" = transpose("blk.k")
"v.weight" = scale(slice("blk.v", dim=0, start=1, length=2), factor=2.0)
"both.weight" = concat("blk.q", "blk.f", dim=0)
"""
TARGET = from_shapes(
    {"q.weight": ((4, 256), "F32"), "k.weight": ((256, 4), "F16"), "v.weight": ((2, 256), "F32"), "both.weight": ((8, 256), "F32")}
)


@pytest.fixture
def given(tmp_path):
    """A file with three kinds of blocks and one of plain floats: its files, its tree, what its weights are."""
    path = tmp_path / "small.gguf"
    dtypes = {"blk.q": "Q4_K", "blk.k": "Q8_0", "blk.v": "Q6_K", "blk.f": "F32"}
    made = _gguf(path, **dtypes)
    plain = {
        name: torch.frombuffer(bytearray(made[name]), dtype=torch.float32)
        if dtype == "F32"
        else torch.from_numpy(unpacked(made[name], dtype))
        for name, dtype in dtypes.items()
    }
    files = LocalFiles(path)
    return files, readers.read(files), {name: values.reshape(4, 256) for name, values in plain.items()}


@pytest.mark.parametrize("name", ["out.safetensors", "out.pt"])
def test_they_are_written_as_floats(given, tmp_path, name):
    """A rename, a transpose, arithmetic and a join with plain floats."""
    files, _, plain = given
    apply(parse_plan(PLAN), {"": files}, tmp_path / name, target=TARGET)
    found = load_file(tmp_path / name) if name.endswith("safetensors") else torch.load(tmp_path / name, weights_only=True)
    expected = {
        "q.weight": plain["blk.q"],
        "k.weight": plain["blk.k"].t(),
        "v.weight": plain["blk.v"][1:3] * 2,
        "both.weight": torch.cat([plain["blk.q"], plain["blk.f"]]),
    }
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


def test_types_can_be_chosen(given, tmp_path):
    """`--dtype` casts what came out of the blocks."""
    files, _, plain = given
    apply(
        parse_plan(PLAN),
        {"": files},
        tmp_path / "out.safetensors",
        target=TARGET,
        options=FileOptions(dtype="target", dtypes={"q.*": "BF16"}),
    )
    found = load_file(tmp_path / "out.safetensors")
    assert torch.equal(found["q.weight"], plain["blk.q"].to(torch.bfloat16))
    assert torch.equal(found["k.weight"], plain["blk.k"].t().to(torch.float16))


def test_torch_gets_the_same_numbers(given):
    """What computes with torch reads them alike."""
    files, tree, plain = given
    assert torch.equal(Loader({"": tree}, {"": files})(Leaf("blk.v")), plain["blk.v"])


def test_what_it_takes_is_said(given):
    """A rename out of blocks is no copy: it has a size, and memory; a browser cannot do it, and says why."""
    _, tree, _ = given
    plan = parse_plan('keygraft_plan 1\n"q.weight" = "blk.q"\n')
    target = from_shapes({"q.weight": ((4, 256), "F32")})
    evaluation = evaluate(plan, {"": tree}, target)
    found = demands(evaluation, {"": tree})
    assert (found.output, found.moved, found.largest) == (4096, 0, "q.weight")
    made = pieces(evaluation, {"": tree}, target)
    (obstacle,) = obstacles(made, evaluation, plan, {"": tree})
    assert (obstacle.op, obstacle.first) == (BLOCKED, "q.weight")


def test_what_cannot_be_told_is_refused_by_name(tmp_path):
    """Types whose numbers we do not know: all their keys at once, and what to do."""
    path = tmp_path / "small.gguf"
    _gguf(path, **{"blk.a": "IQ2_XXS", "blk.b": "Q4_K", "blk.c": "TQ1_0"})
    target = from_shapes(dict.fromkeys(("blk.a", "blk.b", "blk.c"), ((4, 256), "F32")))
    with pytest.raises(ExportError) as caught:
        apply(parse_plan("keygraft_plan 1\n"), {"": LocalFiles(path)}, tmp_path / "out.safetensors", target=target)
    assert caught.value.code == "source_in_blocks"
    tree = readers.read(LocalFiles(path))
    assert demands(evaluate(parse_plan("keygraft_plan 1\n"), {"": tree}, target), {"": tree}).unread == 2
    assert caught.value.params == {"count": 2, "dtypes": "IQ2_XXS, TQ1_0", "keys": "blk.a, blk.c"}
