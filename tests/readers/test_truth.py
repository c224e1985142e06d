"""Every real checkpoint of the survey: keys, shapes, dtypes, strides, shared storages and nesting as independent readers saw them."""

import gc
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from app.errors import KeygraftError
from app.keys import KeyTree, spell
from app.keys.documents import tree_to_json
from app.readers import read, read_limited
from app.sources import LocalFiles

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
MANIFEST = json.loads((SHARED / "checkpoints/manifest.json").read_text("utf-8"))["files"]
BY_FILE = {entry["file"]: entry for entry in MANIFEST}
READ = [entry["file"] for entry in MANIFEST if entry["tensors"] and entry["format"] != "tf-checkpoint"]

DTYPES = {
    "float32": "F32",
    "float64": "F64",
    "float16": "F16",
    ">f4": "F32",
    "int64": "I64",
    "int32": "I32",
    "uint8": "U8",
    "uint32": "U32",
    "bool": "BOOL",
    "complex64": "C64",
    "qint8": "QINT8",
    "quint8": "QUINT8",
    "<U2": "STRING",
    "object": "STRING",
    "FLOAT": "F32",
    "FLOAT16": "F16",
    "FLOAT8E4M3FN": "F8_E4M3",
    "INT32": "I32",
    "INT64": "I64",
}
"""Names of the independent readers -> ours; structured types are RECORD, all others are spelt alike."""


@lru_cache
def tree_of(path: Path) -> KeyTree:
    """Read once for all tests."""
    return read(LocalFiles(path))


@pytest.fixture
def path(file: str, request: pytest.FixtureRequest) -> Path:
    """Where a file of the manifest lies."""
    path = SHARED / "checkpoints" / file
    return path if path.exists() else Path(request.getfixturevalue("fetched")) / file


@pytest.fixture
def tree(path: Path) -> KeyTree:
    """Tree of a file of the manifest."""
    return tree_of(path)


def _truth(file: str, tree: KeyTree) -> dict[str, Any]:
    """What the manifest says of the principal tree, by our keys."""
    entry = BY_FILE[file]
    main = entry["main_path"]
    inside = [each for each in entry["tensors"] if each["path"][: len(main)] == main]
    paths = [tuple(each.get("module_path") or each["path"])[len(main) :] for each in inside]
    return {spell(path, tree.separator): each for path, each in zip(paths, inside, strict=True)}


@pytest.mark.parametrize("file", READ)
def test_keys_nesting_and_format_agree(file: str, tree: KeyTree) -> None:
    """The principal tree is the one that people mean, with all of its keys in the file's order."""
    entry = BY_FILE[file]
    assert tree.format == entry["format"]
    assert list(tree.nesting) == entry["main_path"]
    expected = _truth(file, tree)
    if file.endswith("int_keys.pt"):
        # the manifest writes keys that are no strings as Python prints them; which they are is tested with torch
        assert len(tree.tensors) == len(expected)
    else:
        assert list(tree.tensors) == list(expected)


@pytest.mark.parametrize("file", READ)
def test_shapes_dtypes_and_strides_agree(file: str, tree: KeyTree) -> None:
    """GGUF shapes stand in torch's order here and in reverse there."""
    for (key, info), truth in zip(tree.tensors.items(), _truth(file, tree).values(), strict=True):
        shape = truth["shape"]
        if "ne[] order" in truth.get("note", ""):
            shape = shape[::-1]
        if shape is not None and all(isinstance(size, int) for size in shape):
            assert list(info.shape) == shape, key
        else:
            assert info.shape is None, key
        assert info.dtype == ("RECORD" if truth["dtype"].startswith("[") else DTYPES.get(truth["dtype"], truth["dtype"])), key
        if tree.format.startswith("torch") and "type" not in truth:
            assert list(info.stride or ()) == truth.get("stride", []), key
        if "offset_bytes" in truth:
            begin, end = truth["offset_bytes"]
            start = min(each.where.offset for each in tree.tensors.values())
            assert (info.where.offset - start, info.where.length) == (begin, end - begin)


@pytest.mark.parametrize("file", [file for file in READ if BY_FILE[file]["shared_storage_groups"]])
def test_shared_storages_agree(file: str, tree: KeyTree) -> None:
    """What shares memory is one group, in the tree and in the JSON of the command line."""
    main = BY_FILE[file]["main_path"]
    names = {tuple(each["path"]): tuple(each.get("module_path") or each["path"]) for each in BY_FILE[file]["tensors"]}
    groups = [[names[tuple(path)] for path in group if path[: len(main)] == main] for group in BY_FILE[file]["shared_storage_groups"]]
    expected = [{spell(path[len(main) :]) for path in group} for group in groups if len(group) > 1]
    found: dict[str, set[str]] = {}
    for key, each in tree_to_json(tree)["tensors"].items():
        if "alias_of" in each:
            found.setdefault(each["alias_of"], {each["alias_of"]}).add(key)
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, expected))


@pytest.mark.parametrize("file", READ)
def test_a_reading_lets_go_of_all_that_it_made(path: Path) -> None:
    """Open files and machines end with the reading: none of them waits for the collector. Circles that a pickle draws itself may."""
    gc.collect()
    gc.freeze()  # what was there before is not looked at
    try:
        gc.set_debug(gc.DEBUG_SAVEALL)
        read(LocalFiles(path))
        gc.collect()
        left = {type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("app.")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left <= {"Mapped", "Call", "Global"}


def test_a_folder_of_shards_is_one_tree(shared: Path) -> None:
    """With its index: the keys of both shards, in two files, as the index lists them."""
    for path in (shared / "checkpoints/generated/hf_sharded", shared / "checkpoints/generated/hf_sharded/model.safetensors.index.json"):
        tree = read(LocalFiles(path))
        index = json.loads((shared / "checkpoints/generated/hf_sharded/model.safetensors.index.json").read_text("utf-8"))
        assert set(tree.tensors) == set(index["weight_map"])
        assert {tree.files[info.where.file].name: 0 for info in tree.tensors.values()} == dict.fromkeys(index["weight_map"].values(), 0)
        assert not tree.warnings


def test_an_archive_of_torch_files_offers_them(shared: Path) -> None:
    """The weights below the name of their entry, at their place in the outer file."""
    path = shared / "checkpoints/generated/sb3_like.zip"
    tree = read(LocalFiles(path))
    inner = read(LocalFiles(shared / "checkpoints/generated/zip_tied.pt"))
    assert tree.nesting == ("policy.pth",)
    assert list(tree.tensors) == list(inner.tensors)
    raw, apart = path.read_bytes(), (shared / "checkpoints/generated/zip_tied.pt").read_bytes()
    for key, info in tree.tensors.items():
        there = inner.tensors[key].where
        assert raw[info.where.offset :][: info.nbytes] == apart[there.offset :][: info.nbytes]


def test_a_tensorflow_checkpoint_is_recognised(fetched: Path) -> None:
    """By name, with what to do."""
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(fetched / "real/basic_pitch/variables_variables"))
    assert (caught.value.code, caught.value.params["format"]) == ("unsupported_format", "tensorflow")


@pytest.mark.parametrize("file", [file for file in READ if not file.startswith("real")])
def test_the_limited_child_reads_the_same(file: str, shared: Path) -> None:
    """The way through the child process changes nothing."""
    path = shared / "checkpoints" / file
    assert read_limited(path) == tree_of(path)
