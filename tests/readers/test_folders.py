"""Folders: shards with an index, shards without one, a checkpoint among other files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from app.errors import KeygraftError
from app.readers import read
from app.sources import LocalFiles


def _shards(folder: Path, *keys: list[str], suffix: str = "") -> dict[str, str]:
    mapping = {}
    for number, names in enumerate(keys):
        name = f"model-{number + 1:05}-of-{len(keys):05}{suffix}.safetensors"
        save_file({key: np.full(2, number, np.float32) for key in names}, folder / name)
        mapping |= dict.fromkeys(names, name)
    return mapping


def _code(path: Path) -> str:
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(path))
    return caught.value.code


def test_shards_without_an_index_are_one_tree(tmp_path: Path) -> None:
    """In the order of their names, each tensor in its own file."""
    _shards(tmp_path, ["a", "b"], ["c"])
    tree = read(LocalFiles(tmp_path))
    assert list(tree.tensors) == ["a", "b", "c"]
    assert [tree.tensors[key].where.file for key in "abc"] == [0, 0, 1]
    assert [file.size for file in tree.files] == [path.stat().st_size for path in sorted(tmp_path.iterdir())]
    info = tree.tensors["c"]
    raw = (tmp_path / tree.files[1].name).read_bytes()
    assert raw[info.where.offset :][: info.nbytes] == np.full(2, 1, np.float32).tobytes()


def test_shards_of_torch_files_are_one_tree(tmp_path: Path) -> None:
    """With their index, file numbers included."""
    import torch

    for number, key in enumerate("ab"):
        torch.save({f"{key}.w": torch.full((2,), float(number))}, tmp_path / f"pytorch_model-0000{number + 1}-of-00002.bin")
    index = tmp_path / "pytorch_model.bin.index.json"
    index.write_text(
        json.dumps({"weight_map": {f"{key}.w": f"pytorch_model-0000{number + 1}-of-00002.bin" for number, key in enumerate("ab")}})
    )
    tree = read(LocalFiles(index))
    assert (tree.format, list(tree.tensors), tree.warnings) == ("torch-zip", ["a.w", "b.w"], ())
    info = tree.tensors["b.w"]
    raw = (tmp_path / tree.files[info.where.file].name).read_bytes()
    assert raw[info.where.offset :][: info.nbytes] == torch.ones(2).numpy().tobytes()


def test_an_index_and_its_shards_may_disagree(tmp_path: Path) -> None:
    """Said in both directions, the tree is shown all the same."""
    mapping = _shards(tmp_path, ["a", "b"], ["c"])
    mapping["ghost"] = mapping.pop("b")
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": mapping}))
    tree = read(LocalFiles(tmp_path))
    assert set(tree.tensors) == {"a", "b", "c"}
    assert {warned.code: warned.params["key"] for warned in tree.warnings} == {"index_absent": "ghost", "index_unlisted": "b"}


def test_a_key_in_two_shards_is_refused(tmp_path: Path) -> None:
    """No shard wins silently."""
    _shards(tmp_path, ["a", "b"], ["b"])
    assert _code(tmp_path) == "shards_collide"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"weight_map": {"a": "https://example.org/x.safetensors"}}', "index_path"),
        ('{"weight_map": {"a": "sub/x.safetensors"}}', "index_path"),
        ('{"weight_map": {"a": ""}}', "index_path"),
        ('{"weight_map": {"a": "model.safetensors.index.json"}}', "missing_shard"),
        ('{"weight_map": ["a"]}', "index_header"),
        ("{", "index_header"),
        ("[" * 100_000, "index_header"),
    ],
)
def test_an_index_names_files_beside_it_and_nothing_else(tmp_path: Path, text: str, code: str) -> None:
    """No path, no address, not itself."""
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(text)
    assert _code(index) == code
    assert _code(tmp_path) == code


def test_the_model_is_found_among_what_a_training_run_saves(tmp_path: Path) -> None:
    """Beside configuration, tokenizer, optimizer state and readme."""
    import torch

    save_file({"w": np.zeros(2, np.float32)}, tmp_path / "model.safetensors")
    torch.save({"state": {0: {"m": torch.ones(2)}}}, tmp_path / "optimizer.bin")
    torch.save([1, 2], tmp_path / "random_states_0.pkl")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text("# words")
    assert list(read(LocalFiles(tmp_path)).tensors) == ["w"]


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    """And an empty one."""
    assert _code(tmp_path) == "unknown_format"
    (tmp_path / "notes.txt").write_text("nothing")
    assert _code(tmp_path) == "unknown_format"


def test_a_pointer_among_shards_is_named(tmp_path: Path) -> None:
    """A half-downloaded repository is commoner than a broken file."""
    _shards(tmp_path, ["a"], ["b"])
    second = sorted(tmp_path.iterdir())[1]
    second.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12\n")
    assert _code(tmp_path) == "lfs_pointer"


def test_another_tree_can_be_asked_for_by_name_only_where_it_is(saved: Callable[..., Path]) -> None:
    """A nesting that is not there is an error with its name."""
    import torch

    path = saved({"model": {"w": torch.ones(1)}})
    assert list(read(LocalFiles(path), nesting=()).tensors) == ["model.w"]
    with pytest.raises(KeygraftError, match="no_such_nesting"):
        read(LocalFiles(path), nesting=("ema",))
