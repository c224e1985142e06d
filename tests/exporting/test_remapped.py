"""Remapped files: what is written reads back equal in torch and safetensors."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file

from app.errors import KeygraftError
from app.exporting import Computed, ExportError, FileOptions, Literal, Range, pieces, write
from app.exporting.writing import write_file
from app.keys import KeyTree
from app.keys.tree import from_shapes
from app.mapping.outcomes import Leaf, Recipe, Step
from app.mapping.plan import Init, Plan
from app.sources import LocalFiles, MemoryFiles
from app.tensors import Loader, raw_bytes, run
from tests.exporting.cases import evaluated, every_op, safetensors_case, sliced, torch_case, tree_of

CONTAINERS = ("safetensors", "torch")


def source() -> dict[str, torch.Tensor]:
    """Make tensors of many types, with an alias and a view."""
    torch.manual_seed(1)
    base = torch.randn(6, 4)
    return {
        "a": base,
        "tied": base,
        "turned": torch.randn(5, 3).t(),
        "half": torch.randn(3, 3).half(),
        "brain": torch.randn(7).bfloat16(),
        "eight": torch.randn(4).to(torch.float8_e4m3fn),
        "count": torch.tensor(7),
        "flags": torch.tensor([True, False, True]),
        "empty": torch.empty(0, 3),
        "wide": torch.randn(2, 3, dtype=torch.float64),
    }


def written(recipes: dict[str, Recipe], tree: KeyTree, path: Path, out: Path, options: FileOptions) -> Path:
    """Write a remapped file."""
    trees, files = {"": tree}, {"": LocalFiles(path)}
    shapes = {key: _shape(recipe, tree) for key, recipe in recipes.items()}
    target = from_shapes(shapes)
    made = pieces(evaluated(recipes, trees, target), trees, target, options)
    load = Loader(trees, files)
    write(made, files, out, compute=lambda recipe: raw_bytes(run(recipe, load)))
    assert out.stat().st_size == made.size
    return out


def _shape(recipe: Recipe, tree: KeyTree) -> tuple[tuple[int, ...], str]:
    if isinstance(recipe, Leaf):
        return tree.tensors[recipe.key].shape or (), tree.tensors[recipe.key].dtype
    return recipe.shape, recipe.dtype


def same(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Compare shape, type and bytes."""
    return left.dtype == right.dtype and left.shape == right.shape and bytes(raw_bytes(left)) == bytes(raw_bytes(right))


def read(path: Path, container: str) -> dict[str, torch.Tensor]:
    """Read with the format's own library."""
    return load_file(path) if container == "safetensors" else torch.load(path, weights_only=True, mmap=True)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kind", CONTAINERS)
def test_renamed_tensors_read_back_equal(tmp_path: Path, kind: str, container: str) -> None:
    """Every type, an alias and a transposed view survive, from and to both formats."""
    tensors = source()
    path = tmp_path / "old"
    tree = (safetensors_case if kind == "safetensors" else torch_case)(
        {k: v.clone() for k, v in tensors.items()} if kind == "safetensors" else tensors, path
    )
    out = written({f"new.{key}": Leaf(key) for key in tensors}, tree, path, tmp_path / "out", FileOptions(container=container))
    found = read(out, container)
    assert set(found) == {f"new.{key}" for key in tensors}
    assert all(same(found[f"new.{key}"], tensor) for key, tensor in tensors.items())


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_op_is_written(tmp_path: Path, container: str) -> None:
    """A file with the value of each op of the language, computed or copied, holds what the kernels compute."""
    sources, mapped, _ = every_op()
    tree = safetensors_case(sources, tmp_path / "old")
    out = written(mapped, tree, tmp_path / "old", tmp_path / "new", FileOptions(container=container))
    found = load_file(out) if container == "safetensors" else torch.load(out, weights_only=True)
    for key, recipe in mapped.items():
        assert torch.equal(found[key], run(recipe, lambda leaf: sources[leaf.key])), key


@pytest.mark.parametrize("container", CONTAINERS)
def test_parts_and_joins_are_copied_not_computed(tmp_path: Path, container: str) -> None:
    """Leading slices, joins, stacks and reshapes are ranges; a transpose is computed."""
    tensors = {"a": torch.arange(24.0).reshape(6, 4), "b": torch.arange(24.0, 48).reshape(6, 4)}
    tree = safetensors_case(tensors, tmp_path / "old")
    both = (Leaf("a"), Leaf("b"))
    recipes: dict[str, Recipe] = {
        "rows": sliced("a", 0, 2, 3, (3, 4)),
        "joined": Step("concat", both, {"dim": 0}, (12, 4), "F32"),
        "stacked": Step("stack", both, {"dim": 0}, (2, 6, 4), "F32"),
        "row": Step("select", (Step("stack", both, {"dim": 0}, (2, 6, 4), "F32"),), {"dim": 0, "index": 1}, (6, 4), "F32"),
        "shaped": Step("reshape", (Leaf("a"),), {"shape": [1, 24]}, (1, 24), "F32"),
        "inner": Step(
            "slice",
            (Step("reshape", (Leaf("a"),), {"shape": [1, 24]}, (1, 24), "F32"),),
            {"dim": 1, "start": 5, "length": 3},
            (1, 3),
            "F32",
        ),
    }
    trees = {"": tree}
    target = from_shapes({key: _shape(recipe, tree) for key, recipe in recipes.items()})
    assert pieces(evaluated(recipes, trees, target), trees, target).composable
    recipes["turned"] = Step("transpose", (Leaf("b"),), {"dims": [0, 1]}, (4, 6), "F32")
    recipes["columns"] = sliced("a", 1, 1, 2, (6, 2))
    target = from_shapes({key: _shape(recipe, tree) for key, recipe in recipes.items()})
    made = pieces(evaluated(recipes, trees, target), trees, target)
    assert set(made.computed) == {"turned", "columns"}
    found = read(written(recipes, tree, tmp_path / "old", tmp_path / "out", FileOptions(container=container)), container)
    a, b = tensors["a"], tensors["b"]
    wanted = {
        "rows": a[2:5],
        "joined": torch.cat([a, b]),
        "stacked": torch.stack([a, b]),
        "row": b,
        "shaped": a.reshape(1, 24),
        "inner": a.reshape(1, 24)[:, 5:8],
        "turned": b.t(),
        "columns": a[:, 1:3],
    }
    assert all(same(found[key], value) for key, value in wanted.items())


def test_aliases_are_named_or_written_twice(tmp_path: Path) -> None:
    """A tied tensor is written once and named in the metadata, or once for each key: the person's choice."""
    tree = torch_case(source(), tmp_path / "old")
    recipes: dict[str, Recipe] = {"x": Leaf("a"), "y": Leaf("tied")}
    out = written(recipes, tree, tmp_path / "old", tmp_path / "out", FileOptions(shared="alias"))
    with safe_open(out, "pt") as file:
        assert file.metadata() == {"format": "pt", "y": "x"}
        assert list(file.keys()) == ["x"]
    assert set(load_file(written(recipes, tree, tmp_path / "old", tmp_path / "out", FileOptions()))) == {"x", "y"}
    out = written(recipes, tree, tmp_path / "old", tmp_path / "out.pt", FileOptions(shared="alias", container="torch"))
    found = torch.load(out, weights_only=True)
    assert found["x"].data_ptr() == found["y"].data_ptr()


def test_floats_take_the_wanted_type(tmp_path: Path) -> None:
    """A dtype policy casts floating tensors and leaves counters alone."""
    tensors = source()
    tree = torch_case(tensors, tmp_path / "old")
    out = written({key: Leaf(key) for key in tensors}, tree, tmp_path / "old", tmp_path / "out", FileOptions(dtype="BF16"))
    found = load_file(out)
    assert all(same(found[key], value.bfloat16() if value.is_floating_point() else value) for key, value in tensors.items())


def test_shards_come_with_an_index(tmp_path: Path) -> None:
    """No shard is larger than asked, but for one tensor alone; the index names each key's shard."""
    tensors = {f"t{index}": torch.randn(10) for index in range(7)}
    tree = safetensors_case(tensors, tmp_path / "old")
    trees, target = {"": tree}, tree_of(tensors)
    made = pieces(evaluated({key: Leaf(key) for key in tensors}, trees, target), trees, target, FileOptions(max_shard_size=100))
    files = write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "folder")
    assert [file.name for file in files][:2] == ["model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors"]
    assert files[-1].name == "model.safetensors.index.json"
    found = {key: value for file in files[:-1] for key, value in load_file(file).items()}
    assert all(same(found[key], value) for key, value in tensors.items())


def test_fresh_keys_are_left_out_or_filled(tmp_path: Path) -> None:
    """A key that the model initialises is left out and listed; zeros and constants are written."""
    tensors = {"a": torch.randn(2)}
    tree = safetensors_case(tensors, tmp_path / "old")
    target = from_shapes({"a": ((2,), "F32"), "z": ((3,), "F16"), "gone": ((1,), "F32")})
    evaluation = evaluated({"a": Leaf("a")}, {"": tree}, target, {"z": "initialised"})
    assert pieces(evaluation, {"": tree}, target, plan=Plan((Init("z"),))).left_out == {"z": "initialised", "gone": "missing"}
    made = pieces(evaluation, {"": tree}, target, plan=Plan((Init("z", "constant", {"value": 2.5}),)))
    load = Loader({"": tree}, {"": LocalFiles(tmp_path / "old")})
    write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "out", compute=lambda recipe: raw_bytes(run(recipe, load)))
    assert load_file(tmp_path / "out")["z"].tolist() == [2.5] * 3


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Sources without bytes, conflicts, odd keys and lent files each have their error."""
    tensors = {"a": torch.randn(2), "c": torch.randn(2, dtype=torch.complex128)}
    tree = torch_case(tensors, tmp_path / "old")
    target = tree_of(tensors)
    trees = {"": tree}

    def code(act: object) -> str:
        with pytest.raises(KeygraftError) as caught:
            act()
        return caught.value.code

    assert code(lambda: pieces(evaluated({"a": Leaf("a")}, {"": target}, target), {"": target}, target)) == "source_without_bytes"
    assert code(lambda: pieces(evaluated({}, trees, target, {"a": "conflicting"}), trees, target)) == "transfer_conflicts"
    assert code(lambda: pieces(evaluated({}, trees, target), trees, target)) == "nothing_to_write"
    assert code(lambda: pieces(evaluated({"c": Leaf("c")}, trees, target), trees, target)) == "dtype_not_writable"
    odd = from_shapes({"~str:\\ud800": ((2,), "F32")})
    assert code(lambda: pieces(evaluated({"~str:\\ud800": Leaf("a")}, trees, odd), trees, odd)) == "key_not_writable"
    made = pieces(evaluated({"a": Leaf("a")}, trees, target), trees, target)
    assert code(lambda: write(made, {"": MemoryFiles({"other": b""})}, tmp_path / "out")) == "bytes_not_here"
    assert code(lambda: write(made, {"": MemoryFiles({"old": b"short"})}, tmp_path / "out")) == "source_changed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]
    assert issubclass(ExportError, KeygraftError)


def test_a_cancel_leaves_nothing_behind(tmp_path: Path) -> None:
    """What progress raises stops the writing; no partial file remains and an older output stays."""
    tensors = {"a": torch.randn(1000)}
    tree = safetensors_case(tensors, tmp_path / "old")
    made = pieces(evaluated({"a": Leaf("a")}, {"": tree}, tree), {"": tree}, tree)
    (tmp_path / "out").write_bytes(b"before")

    def cancel(written_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "out", progress=cancel)
    assert (tmp_path / "out").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "out"]


def test_a_composed_file_equals_the_written_one(tmp_path: Path) -> None:
    """Putting literal bytes and slices of the source together by hand gives the same bytes."""
    tensors = {f"t{index}": torch.randn(index + 1, 2) for index in range(5)}
    tree = torch_case(tensors, tmp_path / "old")
    made = pieces(evaluated({key: Leaf(key) for key in tensors}, {"": tree}, tree), {"": tree}, tree)
    data = (tmp_path / "old").read_bytes()
    composed = b"".join(
        piece.data if isinstance(piece, Literal) else data[piece.offset : piece.offset + piece.length] for piece in made.files[0].pieces
    )
    write_file(made.files[0], {"": LocalFiles(tmp_path / "old")}, tmp_path / "out")
    write_file(made.files[0], {"": MemoryFiles({"old": data})}, tmp_path / "again")
    assert composed == (tmp_path / "out").read_bytes() == (tmp_path / "again").read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_ranges_are_what_torch_computes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever nests of slices, selects, joins and reshapes: the ranges' bytes are the bytes torch computes."""
    folder = tmp_path_factory.mktemp("ranges")
    tensors = {"a": torch.arange(24).reshape(2, 3, 4), "b": torch.arange(100, 124).reshape(2, 3, 4)}
    tree = torch_case(tensors, folder / "old")
    recipe: Recipe = Leaf("a")
    shape: tuple[int, ...] = (2, 3, 4)
    for _ in range(data.draw(st.integers(1, 4))):
        recipe, shape = data.draw(_step(recipe, shape))
    trees, files = {"": tree}, {"": LocalFiles(folder / "old")}
    target = from_shapes({"t": (shape, "I64")})
    made = pieces(evaluated({"t": recipe}, trees, target), trees, target)
    computed = run(recipe, Loader(trees, files))
    assert tuple(computed.shape) == shape
    raw = (folder / "old").read_bytes()
    if not made.computed:
        ranges = [piece for piece in made.files[0].pieces if isinstance(piece, Range)]
        assert b"".join(raw[each.offset : each.offset + each.length] for each in ranges) == bytes(raw_bytes(computed))
    else:
        assert isinstance(made.files[0].pieces[-1], Computed)


@st.composite
def _step(draw: st.DrawFn, recipe: Recipe, shape: tuple[int, ...]) -> tuple[Recipe, tuple[int, ...]]:
    """Put one more op around a recipe."""
    kind = draw(st.sampled_from(["slice", "select", "concat", "stack", "reshape", "transpose"]))
    if not shape or 0 in shape:
        kind = "stack"
    dim = draw(st.integers(0, max(0, len(shape) - 1)))
    if kind == "slice":
        start = draw(st.integers(0, shape[dim] - 1))
        length = draw(st.integers(1, shape[dim] - start))
        new = (*shape[:dim], length, *shape[dim + 1 :])
        return Step("slice", (recipe,), {"dim": dim, "start": start, "length": length}, new, "I64"), new
    if kind == "select":
        new = shape[:dim] + shape[dim + 1 :]
        return Step("select", (recipe,), {"dim": dim, "index": draw(st.integers(0, shape[dim] - 1))}, new, "I64"), new
    if kind == "concat":
        new = (*shape[:dim], 2 * shape[dim], *shape[dim + 1 :])
        return Step("concat", (recipe, recipe), {"dim": dim}, new, "I64"), new
    if kind == "stack":
        new = (*shape[:dim], 2, *shape[dim:])
        return Step("stack", (recipe, recipe), {"dim": dim}, new, "I64"), new
    if kind == "transpose":
        other = draw(st.integers(0, len(shape) - 1))
        moved = list(shape)
        moved[dim], moved[other] = moved[other], moved[dim]
        return Step("transpose", (recipe,), {"dims": [dim, other]}, tuple(moved), "I64"), tuple(moved)
    flat = 1
    for size in shape:
        flat *= size
    return Step("reshape", (recipe,), {"shape": [1, flat]}, (1, flat), "I64"), (1, flat)


def test_large_ranges_keep_their_place_in_a_page(tmp_path: Path) -> None:
    """The header is padded so that a large copy is of whole pages; the file still reads."""
    tensors = {"large": torch.randn(1 << 19), "small": torch.randn(3)}
    tree = safetensors_case(tensors, tmp_path / "old")
    made = pieces(
        evaluated({key: Leaf(key) for key in tensors}, {"": tree}, tree), {"": tree}, tree, FileOptions(metadata={"a": "b" * 100})
    )
    header, large = made.files[0].pieces[:2]
    assert isinstance(large, Range)
    assert header.length % 4096 == large.offset % 4096
    write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "out")
    assert same(load_file(tmp_path / "out")["large"], tensors["large"])
