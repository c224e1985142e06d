"""What numpy moves and rounds is what torch moves and rounds, bit by bit."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.errors import KeygraftError
from app.exporting import moving
from app.exporting.computing import computing
from app.exporting.moving import Mover, moves
from app.keys.dtypes import TORCH
from app.mapping import Leaf, Recipe, Step
from app.sources import LocalFiles, MemoryFiles
from app.tensors import Loader, raw_bytes, run
from tests.exporting.cases import torch_case

_FLOATS = ["F64", "F32", "F16", "BF16"]


def both(tensors: dict[str, torch.Tensor], recipe: Recipe, path: Path) -> tuple[bytes, bytes]:
    """Make a tensor in both ways."""
    trees, files = {"": torch_case(tensors, path)}, {"": LocalFiles(path)}
    assert moves(recipe, trees)
    return bytes(Mover(trees, files)(recipe)), bytes(raw_bytes(run(recipe, Loader(trees, files))))


@pytest.mark.parametrize("old", _FLOATS)
@pytest.mark.parametrize("new", _FLOATS)
def test_casts_round_alike(tmp_path: Path, old: str, new: str) -> None:
    """Ties, subnormals, overflow, signed zeros and infinities come out as torch has them; NaN stays NaN."""
    bits = torch.randint(-(2**31), 2**31, (4096,), generator=torch.Generator().manual_seed(0)).to(torch.int32)
    special = torch.tensor(
        [0.0, -0.0, 1.0, 65504.0, 65520.0, 1e-8, 6e-8, 1e-40, 3.4e38, float("inf"), -float("inf"), 1.00390625, 1.01171875]
    )
    tensor = torch.cat([special, bits.view(torch.float32)]).to(getattr(torch, TORCH[old]))
    tensor = tensor[~tensor.isnan()]
    ours, theirs = both({"a": tensor}, Step("cast", (Leaf("a"),), {"dtype": new}, tuple(tensor.shape), new), tmp_path / "old")
    assert ours == theirs
    nothing = torch.full((3,), float("nan"), dtype=getattr(torch, TORCH[old]))
    ours, _ = both({"a": nothing}, Step("cast", (Leaf("a"),), {"dtype": new}, (3,), new), tmp_path / "old")
    assert torch.frombuffer(bytearray(ours), dtype=getattr(torch, TORCH[new])).isnan().all()


@pytest.mark.parametrize("dtype", [torch.uint8, torch.bfloat16, torch.float32, torch.int64, torch.complex128])
def test_moves_are_alike(tmp_path: Path, dtype: torch.dtype) -> None:
    """Every op that moves elements gives torch's bytes, from a view that is not contiguous."""
    tensors = {"a": torch.arange(48).reshape(4, 12).to(dtype).t()}
    leaf = Leaf("a")
    args: list[tuple[str, dict[str, object], int]] = [
        ("identity", {}, 1),
        ("slice", {"dim": 1, "start": 1, "length": 2}, 1),
        ("select", {"dim": 1, "index": 3}, 1),
        ("concat", {"dim": 1}, 2),
        ("stack", {"dim": 2}, 3),
        ("transpose", {"dims": [0, 1]}, 1),
        ("permute", {"kind": "dims", "dims": [1, 0]}, 1),
        ("permute", {"kind": "rows", "dim": 0, "view": [2, 3, 2], "dims": [2, 0, 1]}, 1),
        ("permute", {"kind": "rows", "dim": 0, "deinterleave": {"groups": 2, "parts": [3, 2, 1]}}, 1),
        ("permute", {"kind": "rows", "dim": 1, "roll": 3}, 1),
        ("permute", {"kind": "rows", "dim": 1, "index": [3, 3, 0]}, 1),
        ("reshape", {"shape": [3, 16]}, 1),
        ("flip", {"dims": [0, 1]}, 1),
        ("repeat", {"dim": 1, "times": 3}, 1),
    ]
    for op, own, count in args:
        ours, theirs = both(tensors, Step(op, (leaf,) * count, own), tmp_path / "old")
        assert ours == theirs, (op, own)


@given(st.lists(st.integers(0, 3), max_size=3))
def test_empty_and_single_elements(tmp_path_factory: pytest.TempPathFactory, shape: list[int]) -> None:
    """Shapes with zeros and without dimensions are moved too."""
    path = tmp_path_factory.mktemp("moving") / "old"
    ours, theirs = both({"a": torch.ones(shape)}, Step("stack", (Leaf("a"), Leaf("a")), {"dim": 0}), path)
    assert ours == theirs


def test_what_numpy_cannot_do_goes_to_torch(tmp_path: Path) -> None:
    """Arithmetic is torch's; a file that ends too early is named."""
    trees = {"": torch_case({"a": torch.ones(4)}, tmp_path / "old")}
    recipe = Step("scale", (Leaf("a"),), {"factor": 2.0, "offset": 0.0}, (4,), "F32")
    assert not moves(recipe, trees)
    assert bytes(computing(trees, {"": LocalFiles(tmp_path / "old")})(recipe)) == bytes(raw_bytes(torch.full((4,), 2.0)))
    with pytest.raises(KeygraftError) as caught:
        Mover(trees, {"": MemoryFiles({"old": b"short"})})(Leaf("a"))
    assert caught.value.code == "tensor_truncated"


@given(st.permutations(range(4)), st.lists(st.integers(1, 40), min_size=4, max_size=4), st.booleans())
def test_tiles_make_a_whole(order: list[int], shape: list[int], turned: bool) -> None:
    """Whatever the order of dimensions and however small the tiles: the copy is the view."""
    array = np.arange(np.prod(shape), dtype=np.uint32).reshape(shape).transpose(order)
    array = array[:, ::-1] if turned else array
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(moving, "_TILE", 7)
        assert np.array_equal(moving.tiled(array, np.empty(array.shape, np.uint32)), array)


def test_memory_is_taken_again(tmp_path: Path) -> None:
    """One tensor after another comes out right, large and small, though each takes the memory of the one before."""
    tensors = {f"t{size}": torch.randn(size, 3 * size) for size in (2, 300, 5, 200)}
    trees, files = {"": torch_case(tensors, tmp_path / "old")}, {"": LocalFiles(tmp_path / "old")}
    mover = Mover(trees, files)
    for key, value in tensors.items():
        recipe = Step("transpose", (Leaf(key),), {"dims": [0, 1]}, tuple(value.t().shape), "F32")
        assert bytes(mover(recipe)) == bytes(raw_bytes(value.t()))


@pytest.mark.parametrize(("policy", "settings"), [("zeros", {}), ("ones", {}), ("constant", {"value": 0.1})])
@pytest.mark.parametrize("dtype", _FLOATS)
def test_what_starts_with_one_value_is_alike(tmp_path: Path, policy: str, settings: dict[str, float], dtype: str) -> None:
    """A constant is rounded as torch rounds it."""
    args: dict[str, object] = {"policy": policy, "settings": settings, "size": [2, 3], "dtype": dtype}
    ours, theirs = both({"a": torch.ones(1)}, Step("fresh", (), args, (2, 3), dtype), tmp_path / "any")  # type: ignore[arg-type]
    assert ours == theirs
    assert len(ours) == 6 * torch.empty((), dtype=getattr(torch, TORCH[dtype])).element_size()
