"""What honest writers do that few files show: old protocols, odd headers, keys that are objects, several programs in one archive."""

import io
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from app.errors import KeygraftError
from app.keys.documents import tree_to_json
from app.readers import Limits, read
from app.sources import LocalFiles, MemoryFiles


def _npy(header: str, data: bytes = bytes(24)) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


@pytest.mark.parametrize("size", [3, 40_000])
@pytest.mark.parametrize("protocol", range(6))
def test_tensors_that_plain_pickle_wrote_are_read_in_every_protocol(protocol: int, size: int) -> None:
    """Protocols 0 to 2 have no bytes: a storage stands there as text, the long one beyond what is kept of a text."""
    import torch

    weight = torch.arange(float(size))
    data = pickle.dumps({"w": weight, "tied": weight, "deep": {"b": torch.ones(size, dtype=torch.uint8)}}, protocol=protocol)
    tree = read(MemoryFiles({"x": data}))
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {
        "w": ((size,), "F32"),
        "tied": ((size,), "F32"),
        "deep.b": ((size,), "U8"),
    }
    assert tree.tensors["tied"].alias == "w"
    assert not tree.warnings


def test_long_arrays_of_protocol_0_are_read() -> None:
    """Their data is one line of megabytes."""
    data = pickle.dumps({"w": np.random.default_rng(1).standard_normal(300_000), "b": np.zeros(2, np.float32)}, protocol=0)
    assert len(data) > 2 << 20
    tree = read(MemoryFiles({"x": data}))
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {"w": ((300_000,), "F64"), "b": ((2,), "F32")}


def test_arrays_in_another_order_of_dimensions_have_the_shape_that_numpy_gives_them() -> None:
    """Protocol 5 writes them by memory, with the order of their dimensions behind."""
    value = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(1, 0, 2)
    data = pickle.dumps({"w": value}, protocol=5)
    info = read(MemoryFiles({"x": data})).tensors["w"]
    assert (info.shape, info.stride) == ((3, 2, 4), (4, 12, 1))
    if info.where is not None:
        found = np.frombuffer(data, np.float32, value.size, info.where.offset)
        strides = [4 * step for step in info.stride or ()]
        assert (np.lib.stride_tricks.as_strided(found, info.shape, strides) == value).all()


def test_arrays_of_bfloat16_are_named() -> None:
    """As JAX pickles them: the element type is a class of ml_dtypes, which need not be here."""
    head = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I3\nt"
    data = head + b"cnumpy\ndtype\n(cml_dtypes\nbfloat16\nI00\nI01\ntR(I3\nS'<'\nNNNI2\nI2\nI64\ntbI00\nC\x06" + bytes(6) + b"tb."
    tree = read(MemoryFiles({"x": b"\x80\x04" + data}))
    info = tree.tensors[""]
    assert (info.shape, info.dtype, info.nbytes) == ((3,), "BF16", 6)
    assert {each.verdict for each in tree.globals} == {"known"}


@pytest.mark.parametrize(
    "header",
    [
        "{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}\n",
        '{"fortran_order": False, "shape": (2, 3), "descr": "<f4", }\n',
    ],
)
def test_a_header_of_npy_may_stand_in_any_order(header: str) -> None:
    """The format's description forbids a reader to rely on it."""
    info = read(MemoryFiles({"x": _npy(header)})).tensors[""]
    assert (info.shape, info.dtype) == ((2, 3), "F32")


@pytest.mark.parametrize(
    "header",
    [
        "{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False, 'descr': '<f8'}\n",
        "{'shape': (2, 3), 'descr': '<f4'}\n",
        "{'shape': '(2, 3)', 'descr': '<f4', 'fortran_order': False}\n",
        "{'shape': (2, 3), 'descr': True, 'fortran_order': False}\n",
        "{'shape': (2, 3), 'descr': 'run me', 'fortran_order': False}\n",
        "{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False, 'more': (1,)}\n",
    ],
)
def test_a_header_of_npy_that_says_something_else_is_refused(header: str) -> None:
    """A field twice, none, of another kind, or one too many."""
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": _npy(header)}))
    assert caught.value.code == "npy_header"


def test_dates_beside_weights_do_not_stop_the_reading() -> None:
    """Nor does an element type that nobody here knows."""
    buffer = io.BytesIO()
    np.savez(buffer, w=np.ones(3, np.float32), when=np.zeros(2, "<M8[ns]"), span=np.zeros(2, "<m8[s]"))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("new.npy", _npy("{'descr': '<q9', 'fortran_order': False, 'shape': (2,)}\n"))
    tree = read(MemoryFiles({"x": buffer.getvalue()}))
    assert {key: info.dtype for key, info in tree.tensors.items()} == {
        "w": "F32",
        "when": "DATETIME",
        "span": "TIMEDELTA",
        "new": "UNKNOWN",
    }


@pytest.mark.parametrize("how", ["deflated", "big-endian"])
def test_tied_weights_whose_bytes_lie_nowhere_are_still_one(how: str) -> None:
    """Packed or in the other byte order: no place to read from, but one storage."""
    import torch

    weight, buffer, changed = torch.ones(4, 4), io.BytesIO(), io.BytesIO()
    torch.save({"a": weight, "b": weight, "other": torch.ones(4, 4)}, buffer)
    with zipfile.ZipFile(buffer) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED if how == "deflated" else 0) as after:
        for name in before.namelist():
            after.writestr(name, b"big" if how == "big-endian" and name.endswith("byteorder") else before.read(name))
    tree = read(MemoryFiles({"x": changed.getvalue()}))
    assert {key: info.alias for key, info in tree.tensors.items()} == {"a": None, "b": "a", "other": None}
    assert {info.where for info in tree.tensors.values()} == {None}


def test_one_memory_has_one_name_in_the_document(saved: Callable[..., Path]) -> None:
    """A view, and two keys that are that view: all three name the first key of the storage."""
    import torch

    whole = torch.arange(12.0)
    part = whole[2:6]
    found = tree_to_json(read(LocalFiles(saved({"whole": whole, "part": part, "again": part, "apart": torch.ones(2)}))))["tensors"]
    assert {key: (each.get("alias_of"), each.get("view")) for key, each in found.items()} == {
        "whole": (None, None),
        "part": ("whole", True),
        "again": ("whole", True),
        "apart": (None, None),
    }


def test_keys_that_are_objects_are_told_apart(saved: Callable[..., Path]) -> None:
    """An optimizer keeps its state by its tensors; a number and the same as text are two keys as well."""
    import torch

    first, second = torch.ones(1), torch.ones(2)
    state = {first: {"m": torch.ones(1)}, second: {"m": torch.ones(2)}}
    tree = read(LocalFiles(saved({"state": state, "odd": {1j: torch.ones(3), "1j": torch.ones(4)}})), nesting=())
    assert sorted(info.shape for info in tree.tensors.values()) == [(1,), (2,), (3,), (4,)]


def test_tuples_within_tuples_stay_keys(saved: Callable[..., Path]) -> None:
    """With their types; too deep a one is told in words and costs nothing."""
    import torch

    deep: Any = ()
    for _ in range(60):
        deep = (deep,)
    tree = read(LocalFiles(saved({(1, ("2", (3,))): torch.ones(1), deep: torch.ones(2)})))
    keys = list(tree.tensors)
    assert tree.tensors[keys[0]].shape == (1,)
    assert keys[0].startswith("~tuple:")
    assert all(len(key) < 200 for key in keys)


def test_a_module_whose_weights_lie_in_an_object_of_torchs_own(saved: Callable[..., Path]) -> None:
    """A quantized module, whole: the keys of its state dict that are tensors inside a pair."""
    import torch
    from torch import nn

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 3)), {nn.Linear}, dtype=torch.qint8)
        path = saved(model)
    found = {key: (info.shape, info.dtype) for key, info in read(LocalFiles(path)).tensors.items()}
    assert found == {"0._packed_params._packed_params.0": ((3, 4), "QINT8"), "0._packed_params._packed_params.1": ((3,), "F32")}


def test_a_script_without_tensors_is_an_empty_tree(tmp_path: Path) -> None:
    """A function alone holds none."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(torch.nn.ReLU()), tmp_path / "relu.pt")
    tree = read(LocalFiles(tmp_path / "relu.pt"))
    assert (tree.format, tree.tensors) == ("torchscript", {})


def test_several_exported_programs_are_several_trees(tmp_path: Path) -> None:
    """Not the examples of their inputs, which lie in the same archive; each is chosen by its name."""
    import torch
    from torch import nn
    from torch.export.pt2_archive._package import package_pt2

    small, large = nn.Linear(2, 2), nn.Linear(2, 7)
    programs = {name: torch.export.export(model, (torch.ones(1, 2),)) for name, model in (("small", small), ("large", large))}
    package_pt2(str(tmp_path / "both.pt2"), exported_programs=programs)
    tree = read(LocalFiles(tmp_path / "both.pt2"))
    assert (tree.format, tree.nesting, list(tree.tensors)) == ("pt2", ("large",), ["weight", "bias"])
    assert [(offer.nesting, offer.tensors) for offer in tree.offers] == [(("large",), 2), (("small",), 2)]
    other = read(LocalFiles(tmp_path / "both.pt2"), nesting=("small",)).tensors["weight"]
    assert (other.shape, other.path) == ((2, 2), ("small", "weight"))
    raw = (tmp_path / "both.pt2").read_bytes()
    assert raw[other.where.offset :][: other.nbytes] == small.weight.detach().numpy().tobytes()
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(tmp_path / "both.pt2"), nesting=("none",))
    assert caught.value.code == "no_such_nesting"


def test_a_compiled_program_is_recognised() -> None:
    """Its weights lie inside a library."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model/data/aotinductor/model/abc.wrapper.so", b"\x7fELF")
        archive.writestr("model/archive_format", b"pt2")
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": buffer.getvalue()}))
    assert (caught.value.code, caught.value.params["format"]) == ("unsupported_format", "aoti")


@pytest.mark.parametrize("block", [512, 1024, 8192])
def test_hdf5_behind_a_user_block_is_read(block: int, tmp_path: Path) -> None:
    """Somebody else's bytes come first; places in the file count from its start all the same."""
    path = tmp_path / "w.h5"
    with h5py.File(path, "w", userblock_size=block) as file:
        file["w"] = np.arange(6, dtype=np.float32)
    info = read(LocalFiles(path)).tensors["w"]
    assert path.read_bytes()[info.where.offset :][: info.nbytes] == np.arange(6, dtype=np.float32).tobytes()


def test_element_types_of_hdf5_that_numpy_lacks_are_named(tmp_path: Path) -> None:
    """A bfloat16 is no float32, whatever it is read as; rows of any length are no text."""
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(15, 7, 8, 0, 7)
        kind.set_size(2)
        kind.set_ebias(127)
        made = h5py.h5d.create(file.id, b"half", kind, h5py.h5s.create_simple((3,)))
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 3], np.float32))
        file.create_dataset("rows", (2,), h5py.vlen_dtype(np.float32))
        file.create_dataset("text", (2,), h5py.string_dtype())
    tensors = read(LocalFiles(path)).tensors
    assert {key: info.dtype for key, info in tensors.items()} == {"half": "BF16", "rows": "VLEN", "text": "STRING"}
    assert (tensors["half"].nbytes, tensors["half"].where.length) == (6, 6)


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3]) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def test_onnx_shows_sparse_weights_long_names_and_types_of_less_than_a_byte() -> None:
    """A sparse initializer by its own shape; names of any honest length; three numbers of four bits in two bytes."""
    long = "layer/" * 1_500
    values = _field(8, b"pruned") + _field(1, 2) + _field(2, 1) + _field(9, bytes(8))
    sparse = _field(1, values) + _field(2, _field(1, 2) + _field(2, 7) + _field(9, bytes(16))) + _field(3, 5) + _field(3, 6)
    graph = b"".join(_field(5, _field(1, 1) + _field(2, 1) + _field(8, f"{long}{name}".encode()) + _field(9, bytes(4))) for name in "ab")
    graph += _field(5, _field(1, 3) + _field(2, 23) + _field(8, b"tiny") + _field(9, bytes(2))) + _field(15, sparse)
    tree = read(MemoryFiles({"x": _field(1, 8) + _field(8, _field(2, 17)) + _field(7, graph)}))
    assert {key: (info.shape, info.dtype, info.layout) for key, info in tree.tensors.items()} == {
        long + "a": ((1,), "F32", "strided"),
        long + "b": ((1,), "F32", "strided"),
        "tiny": ((3,), "F4", "strided"),
        "pruned": ((5, 6), "F32", "sparse_coo"),
    }
    assert not tree.warnings


def test_a_damaged_hdf5_ends_in_one_category() -> None:
    """Wherever a byte of its object headers is wrong."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["net/w"] = np.ones(3, np.float32)
    whole, told = buffer.getvalue(), set()
    for place in range(700, 1_000):
        data = bytearray(whole)
        data[place] ^= 0xFF
        try:
            read(MemoryFiles({"x": bytes(data)}))
        except KeygraftError as error:
            told.add(error.code)
    assert told == {"hdf5_invalid"}


@pytest.mark.parametrize("protocol", [2, 4])
def test_the_data_of_many_arrays_is_no_part_of_what_is_walked(protocol: int) -> None:
    """A pickle of hundreds of large arrays is mostly what is jumped over."""
    data = pickle.dumps({f"layer.{number}": np.zeros(20_000, np.float32) for number in range(200)}, protocol=protocol)
    assert len(data) > 15 << 20
    assert len(read(MemoryFiles({"x": data}), limits=Limits(pickle_bytes=1 << 20)).tensors) == 200


def test_an_empty_view_may_begin_behind_its_memory(saved: Callable[..., Path]) -> None:
    """It has no element that could lie outside."""
    import torch

    tree = read(LocalFiles(saved({"w": torch.zeros(0, 2).as_strided((2, 0), (1, 1), 1), "v": torch.ones(3)})))
    assert [(info.shape, info.where is None) for info in tree.tensors.values()] == [((2, 0), True), ((3,), False)]
    assert not tree.warnings


def test_two_quantized_numbers_share_a_byte(saved: Callable[..., Path]) -> None:
    """Half a byte for each, which is all that their storage has."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = torch.quantize_per_channel(torch.ones(4, 4), torch.ones(4), torch.zeros(4), 0, torch.quint4x2)
        tree = read(LocalFiles(saved({"w": value})))
    assert (tree.tensors["w"].dtype, tree.tensors["w"].nbytes, tree.warnings) == ("QUINT4X2", 8, ())
