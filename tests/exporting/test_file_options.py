"""What may be chosen about a remapped file: container, shards, element types, provenance."""

import hashlib
import io
import json
import pickletools
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file
from torch.utils.serialization import config as torch_serialization

from app import readers
from app.errors import KeygraftError
from app.exporting import FileOptions, pieces, plan_file, provenance, write
from app.exporting.content import Entry
from app.exporting.dtypes import dtype_of
from app.exporting.shards import shards
from app.keys.tree import from_shapes
from app.mapping import parse_plan
from app.mapping.outcomes import Leaf, Step
from app.sources import LocalFiles, MemoryFiles
from tests.exporting.cases import evaluated, safetensors_case, torch_case, tree_of
from tests.exporting.test_remapped import same, source, written


def test_legacy_files_read_back_equal(tmp_path: Path) -> None:
    """Every type, an alias and a transposed view survive in the format before zip; torch and our reader agree."""
    tensors = source()
    tree = torch_case(tensors, tmp_path / "old")
    options = FileOptions(container="torch-legacy", shared="alias", metadata={"a": "b"})
    out = written({key: Leaf(key) for key in tensors}, tree, tmp_path / "old", tmp_path / "out", options)
    assert not out.read_bytes().startswith(b"PK")
    found = torch.load(out, weights_only=True)
    assert set(found) == set(tensors)
    assert all(same(found[key], tensor) for key, tensor in tensors.items())
    assert found["a"].data_ptr() == found["tied"].data_ptr()
    again = readers.read(LocalFiles(out))
    assert again.format == "torch-legacy"
    assert {key: (info.shape, info.dtype) for key, info in again.tensors.items()} == {
        key: (info.shape, info.dtype) for key, info in tree.tensors.items()
    }
    assert again.tensors["tied"].alias == "a"


def test_legacy_files_are_torchs_own_bytes(tmp_path: Path) -> None:
    """The storages stand where torch puts them: each pickle has the words of torch's, storage names aside."""
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.arange(4)}
    tree = safetensors_case(tensors, tmp_path / "old")
    out = written({key: Leaf(key) for key in tensors}, tree, tmp_path / "old", tmp_path / "out", FileOptions(container="torch-legacy"))
    torch.save(tensors, tmp_path / "theirs", _use_new_zipfile_serialization=False)

    def heads(path: Path) -> list[list[object]]:
        file = io.BytesIO(path.read_bytes())
        words = [[(op.name, arg) for op, arg, _ in pickletools.genops(file)] for _ in range(3)]
        return [[word for word in found if "PUT" not in word[0] and "GET" not in word[0]] for found in words]

    assert heads(out) == heads(tmp_path / "theirs")
    assert tensors["a"].numpy().tobytes() in out.read_bytes()


def test_zip_files_lie_as_in_their_source(tmp_path: Path) -> None:
    """A large storage starts at the same place in a page as in its source, so that whole pages are copied; torch maps it."""
    tensors = {"a": torch.randn(1 << 19), "b": torch.randn(1 << 19), "c": torch.randn(3)}
    tree = torch_case(tensors, tmp_path / "old")
    made = pieces(evaluated({key: Leaf(key) for key in tensors}, {"": tree}, tree), {"": tree}, tree, FileOptions(container="torch"))
    write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "out")
    placed = readers.read(LocalFiles(tmp_path / "out"))
    for key in ("a", "b"):
        assert placed.tensors[key].where.offset % 4096 == tree.tensors[key].where.offset % 4096
    assert placed.tensors["c"].where.offset % 64 == 0
    found = torch.load(tmp_path / "out", weights_only=True, mmap=True)
    assert all(same(found[key], tensor) for key, tensor in tensors.items())
    with torch_serialization.patch({"load.calculate_storage_offsets": True}):
        found = torch.load(tmp_path / "out", weights_only=True, mmap=True)
    assert all(same(found[key], tensor) for key, tensor in tensors.items())
    meta = torch.load(tmp_path / "out", weights_only=True, map_location="meta")
    assert meta["b"].untyped_storage()._checkpoint_offset == placed.tensors["b"].where.offset


@pytest.mark.parametrize("container", ["safetensors", "torch", "torch-legacy"])
@pytest.mark.parametrize("count", [1, 3, 5, 50])
def test_shards_by_number(tmp_path: Path, container: str, count: int) -> None:
    """As many shards as asked, or as there are tensors; the index names each key's file; together they are the whole."""
    tensors = {f"t{index}": torch.randn(10 + 3 * index) for index in range(7)}
    tree = safetensors_case(tensors, tmp_path / "old")
    made = pieces(
        evaluated({key: Leaf(key) for key in tensors}, {"": tree}, tree), {"": tree}, tree, FileOptions(shards=count, container=container)
    )
    files = write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / ("folder" if count > 1 else "one"))
    assert len(files) == (1 if count == 1 else min(count, 7) + 1)
    parts = files if count == 1 else files[:-1]
    load = load_file if container == "safetensors" else lambda path: torch.load(path, weights_only=True)
    found = {key: (value, path.name) for path in parts for key, value in load(path).items()}
    assert all(same(found[key][0], value) for key, value in tensors.items())
    if count > 1:
        index = json.loads(files[-1].read_text())
        assert index["weight_map"] == {key: name for key, (_, name) in found.items()}
        assert index["metadata"]["total_size"] == sum(value.nbytes for value in tensors.values())


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 14))
def test_shards_are_as_even_as_can_be(sizes: list[int], count: int) -> None:
    """No other way to cut the list into so many parts has a smaller largest part."""
    entries = [Entry(str(index), (size,), "U8", ()) for index, size in enumerate(sizes)]
    cut = shards(entries, 0, count)
    assert [entry for part in cut for entry in part] == entries
    assert len(cut) == min(count, len(entries))
    assert all(cut)
    assert max(sum(entry.nbytes for entry in part) for part in cut) == _best(sizes, min(count, len(sizes)))


def _best(sizes: list[int], count: int) -> int:
    """Try every first cut."""
    if count == 1:
        return sum(sizes)
    return min(max(sum(sizes[:at]), _best(sizes[at:], count - 1)) for at in range(1, len(sizes) - count + 2))


def test_types_by_pattern(tmp_path: Path) -> None:
    """Floats become what is chosen, for some keys by pattern, or what the model has; integers and flags never change."""
    tensors = {
        "head.w": torch.randn(3),
        "body.0.w": torch.randn(3),
        "body.1.w": torch.randn(3).half(),
        "n": torch.tensor(3),
        "flag": torch.tensor([True]),
    }
    tree = safetensors_case(tensors, tmp_path / "old")
    shapes = {key: (tuple(value.shape), "F64" if key == "body.1.w" else tree.tensors[key].dtype) for key, value in tensors.items()}
    target = from_shapes(shapes)

    def types(**options: object) -> dict[str, str]:
        made = pieces(
            evaluated({key: Leaf(key) for key in tensors}, {"": tree}, target),
            {"": tree},
            target,
            FileOptions(container="torch", **options),
        )
        from app.exporting import computing

        files = {"": LocalFiles(tmp_path / "old")}
        write(made, files, tmp_path / "out", compute=computing({"": tree}, files))
        found = torch.load(tmp_path / "out", weights_only=True)
        assert all(torch.equal(found[key], value.to(found[key].dtype)) for key, value in tensors.items())
        return {key: str(value.dtype).removeprefix("torch.") for key, value in found.items() if key not in {"n", "flag"}}

    assert types() == {"head.w": "float32", "body.0.w": "float32", "body.1.w": "float16"}
    assert types(dtype="bf16") == dict.fromkeys(("head.w", "body.0.w", "body.1.w"), "bfloat16")
    assert types(dtype="target") == {"head.w": "float32", "body.0.w": "float32", "body.1.w": "float64"}
    assert types(dtype="F16", dtypes={"head.*": "keep", "body.{i:0..0}.w": "float64"}) == {
        "head.w": "float32",
        "body.0.w": "float64",
        "body.1.w": "float16",
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"dtype": "I64"}, "dtype_unsuited"),
        ({"dtypes": {"*": "F4"}}, "dtype_unsuited"),
        ({"shards": 2, "max_shard_size": 5}, "shards_both_ways"),
    ],
)
def test_choices_that_make_no_sense(tmp_path: Path, given: dict[str, object], code: str) -> None:
    """A type that floats cannot take and two ways to cut at once are refused by name."""
    tree = safetensors_case({"a": torch.randn(2)}, tmp_path / "old")
    with pytest.raises(KeygraftError) as caught:
        pieces(evaluated({"a": Leaf("a")}, {"": tree}, tree), {"": tree}, tree, FileOptions(**given))
    assert caught.value.code == code
    assert {dtype_of(word) for word in ("bfloat16", "torch.bfloat16", "BF16", "bf16")} == {"BF16"}


def test_tied_keys_of_two_types_are_two_tensors(tmp_path: Path) -> None:
    """Where a pattern casts one of two tied keys, each is written as its own type, whatever `shared` says."""
    base = torch.randn(4)
    tree = torch_case({"a": base, "b": base}, tmp_path / "old")
    options = FileOptions(container="torch", shared="alias", dtypes={"b": "F64"})
    out = written({"a": Leaf("a"), "b": Leaf("b")}, tree, tmp_path / "old", tmp_path / "out", options)
    found = torch.load(out, weights_only=True)
    assert found["a"].dtype == torch.float32
    assert torch.equal(found["b"], base.double())


@pytest.mark.parametrize("container", ["safetensors", "torch", "torch-legacy"])
def test_provenance_says_where_a_file_comes_from(tmp_path: Path, container: str) -> None:
    """Hashes of the source and the plan and the versions stand in the metadata; nothing in them changes from run to run."""
    tensors = {"a": torch.randn(4)}
    safetensors_case(tensors, tmp_path / "old")
    files = {"": LocalFiles(tmp_path / "old")}
    trees = {"": readers.read(files[""])}
    target, plan = tree_of({"b": tensors["a"]}), parse_plan('keygraft_plan 1\n"b" = "a"\n')
    found = provenance(plan, trees, target, files)
    assert found == provenance(plan, trees, target, {"": LocalFiles(tmp_path / "old")})
    listed = json.loads(found["keygraft.sources"])[""]
    assert listed == [
        {"file": "old", "size": (tmp_path / "old").stat().st_size, "sha256": hashlib.sha256((tmp_path / "old").read_bytes()).hexdigest()}
    ]
    assert found["keygraft.plan"] == "sha256:" + hashlib.sha256(plan_file(plan, trees, target, "json")).hexdigest()
    assert json.loads(found["keygraft.versions"])["torch"] == torch.__version__
    made = pieces(evaluated({"b": Leaf("a")}, trees, target), trees, target, FileOptions(container=container, metadata=found), plan)
    write(made, files, tmp_path / "out")
    if container == "safetensors":
        with safe_open(tmp_path / "out", "pt") as file:
            assert {key: value for key, value in file.metadata().items() if key != "format"} == found
    else:
        assert torch.equal(torch.load(tmp_path / "out", weights_only=True)["b"], tensors["a"])
        assert found["keygraft.plan"].encode() in (tmp_path / "out").read_bytes()


def test_lent_files_give_the_hash_of_their_header(tmp_path: Path) -> None:
    """A source whose bytes are not on this machine is named by what was read of it."""
    safetensors_case({"a": torch.randn(4)}, tmp_path / "old")
    files = MemoryFiles({"old": (tmp_path / "old").read_bytes()})
    trees = {"": readers.read(files)}
    plan = parse_plan("keygraft_plan 1\n")
    for given_files in (None, {"": files}):
        listed = json.loads(provenance(plan, trees, trees[""], given_files)["keygraft.sources"])[""]
        assert listed == [{"file": "old", "size": trees[""].files[0].size, "header": trees[""].files[0].header_hash}]


def test_small_tensors_are_gathered(tmp_path: Path) -> None:
    """Thousands of small tensors, some next to each other in their source, some not, come out as they were."""
    tensors = {f"t{index}": torch.randn(index % 7 + 1) for index in range(3000)}
    tree = safetensors_case(tensors, tmp_path / "old")
    order = sorted(tensors, key=lambda key: hash(key) % 100)
    target = from_shapes({key: (tuple(tensors[key].shape), "F32") for key in order})
    for container in ("safetensors", "torch"):
        made = pieces(
            evaluated({key: Leaf(key) for key in order}, {"": tree}, target), {"": tree}, target, FileOptions(container=container)
        )
        write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "out")
        assert (tmp_path / "out").stat().st_size == made.size
        found = load_file(tmp_path / "out") if container == "safetensors" else torch.load(tmp_path / "out", weights_only=True)
        assert all(same(found[key], value) for key, value in tensors.items())


def test_what_lies_together_is_one_copy(tmp_path: Path) -> None:
    """Keys that follow each other in source and output become one range."""
    tensors = {f"t{index}": torch.randn(5) for index in range(40)}
    tree = safetensors_case(tensors, tmp_path / "old")
    order = {key: (tree.tensors[key].where.offset, key) for key in tensors}
    target = from_shapes(dict.fromkeys(sorted(tensors, key=order.__getitem__), ((5,), "F32")))
    made = pieces(evaluated({key: Leaf(key) for key in target.tensors}, {"": tree}, target), {"": tree}, target)
    assert len(made.files[0].pieces) == 2
    step = Step("flip", (Leaf("t0"),), {"dims": [0]}, (5,), "F32")
    broken = {key: Leaf(key) for key in target.tensors} | {"t7": step}
    assert len(pieces(evaluated(broken, {"": tree}, target), {"": tree}, target).files[0].pieces) == 4
