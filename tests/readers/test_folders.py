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


W = np.zeros(2, np.float32)


def _told(path: Path) -> KeygraftError:
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(path))
    return caught.value


def _written(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_file({"w": W}, folder / name)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("unet/model.safetensors", "vae/model.safetensors"), "unet, vae"),
        (("epoch_1.safetensors", "epoch_2.safetensors"), "epoch_1.safetensors, epoch_2.safetensors"),
    ],
)
def test_several_checkpoints_in_a_folder_are_named(names: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """In folders below, or beside each other: they are no shards of one."""
    _written(tmp_path, *names)
    error = _told(tmp_path)
    assert (error.code, error.params["names"], error.params["count"]) == ("several_checkpoints", told, 2)


def test_files_below_do_not_mix_with_those_above(tmp_path: Path) -> None:
    """What lies in the folder itself is the checkpoint; a single folder below is looked into, with its index."""
    _written(tmp_path, "weights.safetensors", "2_Dense/other.safetensors")
    assert [file.name for file in read(LocalFiles(tmp_path)).files] == ["weights.safetensors"]
    inner = tmp_path / "run/last"
    inner.mkdir(parents=True)
    (inner / "model.safetensors.index.json").write_text(json.dumps({"weight_map": _shards(inner, ["a"], ["b"])}))
    _written(inner, "adapter.safetensors")
    assert list(read(LocalFiles(tmp_path / "run")).tensors) == ["a", "b"]


def test_hidden_files_and_linked_folders_are_left_out(tmp_path: Path) -> None:
    """What a system keeps for itself, and a folder that leads back to where it lies."""
    _written(tmp_path, "model-a.safetensors", ".model-b.safetensors")
    (tmp_path / "again").symlink_to(".")
    assert [file.name for file in read(LocalFiles(tmp_path)).files] == ["model-a.safetensors"]


def test_what_else_a_run_saves_is_no_shard(saved: Callable[..., Path], tmp_path: Path) -> None:
    """An optimizer beside weights of any name."""
    import torch

    saved({"w": torch.ones(2)}, "net.pt")
    saved({"state": {0: {"exp_avg": torch.ones(2)}}}, "optimizer.pt")
    saved({"w": torch.ones(2)}, "my_scheduler.pt")
    assert list(read(LocalFiles(tmp_path)).tensors) == ["w"]


def test_a_folder_of_arrays_is_a_tree_of_their_names(tmp_path: Path) -> None:
    """None is left out, each lies in its own file."""
    for number, name in enumerate(("conv.kernel", "bias")):
        np.save(tmp_path / f"{name}.npy", np.full(3, number, np.float32))
    tree = read(LocalFiles(tmp_path))
    assert list(tree.tensors) == ["bias", "conv.kernel"]
    info = tree.tensors["bias"]
    raw = (tmp_path / tree.files[info.where.file].name).read_bytes()
    assert raw[info.where.offset :][: info.nbytes] == np.full(3, 1, np.float32).tobytes()


def test_several_files_that_are_a_model_each_are_not_guessed_among(tmp_path: Path) -> None:
    """No first one wins silently."""
    import h5py

    for name in ("encoder.h5", "decoder.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file["w"] = W
    assert _told(tmp_path).code == "several_checkpoints"


CUT = {
    "Llama's own": (("consolidated.00.pth", "consolidated.01.pth"), "llama", "convert_llama_weights_to_hf"),
    "Megatron's": (("mp_rank_00/model_optim_rng.pt", "mp_rank_01/model_optim_rng.pt"), "megatron", "convert.py"),
    "DeepSpeed's with tensors cut": (("mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt"), "megatron", "ds_to_universal"),
    "DeepSpeed's pipeline": (("layer_00-model_states.pt", "mp_rank_00_model_states.pt"), "pipeline", "ds_to_universal"),
    "DeepSpeed's in bfloat16": (("step/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt", "zero_to_fp32.py"), "deepspeed", "zero_to_fp32.py"),
}


@pytest.mark.parametrize("name", CUT)
def test_tensors_that_were_cut_for_devices_name_the_command(name: str, saved: Callable[..., Path], tmp_path: Path) -> None:
    """Their parts have the same keys, and are no shards of whole tensors."""
    import torch

    files, kind, command = CUT[name]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        saved({"w": torch.ones(2)}, file)
    error = _told(tmp_path)
    assert (error.code, error.params["kind"]) == ("needs_consolidation", kind)
    assert command in str(error.params["command"])


def test_of_two_distributed_checkpoints_the_models_is_read(tmp_path: Path) -> None:
    """The optimizer's lies in a folder beside it, with files of the same names."""
    import warnings

    import torch
    import torch.distributed.checkpoint as dcp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for folder, key in (("pytorch_model_fsdp_0", "w"), ("optimizer_0", "state.w")):
            dcp.save({key: torch.full((3,), float(len(key)))}, checkpoint_id=str(tmp_path / folder), no_dist=True)
    tree = read(LocalFiles(tmp_path))
    assert list(tree.tensors) == ["w"]
    info = tree.tensors["w"]
    raw = (tmp_path / tree.files[info.where.file].name).read_bytes()
    assert raw[info.where.offset :][: info.nbytes] == torch.ones(3).numpy().tobytes()


@pytest.mark.parametrize("text", ['{"weight_map": {}}', '{"metadata": {}, "weight_map": {}}'])
def test_an_index_of_nothing_is_none(text: str, tmp_path: Path) -> None:
    """It names no shard."""
    (tmp_path / "model.safetensors.index.json").write_text(text)
    assert _told(tmp_path).code == "index_header"


def test_what_an_index_says_of_itself_is_not_needed(tmp_path: Path) -> None:
    """Its metadata may be anything."""
    _written(tmp_path, "a.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text('{"metadata": null, "weight_map": {"w": "a.safetensors"}}')
    assert list(read(LocalFiles(tmp_path)).tensors) == ["w"]
