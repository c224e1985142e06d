"""Reading files that stay in the browser: the same tree, in few rounds, of few bytes."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.keys import KeyTree
from app.readers import read, read_limited
from app.sources import LentFiles, LocalFiles
from tests.readers import assembler as a


def _same(lent: KeyTree, local: KeyTree) -> bool:
    return msgspec.structs.replace(lent, bytes_read=0) == msgspec.structs.replace(local, bytes_read=0)


@pytest.mark.parametrize("reader", [read, read_limited])
def test_a_torch_zip_is_read_in_three_rounds(
    saved: Callable[..., Path], reader: Callable[[LentFiles], KeyTree], lender_of: Callable[..., Any]
) -> None:
    """Ends, directory, pickle; in this process and in the limited one."""
    import torch

    path = saved({f"layer.{index}.weight": torch.zeros(128, 128) for index in range(900)})
    lender = lender_of(path)
    assert _same(lender.read(reader), read(LocalFiles(path)))
    assert lender.rounds <= 3
    assert lender.sent < 600_000 < path.stat().st_size


def test_a_large_checkpoint_takes_no_more_rounds(saved: Callable[..., Path], lender_of: Callable[..., Any]) -> None:
    """More than 4 GB, with a directory and a pickle that fit into no first look: both ends, the directory, then all that is read besides."""
    import torch

    state = {f"model.diffusion_model.blocks.{index}.attention.weight": torch.empty(1280, 1280) for index in range(1200)}
    with torch.serialization.skip_data():
        path = saved({"state_dict": state})
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert path.stat().st_size > 1 << 32
    assert lender.rounds <= 3
    assert lender.sent < 500_000


def test_torchscript_is_read_in_three_rounds(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """Code, constants and pickle are asked for together."""
    import torch

    layers = [type("Layer", (torch.nn.Linear,), {"__module__": f"parts.part{index}"})(40, 40) for index in range(200)]
    path = tmp_path / "scripted.pt"
    with pytest.warns(DeprecationWarning, match="torch.jit.trace"):
        torch.jit.trace(torch.nn.Sequential(*layers), torch.zeros(1, 40)).save(str(path))
    with zipfile.ZipFile(path) as archive:
        assert sum(name.endswith(".py") for name in archive.namelist()) > 200
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.rounds <= 3


def test_shards_of_torch_are_read_in_four_rounds(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """The index is longer than a first look, and so are the shards' directories and pickles."""
    import torch

    weight_map = {}
    for shard in range(3):
        state = {f"model.layers.{shard}.mlp.experts.{index}.down_proj.weight": torch.empty(16, 1 + index) for index in range(1000)}
        name = f"pytorch_model-{shard + 1:05}-of-00003.bin"
        torch.save(state, tmp_path / name)
        weight_map |= dict.fromkeys(state, name)
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    lender = lender_of(*sorted(tmp_path.iterdir()))
    assert _same(lender.read(read), read(LocalFiles(tmp_path)))
    assert lender.rounds <= 4


def test_storages_that_torch_did_not_lay_out_are_placed_in_one_round(
    saved: Callable[..., Path], tmp_path: Path, lender_of: Callable[..., Any]
) -> None:
    """An archive that was packed again tells only in its local headers where data start: all of them are asked for at once."""
    import torch

    path = saved({f"layer.{index}.weight": torch.zeros(128, 128) for index in range(30)})
    packed = tmp_path / "packed.pt"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    lender = lender_of(packed)
    assert _same(lender.read(read), read(LocalFiles(packed)))
    assert lender.rounds <= 4


def test_a_folder_of_shards_is_read_in_four_rounds_however_many(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """All shards are asked at once; long headers cost one round more."""
    import torch
    from safetensors.torch import save_file

    weight_map = {}
    for shard in range(12):
        tensors = {f"layers.{shard}.experts.{index}.weight": torch.zeros(4) for index in range(900)}
        name = f"model-{shard + 1:05}-of-00012.safetensors"
        save_file(tensors, tmp_path / name)
        weight_map |= dict.fromkeys(tensors, name)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    lender = lender_of(index, *sorted(tmp_path.glob("*.safetensors")))
    tree = lender.read(read)
    assert lender.rounds <= 4
    assert len(tree.tensors) == 12 * 900
    assert _same(tree, read(LocalFiles(index)))


def test_a_legacy_file_is_read_in_few_rounds(saved: Callable[..., Path], lender_of: Callable[..., Any]) -> None:
    """The counts before all storages are asked for in one round."""
    import torch

    path = saved({f"w{index}": torch.zeros(5000) for index in range(60)}, _use_new_zipfile_serialization=False)
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.rounds <= 4


GENERATED = Path(__file__).resolve().parents[2].parent / "shared/checkpoints/generated"


@pytest.mark.parametrize(
    "path", sorted(path for path in GENERATED.rglob("*") if path.is_file() and path.suffix not in {".md", ".json", ".distcp", ""})
)
def test_every_format_can_be_lent(path: Path, lender_of: Callable[..., Any]) -> None:
    """The same tree as from disk, within four rounds."""
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.rounds <= 4


def test_a_distributed_checkpoint_can_be_lent(lender_of: Callable[..., Any]) -> None:
    """Metadata first, then the ends of all small files inside at once."""
    lender = lender_of(*sorted((GENERATED / "dcp_single").iterdir()))
    assert _same(lender.read(read), read(LocalFiles(GENERATED / "dcp_single")))
    assert lender.rounds <= 4


def test_a_distributed_checkpoint_of_many_tensors_is_read_in_three_rounds(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """Metadata that is longer than a first look; then both ends of all small files inside, and of the files themselves."""
    import torch
    import torch.distributed.checkpoint as dcp

    state = {f"model.layers.{index}.self_attn.q_proj.weight": torch.zeros(64, 64) for index in range(400)}
    with pytest.warns(UserWarning, match="torch.distributed"):
        dcp.save(state, checkpoint_id=str(tmp_path / "dcp"), no_dist=True)
    lender = lender_of(*sorted((tmp_path / "dcp").iterdir()))
    assert _same(lender.read(read), read(LocalFiles(tmp_path / "dcp")))
    assert lender.rounds <= 3


def test_a_pickle_of_many_arrays_takes_few_rounds(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """Arrays of 260 KB: a round for each of them would be too many; they are sent and forgotten. Of arrays of 3 MB only what stands between them is sent."""
    import pickle

    import numpy as np

    small, large = tmp_path / "small.pkl", tmp_path / "large.pkl"
    small.write_bytes(pickle.dumps({f"w{index}": np.zeros(65_000, np.float32) for index in range(150)}))
    large.write_bytes(pickle.dumps({f"w{index}": np.zeros(750_000, np.float32) for index in range(12)}))
    lender = lender_of(small)
    assert _same(lender.read(read_limited), read(LocalFiles(small)))
    assert lender.rounds <= 9
    assert lender.files.store.nbytes < small.stat().st_size / 20
    lender = lender_of(large)
    assert _same(lender.read(read), read(LocalFiles(large)))
    assert lender.rounds <= 16
    assert lender.sent < large.stat().st_size / 3


def test_weights_inside_onnx_take_few_rounds(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """Each message is looked into as it is met, so that what was passed once is not asked for again."""
    shape, data = a.field(1, 200) * 2 + a.field(2, 1), bytes(160_000)
    weights = [a.field(5, shape + a.field(8, f"w{index}".encode()) + a.field(9, data)) for index in range(150)]
    path = tmp_path / "model.onnx"
    path.write_bytes(a.field(1, 8) + a.field(7, b"".join(weights)))
    lender = lender_of(path)
    assert _same(lender.read(read_limited), read(LocalFiles(path)))
    assert lender.rounds <= 9
    assert lender.files.store.nbytes < path.stat().st_size / 10
    assert read(LocalFiles(path)).bytes_read < path.stat().st_size / 10


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_many_groups_of_hdf5_take_few_rounds(version: str, tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """Nodes of a list that lead to each other, headers of all objects of a list: what is known to be read is asked for at once."""
    import h5py
    import numpy as np

    path = tmp_path / "w.h5"
    with h5py.File(path, "w", libver=version) as file:
        for index in range(300):
            group = file.create_group(f"layers/dense_{index}/vars")
            group["0"], group["1"] = np.zeros((100, 150), np.float32), np.zeros(100, np.float32)
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.rounds <= 20
    assert lender.sent < path.stat().st_size / 2


def test_large_hdf5_is_lent_in_parts(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """What the library walks is asked for in blocks, not whole; small files are asked for whole."""
    import h5py
    import numpy as np

    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        for index in range(40):
            file[f"layer_{index}/kernel"] = np.zeros((100, 1200), np.float32)
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.sent < path.stat().st_size / 2
    shared = GENERATED / "plain.h5"
    small = lender_of(shared)
    small.read(read)
    assert small.rounds <= 2


def test_a_long_legacy_pickle_takes_few_rounds(saved: Callable[..., Path], lender_of: Callable[..., Any]) -> None:
    """More is asked for the longer the walk."""
    import torch

    path = saved({f"layers.{index}.attention.weight": torch.zeros(1) for index in range(12_000)}, _use_new_zipfile_serialization=False)
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.rounds <= 4


def test_compressed_arrays_are_lent_by_their_headers(tmp_path: Path, lender_of: Callable[..., Any]) -> None:
    """Headers of all arrays in one round."""
    import numpy as np

    path = tmp_path / "w.npz"
    chance = np.random.default_rng(1)
    np.savez_compressed(path, **{f"w{index}": chance.random(50_000) for index in range(30)})
    lender = lender_of(path)
    assert _same(lender.read(read), read(LocalFiles(path)))
    assert lender.rounds <= 4
    assert lender.sent < path.stat().st_size / 2
