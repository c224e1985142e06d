"""The other formats, each against a writer that is not ours."""

import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app import messages
from app.errors import KeygraftError
from app.readers import read
from app.sources import LocalFiles, MemoryFiles

KINDS = st.sampled_from(["<f4", "<f8", "<f2", "<i8", "<i4", "|u1", "|b1", "<c8", ">f4"])
OURS = {"f4": "F32", "f8": "F64", "f2": "F16", "i8": "I64", "i4": "I32", "u1": "U8", "b1": "BOOL", "c8": "C64"}
NAMES = st.text(st.characters(min_codepoint=48, max_codepoint=122), min_size=1, max_size=8).filter(
    lambda name: name not in {"file", "arrays", "self"} and not {":", chr(92)} & set(name)
)


def _bytes_of(data: bytes, info: Any) -> bytes:
    return data[info.where.offset : info.where.offset + info.nbytes]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(NAMES, st.tuples(KINDS, arrays.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=4)), max_size=5, min_size=1),
    st.booleans(),
)
def test_npz_is_read_like_numpy_reads_it(described: dict[str, tuple[str, tuple[int, ...]]], packed: bool) -> None:
    """Shapes, element types, and the bytes where they lie uncompressed."""
    import io

    held = {name: np.ones(shape, kind) for name, (kind, shape) in described.items()}
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **held)
    tree = read(MemoryFiles({"x": buffer.getvalue()}))
    assert list(tree.tensors) == list(held)
    for name, value in held.items():
        info = tree.tensors[name]
        assert (info.shape, info.dtype) == (value.shape, OURS[described[name][0][1:]])
        if packed or described[name][0][0] == ">":
            assert info.where is None
        else:
            assert _bytes_of(buffer.getvalue(), info) == value.tobytes()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.lists(st.integers(0, 4), max_size=3), max_size=6), st.dictionaries(NAMES, NAMES, max_size=3))
def test_safetensors_are_read_like_the_library_reads_them(shapes: dict[str, list[int]], metadata: dict[str, str]) -> None:
    """Every key with shape, dtype and place; metadata as it is."""
    from safetensors.numpy import load, save

    held = {name: np.full(shape, index, np.float32) for index, (name, shape) in enumerate(shapes.items())}
    data = save(held, metadata or None)
    tree = read(MemoryFiles({"x": data}))
    assert dict(tree.metadata) == metadata
    found = load(data)
    assert set(tree.tensors) == set(found)
    for name, value in found.items():
        assert (tree.tensors[name].shape, tree.tensors[name].dtype) == (value.shape, "F32")
        assert _bytes_of(data, tree.tensors[name]) == value.tobytes()


@settings(max_examples=40, deadline=None)
@given(protocol=st.integers(0, 5), shape=arrays.array_shapes(min_side=1, max_side=5), kind=KINDS)
def test_pickled_arrays_are_read_like_pickle_reads_them(protocol: int, shape: tuple[int, ...], kind: str) -> None:
    """All protocols; the bytes can be found wherever the protocol keeps them as bytes."""
    import pickle

    value = np.ones(shape, kind)
    data = pickle.dumps({"w": value, "deep": {"b": value[:1]}}, protocol=protocol)
    tree = read(MemoryFiles({"x": data}))
    assert [(key, info.shape) for key, info in tree.tensors.items()] == [("w", shape), ("deep.b", value[:1].shape)]
    info = tree.tensors["w"]
    assert info.dtype == OURS[kind[1:]]
    if protocol >= 3 and kind[0] != ">" and value.nbytes >= 16:
        assert _bytes_of(data, info) == value.tobytes()


def test_hdf5_is_read_like_h5py_reads_it(tmp_path: Path) -> None:
    """Paths, shapes, types; contiguous data where it lies; links named, hard links once."""
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file["net/dense/kernel"] = np.arange(6, dtype=np.float32).reshape(2, 3)
        file["net/dense/again"] = file["net/dense/kernel"]
        file.create_dataset("packed", data=np.ones((8, 8)), chunks=(4, 4), compression="gzip")
        file["away"] = h5py.ExternalLink("other.h5", "/x")
        file["round"] = file["net"]
    tree = read(LocalFiles(path))
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {
        "net/dense/again": ((2, 3), "F32"),
        "packed": ((8, 8), "F64"),
    }
    assert _bytes_of(path.read_bytes(), tree.tensors["net/dense/again"]) == np.arange(6, dtype=np.float32).tobytes()
    assert tree.other["net/dense/kernel"] == "same as net/dense/again"
    assert [warned.code for warned in tree.warnings] == ["hdf5_external"]
    assert list(read(LocalFiles(path), nesting=("net",)).tensors) == ["dense/again"]


def test_torchscript_gives_its_state_dict(tmp_path: Path) -> None:
    """Parameters and buffers of all modules in order; lists of tensors are no part of it."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.late = nn.Linear(2, 3)
            self.register_buffer("scale", torch.ones(2))
            self.first = nn.Parameter(torch.ones(4))
            self.kept = [torch.ones(1)]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.late(x * self.scale).sum() + self.first.sum() + self.kept[0]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.trace(Net(), torch.ones(1, 2))
        torch.jit.save(script, tmp_path / "net.pt")
    tree = read(LocalFiles(tmp_path / "net.pt"))
    assert tree.format == "torchscript"
    assert list(tree.tensors) == list(script.state_dict())
    assert tree.modules["late"].cls == "torch.nn.modules.linear.Linear"
    assert not tree.warnings


def test_an_exported_program_gives_its_state_dict(tmp_path: Path) -> None:
    """`.pt2`: parameters and buffers apart, bytes where they lie, ties kept."""
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.BatchNorm1d(3), nn.Linear(3, 3, bias=False)).eval()
    model[2].weight = model[0].weight
    torch.export.save(torch.export.export(model, (torch.ones(2, 3),)), tmp_path / "net.pt2")
    tree = read(LocalFiles(tmp_path / "net.pt2"))
    state = model.state_dict()
    assert set(tree.tensors) == set(state)
    assert {key for key, info in tree.tensors.items() if info.kind == "buffer"} == {key for key, _ in model.named_buffers()}
    raw = (tmp_path / "net.pt2").read_bytes()
    for key, value in state.items():
        assert _bytes_of(raw, tree.tensors[key]) == value.numpy().tobytes()
    assert (tree.tensors["0.weight"].alias or "", tree.tensors["2.weight"].alias or "") in {("", "0.weight"), ("2.weight", "")}


def test_a_distributed_checkpoint_is_read_by_its_metadata(tmp_path: Path) -> None:
    """Keys, shapes, dtypes; the bytes of whole tensors inside the `.distcp` files."""
    import torch
    import torch.distributed.checkpoint as dcp

    state = {"model": {"w": torch.randn(3, 4), "half": torch.ones(5, dtype=torch.bfloat16)}, "step": 7}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        dcp.save(state, checkpoint_id=str(tmp_path / "ck"), no_dist=True)
    tree = read(LocalFiles(tmp_path / "ck"))
    assert tree.format == "dcp"
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {
        "model.w": ((3, 4), "F32"),
        "model.half": ((5,), "BF16"),
    }
    info = tree.tensors["model.w"]
    raw = (tmp_path / "ck" / tree.files[info.where.file].name).read_bytes()
    assert _bytes_of(raw, info) == state["model"]["w"].numpy().tobytes()
    assert [(offer.nesting, offer.tensors) for offer in tree.offers] == [((), 2), (("model",), 2)]
    inner = read(LocalFiles(tmp_path / "ck"), nesting=("model",))
    assert (inner.nesting, list(inner.tensors), inner.tensors["w"].path) == (("model",), ["w", "half"], ("model", "w"))
    assert inner.tensors["w"].where == info.where
    with pytest.raises(KeygraftError, match="no_such_nesting"):
        read(LocalFiles(tmp_path / "ck"), nesting=("optim",))
    for path in (tmp_path / "ck").glob("*.distcp"):
        path.unlink()
    gone = read(LocalFiles(tmp_path / "ck/.metadata"))
    assert [warned.code for warned in gone.warnings] == ["shard_absent"]


@pytest.mark.parametrize("legacy", [True, False])
def test_odd_tensors_are_kept_and_named(saved: Callable[..., Path], legacy: bool) -> None:
    """Sparse, quantized, expanded, uninitialised, views: all keys, whatever can be said of them."""
    import torch
    from torch import nn

    base = torch.arange(40.0)
    state = {
        "expanded": torch.ones(3).expand(1000, 3),
        "strided": base.view(5, 8)[::2, 1::3],
        "scalar": torch.tensor(3),
        "empty": torch.zeros(0, 5),
        "lazy": nn.parameter.UninitializedParameter(),
        "parameter": nn.Parameter(torch.zeros(2)),
        "sparse": torch.eye(3).to_sparse(),
    }
    if legacy:
        del state["expanded"]
    tree = read(LocalFiles(saved(state, _use_new_zipfile_serialization=not legacy)))
    assert list(tree.tensors) == list(state)
    assert tree.tensors["strided"].stride == (16, 3)
    assert tree.tensors["strided"].where.offset - tree.tensors["strided"].where.offset % 4 > 0
    assert tree.tensors["lazy"].shape is None
    assert tree.tensors["sparse"].layout == "sparse_coo"
    assert tree.tensors["parameter"].kind == "parameter"
    assert not [warned for warned in tree.warnings if warned.code != "unknown_class"]


def test_storages_inside_plain_pickles_are_found(tmp_path: Path) -> None:
    """`pickle.dump` of tensors nests a whole legacy file for each storage."""
    import pickle

    import torch

    state = {"w": torch.randn(4, 8), "b": torch.ones(8, dtype=torch.float16)}
    path = tmp_path / "state.pkl"
    path.write_bytes(pickle.dumps(state))
    tree = read(LocalFiles(path))
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {"w": ((4, 8), "F32"), "b": ((8,), "F16")}
    raw = path.read_bytes()
    assert _bytes_of(raw, tree.tensors["w"]) == state["w"].numpy().tobytes()
    assert _bytes_of(raw, tree.tensors["b"]) == state["b"].numpy().tobytes()


def test_dtensors_and_their_like_show_the_global_shape(tmp_path: Path) -> None:
    """A wrapper that holds the whole tensor gives its bytes too."""
    import torch
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Shard, distribute_tensor

    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        mesh = init_device_mesh("cpu", (1,))
        whole = torch.randn(6, 4)
        torch.save({"w": distribute_tensor(whole, mesh, [Shard(0)])}, tmp_path / "d.pt")
    finally:
        dist.destroy_process_group()
    info = read(LocalFiles(tmp_path / "d.pt")).tensors["w"]
    assert (info.shape, info.dtype) == ((6, 4), "F32")
    assert _bytes_of((tmp_path / "d.pt").read_bytes(), info) == whole.numpy().tobytes()


REMAINS: dict[str, tuple[str, Callable[[], Any]]] = {
    "zero_pp_rank_0_mp_rank_00_optim_states.pt": (
        "deepspeed",
        lambda: {"optimizer_state_dict": {"zero_stage": 2, "single_partition_of_fp32_groups": []}, "ds_version": "0.14"},
    ),
    "pytorch_model_rank0.pt": ("fsdp", lambda: {"layers.0._flat_param": None, "_flat_param": None}),
}


@pytest.mark.parametrize("name", REMAINS)
def test_remains_of_sharded_runs_name_the_command(saved: Callable[..., Path], name: str) -> None:
    """No tree of fragments, but what to do."""
    kind, make = REMAINS[name]
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(saved(make(), name)))
    assert (caught.value.code, caught.value.params["kind"]) == ("needs_consolidation", kind)
    assert str(caught.value.params["command"]) in messages.error_hint(caught.value)


def test_a_folder_of_deepspeed_is_recognised(tmp_path: Path) -> None:
    """Stage 3, where no file holds whole weights, names the command; stage 2 is read from its model states."""
    import torch

    step = tmp_path / "global_step10"
    step.mkdir()
    (tmp_path / "latest").write_text("global_step10")
    for rank in (0, 1):
        torch.save({"optimizer_state_dict": {}}, step / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(tmp_path))
    assert caught.value.code == "needs_consolidation"
    assert "zero_to_fp32.py" in str(caught.value.params["command"])
    torch.save({"module": {"w": torch.ones(2)}, "ds_version": "0.14"}, step / "mp_rank_00_model_states.pt")
    tree = read(LocalFiles(tmp_path))
    assert (tree.nesting, list(tree.tensors)) == (("module",), ["w"])


RECOGNISED = {
    "msgpack": b"\x81\xa6params\x81\xa5Dense\x81\xa6kernel\xc0",
    "tar": b"\0" * 257 + b"ustar" + b"\0" * 300,
    "tflite": b"\x1c\0\0\0TFL3" + b"\0" * 40,
    "ggml": b"ggml" + bytes(40),
    "mindspore": b"\x0a\x20\x0a\x06weight\x12\x16\x08\x02\x12\x07Float32" + bytes(20),
}


@pytest.mark.parametrize("form", RECOGNISED)
def test_formats_that_come_later_are_recognised_by_name(form: str) -> None:
    """With words of their own in the catalogue."""
    from app import messages

    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"file": RECOGNISED[form]}))
    assert (caught.value.code, caught.value.params["format"]) == ("unsupported_format", form)
    assert messages.error_text(caught.value) != messages.text("error-unsupported-format", file="file", format="x")


def test_a_frozen_script_shows_its_constants(tmp_path: Path) -> None:
    """torch.jit.freeze makes constants of the weights: they are listed under the code's names, with their bytes."""
    import torch

    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU()).eval()
    path = tmp_path / "frozen.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.freeze(torch.jit.script(module)).save(str(path))
    tree = read(LocalFiles(path))
    assert {info.shape for info in tree.tensors.values()} >= {(2, 1, 3, 3)}
    key, info = next((key, info) for key, info in tree.tensors.items() if info.shape == (2, 1, 3, 3))
    assert key.startswith("CONSTANTS.c")
    assert info.where is not None
    weight = module[0].weight.detach().numpy().tobytes()
    assert path.read_bytes()[info.where.offset : info.where.offset + len(weight)] == weight


def test_joblib_is_named(tmp_path: Path) -> None:
    """Arrays between the opcodes, or a bare zlib stream: neither is called broken."""
    wrapped = b"\x80\x04\x8c\x13joblib.numpy_pickle\x8c\x11NumpyArrayWrapper\x93)\x81\xff\xff\xff"
    for name, data in (("plain", wrapped), ("packed", zlib.compress(wrapped + bytes(9000)))):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(KeygraftError) as caught:
            read(LocalFiles(path))
        assert (caught.value.code, caught.value.params["format"]) == ("unsupported_format", "joblib")


def test_a_legacy_file_of_protocol_0_is_read(saved: Callable[..., Path]) -> None:
    """Its ids are the printed tuples; torch itself no longer reads them."""
    import torch

    path = saved({"a": torch.ones(2, 3)}, pickle_protocol=0, _use_new_zipfile_serialization=False)
    info = read(LocalFiles(path)).tensors["a"]
    assert (info.shape, info.dtype) == ((2, 3), "F32")
    assert info.where is not None
    assert path.read_bytes()[info.where.offset : info.where.offset + 24] == torch.ones(2, 3).numpy().tobytes()
