"""What other honest writers do. The files in `written/` come from the writers that their tests name; nothing of them was changed."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import KeygraftError
from app.readers import read
from app.sources import LocalFiles, MemoryFiles
from tests.readers import assembler as a

WRITTEN = Path(__file__).parent / "written"


def _seen(path: Path, nesting: tuple[str, ...] | None = None) -> dict[str, tuple[Any, str]]:
    return {key: (info.shape, info.dtype) for key, info in read(LocalFiles(path), nesting=nesting).tensors.items()}


def _error(path: Path) -> KeygraftError:
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(path))
    return caught.value


# ---- Pickles of other packages


def test_arrays_that_jax_pickled_are_read() -> None:
    """Written by jax 0.10: the arguments of numpy's own maker stand inside those of another."""
    assert _seen(WRITTEN / "jax.pkl") == {"kernel": ((3, 4), "F32"), "bias": ((4,), "BF16")}


def test_arrays_that_dill_pickled_are_read() -> None:
    """Written by dill 0.4."""
    assert _seen(WRITTEN / "dill.pkl") == {"w": ((3, 4), "F32"), "n.b": ((4,), "F64")}


def test_tensors_of_paddle_have_their_own_keys_at_any_depth() -> None:
    """Written by paddlepaddle 3.3: below the top a tensor is a pair of its name and its array."""
    tree = read(LocalFiles(WRITTEN / "paddle_nested.pdparams"))
    assert {key: info.shape for key, info in tree.tensors.items()} == {"weight": (3, 2), "bias": (2,)}
    assert [offer.nesting for offer in tree.offers] == [("model",), ()]
    assert _seen(WRITTEN / "paddle_tensor.pdtensor") == {"": ((3,), "F32")}


def test_a_tuple_that_is_made_of_a_list_stays_one() -> None:
    """Only a name with an array is a tensor."""
    body = a.dict_(w=a.tensor(), t=a.call("builtins", "tuple", b"](" + a.text("x") + a.tensor() + b"e"))
    assert list(read(MemoryFiles({"x": a.zipped(a.pickle(body))})).tensors) == ["w", "t.1"]


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_scalars_of_numpy_are_keys_like_any_other(protocol: int) -> None:
    """A number or a text of numpy hashes as the plain one: it is the same key."""
    weight = np.zeros(2, np.float32)
    keys = [np.int64(-3), np.str_("a name"), np.float32(0.5), np.bytes_(b"ab"), np.uint8(7), np.str_("long " * 40)]
    value = {key: weight + number for number, key in enumerate(keys)} | {"best": np.float64(0.25), "half": np.float16(2)}
    tree = read(MemoryFiles({"x": pickle.dumps(value, protocol=protocol)}))
    assert list(tree.tensors) == ["~int:-3", "a name", "~float:0.5", "~bytes:6162", "~int:7", "long " * 40]
    assert tree.other == {"best": "0.25", "half": "2.0"}


# ---- Modules


def test_a_module_that_torch_fx_traced_has_its_own_keys(saved: Callable[..., Path]) -> None:
    """Its attributes are an argument of its maker."""
    import torch

    tree = read(LocalFiles(saved(torch.fx.symbolic_trace(torch.nn.Sequential(torch.nn.Linear(3, 2))))))
    assert tree.nesting == ()
    assert list(tree.tensors) == ["0.weight", "0.bias"]


def test_a_compiled_module_has_the_keys_of_its_state_dict(saved: Callable[..., Path]) -> None:
    """The prefix of torch.compile included, in a dictionary too."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.compile(torch.nn.Linear(3, 2))
        path = saved({"model": module})
    tree = read(LocalFiles(path))
    assert tree.nesting == ("model",)
    assert list(tree.tensors) == list(module.state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"]


# ---- Tensors


@pytest.mark.parametrize("name", ["float4_e2m1fn_x2", "bits8", "bits16"])
def test_tied_tensors_of_any_type_are_one(name: str, saved: Callable[..., Path]) -> None:
    """Also of a type whose size nobody here knows; such a view has no place in the file."""
    import torch

    weight = torch.zeros(48, dtype=torch.uint8).view(getattr(torch, name))
    tree = read(LocalFiles(saved({"a": weight, "tied": weight, "tail": weight[2:]})))
    assert (tree.tensors["tied"].alias, tree.tensors["tail"].alias) == ("a", None)
    assert tree.tensors["tail"].where is None


def test_what_has_no_elements_is_contiguous(saved: Callable[..., Path]) -> None:
    """As torch says, whatever its strides."""
    import torch

    tree = read(LocalFiles(saved({"turned": torch.empty(3, 0, 2).transpose(0, 2), "cut": torch.arange(6.0).view(2, 3)[:, 1:1]})))
    assert [info.stride for info in tree.tensors.values()] == [None, None]


@pytest.mark.parametrize("new", [True, False])
def test_numbers_of_four_bits_keep_their_storage(new: bool, saved: Callable[..., Path]) -> None:
    """Torch counts the bytes of such a storage; what stands behind it in a legacy file is found."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weight = torch.quantize_per_channel(torch.randn(4, 4), torch.ones(4), torch.zeros(4), 0, torch.quint4x2)
        path = saved({"q": weight, "behind": torch.ones(2)}, _use_new_zipfile_serialization=new)
    tree = read(LocalFiles(path))
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {"q": ((4, 4), "QUINT4X2"), "behind": ((2,), "F32")}
    assert not tree.warnings
    where = tree.tensors["behind"].where
    assert np.frombuffer(path.read_bytes(), np.float32, 2, where.offset).tolist() == [1.0, 1.0]


# ---- Checkpoints in parts


def test_shards_that_hold_parts_of_tensors_are_put_together(tmp_path: Path) -> None:
    """Written by torch 2.13 in Hugging Face's format, by two ranks: whole tensors in the tree, none in two shards."""
    tree = read(LocalFiles(WRITTEN / "dcp_safetensors"))
    assert {key: info.shape for key, info in tree.tensors.items()} == {
        "buf": (3,),
        "emb.weight": (10, 8),
        "l1.bias": (8,),
        "l1.weight": (8, 8),
        "l2.weight": (10, 8),
    }
    assert tree.tensors["emb.weight"].note == "in 2 parts"
    assert tree.tensors["buf"].where is not None
    error = _error(WRITTEN / "dcp_safetensors/shard-00002-model-00001-of-00001.safetensors")
    assert (error.code, error.params["held"], error.params["needed"]) == ("parts_missing", 40, 80)
    shard = (WRITTEN / "dcp_safetensors/shard-00002-model-00001-of-00001.safetensors").read_bytes()
    for number in (1, 2):
        (tmp_path / f"shard-0000{number}-model-00001-of-00001.safetensors").write_bytes(shard)
    assert _error(tmp_path).code == "shards_collide"


@pytest.mark.parametrize("said", ['{"w": {"saved_offsets": [-1]}}', '{"w": {"saved_offsets": [0, 0]}}'])
def test_parts_that_make_no_sense_are_refused(said: str) -> None:
    """A place before the begin, or one of another rank."""
    entry = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    data = a.safetensors({"__metadata__": {"DCP_SHARDING_INFO": said}, "w": entry}, b"\0")
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": data}))
    assert caught.value.code == "shards_collide"


def test_a_rank_of_zero_three_is_no_checkpoint() -> None:
    """Written by DeepSpeed 0.19 (stage 3, two ranks): an empty tensor stands where each parameter was."""
    error = _error(WRITTEN / "zero3_model_states.pt")
    assert (error.code, error.params["kind"]) == ("needs_consolidation", "deepspeed")
    assert "zero_to_fp32.py" in str(error.params["command"])


def test_a_distributed_checkpoint_of_one_object_offers_what_is_in_it(tmp_path: Path) -> None:
    """An application that saves itself: model and optimizer lie one deeper."""
    import torch
    import torch.distributed.checkpoint as dcp

    class App:
        def state_dict(self) -> dict[str, Any]:
            return {"model": {"w": torch.ones(2)}, "optim": {"state": {"w": {"exp_avg": torch.ones(2)}}}}

        def load_state_dict(self, _: dict[str, Any]) -> None:
            """Part of the protocol; nobody loads it here."""

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save({"app": App()}, checkpoint_id=str(tmp_path), no_dist=True)
    tree = read(LocalFiles(tmp_path))
    assert [(offer.nesting, offer.tensors) for offer in tree.offers] == [
        ((), 2),
        (("app",), 2),
        (("app", "model"), 1),
        (("app", "optim"), 1),
    ]
    assert _seen(tmp_path, ("app", "model")) == {"w": ((2,), "F32")}


# ---- Formats that are recognised


@pytest.mark.parametrize(("name", "form"), [("saved_model.pb", "tensorflow"), ("frozen.pb", "graph")])
def test_files_of_tensorflow_are_called_by_their_name(name: str, form: str) -> None:
    """Written by tensorflow 2.21; one of them begins like an ONNX model."""
    error = _error(WRITTEN / name)
    assert (error.code, error.params["format"]) == ("unsupported_format", form)


def test_the_data_of_a_tensorflow_checkpoint_is_recognised(tmp_path: Path) -> None:
    """It begins with no word of its own, so that its name must do."""
    (tmp_path / "ck-1.data-00000-of-00001").write_bytes(bytes(64))
    assert _error(tmp_path / "ck-1.data-00000-of-00001").params["format"] == "tensorflow"


def test_an_orbax_folder_is_recognised(tmp_path: Path) -> None:
    """What JAX's own tool leaves: no file of it is a checkpoint by itself."""
    (tmp_path / "_CHECKPOINT_METADATA").write_text('{"item_handlers": "x"}')
    (tmp_path / "d").mkdir()
    (tmp_path / "d/0123").write_bytes(b"\x0c\xd5\xad\x1b" + bytes(60))
    assert _error(tmp_path).params["format"] == "orbax"


def test_a_bare_lzma_stream_is_an_archive_and_a_short_safetensors_header_is_none() -> None:
    """Both begin with the same three bytes."""
    import lzma

    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": lzma.compress(b"weights", format=lzma.FORMAT_ALONE)}))
    assert caught.value.params["detail"] == "compressed"
    text = b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.ljust(0x5D)
    assert list(read(MemoryFiles({"x": struct.pack("<Q", 0x5D) + text + b"\0"})).tensors) == ["a"]


# ---- NumPy


def _npy(header: str, data: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


@pytest.mark.parametrize("shape", ["(5)", "(1 2)", "(,)", "(1,,2)", "(,1)", "( )(", "(1L2,)"])
def test_a_shape_that_is_no_tuple_is_refused(shape: str) -> None:
    """As numpy refuses it: twelve is not one and two."""
    data = _npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", bytes(64))
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": data}))
    assert caught.value.code == "npy_header"


@pytest.mark.parametrize(("shape", "made"), [("()", ()), ("(3,)", (3,)), ("(2L, 3L)", (2, 3)), ("(2, 3, )", (2, 3)), ("( 2 ,3 )", (2, 3))])
def test_a_shape_that_is_a_tuple_is_read(shape: str, made: tuple[int, ...]) -> None:
    """As any Python wrote it."""
    data = _npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", bytes(64))
    assert read(MemoryFiles({"x": data})).tensors[""].shape == made


def test_bfloat16_in_npy_is_named() -> None:
    """Numpy writes ml_dtypes' bfloat16 as two bytes of no type, but with an order of bytes, which nothing else has."""
    for descr, dtype in (("<V2", "BF16"), ("|V2", "RECORD")):
        data = _npy(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': (2, 2), }}", bytes(8))
        assert read(MemoryFiles({"x": data})).tensors[""].dtype == dtype


def test_arrays_beside_something_else_are_read() -> None:
    """As numpy.load does; what is no array is told."""
    buffer = io.BytesIO()
    np.savez(buffer, w=np.zeros((2, 3), np.float32))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("config.json", b"{}")
    tree = read(MemoryFiles({"x": buffer.getvalue()}))
    assert (list(tree.tensors), tree.other) == (["w"], {"config.json": "no array"})


# ---- ONNX, GGUF, safetensors, indices


def test_constants_of_onnx_that_are_numbers_are_read() -> None:
    """A Constant node may write them without a tensor around: packed or one by one."""

    def constant(name: str, output: str, value: bytes) -> bytes:
        return a.field(1, a.field(2, output.encode()) + a.field(4, b"Constant") + a.field(5, a.field(1, name.encode()) + value))

    graph = constant("value_float", "f", a.varint(2 << 3 | 5) + bytes(4)) + constant("value_int", "i", a.field(3, 300))
    graph += constant("value_ints", "one by one", a.field(8, 1) + a.field(8, 300)) + constant(
        "value_ints", "packed", a.field(8, b"\1\xac\2\3")
    )
    graph += constant("value_floats", "fs", a.field(7, bytes(12))) + constant("value_strings", "t", a.field(9, b"a") + a.field(9, b"b"))
    graph += constant("value_floats", "none", b"") + constant("other", "strange", a.field(3, 1))
    tree = read(MemoryFiles({"x": a.field(1, 8) + a.field(7, graph)}))
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {
        "f": ((), "F32"),
        "i": ((), "I64"),
        "one by one": ((2,), "I64"),
        "packed": ((3,), "I64"),
        "fs": ((3,), "F32"),
        "t": ((2,), "STRING"),
        "none": ((0,), "F32"),
    }


@pytest.mark.parametrize("value", ["²", "٣", "32"])
def test_an_alignment_of_gguf_is_a_number(value: str) -> None:
    """Text that looks like one is not, whatever its digits."""

    def said(text: bytes) -> bytes:
        return struct.pack("<Q", len(text)) + text

    pair = said(b"general.alignment") + struct.pack("<I", 8) + said(value.encode())
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + pair + bytes(64)}))
    assert (caught.value.code, caught.value.params["detail"]) == ("gguf_header", "alignment")


def test_metadata_that_is_null_is_none() -> None:
    """As the reference reader has it, wherever the next brace stands; types of torch alone are no types of the format."""
    entry = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    tree = read(MemoryFiles({"x": a.safetensors({"__metadata__": None, "a": entry}, b"\0")}))
    assert (list(tree.tensors), tree.metadata) == (["a"], {})
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": a.safetensors({"a": entry | {"dtype": "QUINT4X2", "shape": [2]}}, b"\0")}))
    assert caught.value.code == "dtype"


@pytest.mark.parametrize("space", ["", " "])
def test_an_index_that_says_a_key_twice_is_refused(space: str, tmp_path: Path) -> None:
    """One reader would take the first shard, another the last; keys that look like the end of one are none."""
    entry = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    (tmp_path / "s.safetensors").write_bytes(a.safetensors({'a":': entry}, b"\0"))
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {'a":': "s.safetensors"}}))
    assert list(read(LocalFiles(tmp_path)).tensors) == ['a":']
    index.write_text(f'{{"weight_map":{{"a"{space}:"s.safetensors","a"{space}:"t.safetensors"}}}}')
    assert _error(tmp_path).code == "index_header"
