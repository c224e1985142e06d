"""Traps of our own, of the kinds that broke other readers: each file ends in one category, or in a tree with its flags."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.errors import KeygraftError
from app.readers import Limits, read, read_limited
from app.sources import LocalFiles, MemoryFiles
from tests.readers import assembler as a

EMPTY = b"}"
ONE = a.dict_(w=a.tensor())


def _codes(data: bytes) -> tuple[int, set[str]]:
    tree = read(MemoryFiles({"file": data}))
    return len(tree.tensors), {warned.code for warned in tree.warnings}


def _patched(data: bytes, old: bytes, new: bytes, which: int = 0) -> bytes:
    place = -1
    for _ in range(which + 1):
        place = data.index(old, place + 1)
    return data[:place] + new + data[place + len(old) :]


def _with_flag(data: bytes, flag: int) -> bytes:
    """Set a flag in the first entry's central header."""
    place = data.index(b"PK\1\2")
    return data[: place + 8] + struct.pack("<H", flag) + data[place + 10 :]


def _onnx_cut() -> bytes:
    return b"\x08\x08:\xff\xff\xff\xff\x0f" + b"*" * 16


def _npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "data.pkl beside its twin in capitals": ("zip_invalid", lambda: a.zipped(a.pickle(ONE), **{"archive/DATA.PKL": a.pickle(EMPTY)})),
    "two folders with a data.pkl": ("zip_invalid", lambda: a.zipped(a.pickle(ONE), **{"other/data.pkl": a.pickle(EMPTY)})),
    "an entry beside the one folder": ("zip_invalid", lambda: a.zipped(a.pickle(ONE), stray=b"x")),
    "an encrypted entry": ("zip_invalid", lambda: _with_flag(a.zipped(a.pickle(ONE)), 1)),
    "something in front of the zip": ("zip_invalid", lambda: a.zipped(a.pickle(ONE))[:30] + a.zipped(a.pickle(ONE))),
    "a local header with another name": (
        "zip_invalid",
        lambda: _patched(a.zipped(a.pickle(ONE)), b"archive/data.pkl", b"archive/dada.pkl"),
    ),
    "a local header with another method": (
        "zip_invalid",
        lambda: _patched(a.zipped(a.pickle(ONE)), b"PK\3\4\x14\0\0\0\0\0", b"PK\3\4\x14\0\0\0\x08\0"),
    ),
    "deflated bytes that are none": (
        "zip_invalid",
        lambda: (
            _patched(a.zipped(a.pickle(b"N0" * 400 + ONE), method=zipfile.ZIP_DEFLATED), b"\x73", b"\xff", 0)
            if b"\x73" in a.zipped(a.pickle(b"N0" * 400 + ONE), method=zipfile.ZIP_DEFLATED)[60:70]
            else a.zipped(a.pickle(ONE), method=zipfile.ZIP_DEFLATED)[:46]
            + b"\xff\xff\xff\xff"
            + a.zipped(a.pickle(ONE), method=zipfile.ZIP_DEFLATED)[50:]
        ),
    ),
    "a deflated pickle of thousand to one": ("zip_bomb", lambda: a.zipped(a.pickle(b"N0" * 3_000_000 + ONE), method=zipfile.ZIP_DEFLATED)),
    "a path with a drive letter": ("zip_path", lambda: a.zipped(a.pickle(ONE), **{"C:evil": b""})),
    "a path with a NUL": ("zip_path", lambda: a.zipped(a.pickle(ONE), **{"archive/x@y": b""}).replace(b"archive/x@y", b"archive/x\0y")),
    "a pickle in front of a zip": ("malformed_pickle", lambda: a.pickle(a.dict_(a=b"N")) + a.zipped(a.pickle(ONE))),
    "an extension opcode": ("malformed_pickle", lambda: a.zipped(a.pickle(b"\x82\x01"))),
    "an out-of-band buffer": ("malformed_pickle", lambda: a.zipped(a.pickle(b"\x97", 5))),
    "protocol 9": ("malformed_pickle", lambda: a.zipped(a.pickle(ONE, 9))),
    "items set on a tuple": ("malformed_pickle", lambda: a.zipped(a.pickle(b")(" + a.text("a") + b"Nu"))),
    "items appended to a text": ("malformed_pickle", lambda: a.zipped(a.pickle(a.text("a") + b"(Ne"))),
    "a number that is called": ("malformed_pickle", lambda: a.zipped(a.pickle(a.number(1) + b")R"))),
    "a state for a number": ("malformed_pickle", lambda: a.zipped(a.pickle(a.number(1) + b"}b"))),
    "a tensor of a dictionary": (
        "malformed_pickle",
        lambda: a.zipped(a.pickle(a.call("torch._utils", "_rebuild_tensor_v2", b"}", b"K\0", b")", b")"))),
    ),
    "a storage that is none": ("malformed_pickle", lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(kind="Evil"))))),
    "an index alone": ("unknown_format", lambda: b'{"weight_map": {"a": "b"}}'),
    "junk in front of a zip": ("zip_invalid", lambda: b"junk" * 4 + a.zipped(a.pickle(ONE))),
    "thirty thousand different classes": (
        "limit",
        lambda: a.zipped(a.pickle(b"(" + b"".join(a.name("acme", f"C{index}") for index in range(30_000)) + b"l")),
    ),
    "dictionaries within dictionaries": ("limit", lambda: a.zipped(a.pickle(b"}" + (a.text("k") + b"}") * 100_000 + b"s" * 100_000))),
    "objects within objects": ("limit", lambda: a.zipped(a.pickle((a.name("acme", "C") + b")\x81") * 50_000 + b"b" * 49_999))),
    "a rebuild inside a rebuild inside itself": (
        "malformed_pickle",
        lambda: a.zipped(
            a.pickle(a.call("torch._tensor", "_rebuild_from_type_v2", a.name("torch._tensor", "_rebuild_from_type_v2"), b"N", b")", b"}"))
        ),
    ),
    "a memo that was never set": ("malformed_pickle", lambda: a.zipped(a.pickle(b"h\x09"))),
    "a text that is longer than the file": ("malformed_pickle", lambda: a.zipped(a.pickle(b"X\xff\xff\xff\x7fab"))),
    "text that is no UTF-8": ("malformed_pickle", lambda: a.zipped(a.pickle(b"X\x02\0\0\0\xff\xfe"))),
    "a line without end": ("malformed_pickle", lambda: a.zipped(a.pickle(b"I" + b"1" * 100))),
    "a decimal number of a million digits": ("malformed_pickle", lambda: a.zipped(a.pickle(b"L" + b"9" * 1_000_000 + b"L\n"))),
    "a binary number of a megabyte": ("limit", lambda: a.zipped(a.pickle(b"\x8b" + struct.pack("<I", 1 << 20) + b"\1" * (1 << 20)))),
    "two megabytes of DUP": ("limit", lambda: a.zipped(a.pickle(b"N" + b"2" * 6_000_000))),
    "tuples within tuples": ("limit", lambda: a.zipped(a.pickle(b")" + b"\x85" * 100_000))),
    "a key of a megabyte": ("limit", lambda: a.zipped(a.pickle(b"}(" + a.text("k" * (1 << 20)) + a.tensor() + b"u"))),
    "a legacy file without its data": ("truncated", lambda: _legacy(b"")),
    "a legacy file that counts otherwise": ("bounds", lambda: _legacy(struct.pack("<q", 5) + a.STORAGE + bytes(8))),
    "a safetensors length of zero": ("safetensors_header", lambda: a.safetensors(b"", b"{}" * 8, 0)),
    "safetensors with an array at the top": ("safetensors_header", lambda: a.safetensors([1, 2, 3])),
    "safetensors with a text for a shape": (
        "safetensors_header",
        lambda: a.safetensors({"a": {"dtype": "F32", "shape": "2", "data_offsets": [0, 4]}}, b"1234"),
    ),
    "safetensors with numbers in its metadata": ("safetensors_header", lambda: a.safetensors({"__metadata__": {"a": 1}})),
    "safetensors with two __metadata__": ("safetensors_header", lambda: a.safetensors(b'{"__metadata__":{},"__metadata__":{"a":"b"}}')),
    "safetensors with equal keys, one escaped": (
        "safetensors_header",
        lambda: a.safetensors(
            b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"1"
        ),
    ),
    "safetensors with a gap": ("offsets", lambda: a.safetensors({"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}, b"12")),
    "safetensors with data behind the last tensor": (
        "offsets",
        lambda: a.safetensors({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}, b"12"),
    ),
    "safetensors whose shape does not fill its bytes": (
        "offsets",
        lambda: a.safetensors({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 4]}}, b"1234"),
    ),
    "safetensors with a size below zero": (
        "shape",
        lambda: a.safetensors({"a": {"dtype": "U8", "shape": [-1, -4], "data_offsets": [0, 4]}}, b"1234"),
    ),
    "a gguf of version 77": ("gguf_header", lambda: b"GGUF" + struct.pack("<IQQ", 77, 0, 0)),
    "a gguf array of 2^40 empty texts": (
        "gguf_header",
        lambda: b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 8, 1 << 40) + bytes(64),
    ),
    "gguf arrays within arrays": (
        "gguf_header",
        lambda: b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 50,
    ),
    "a gguf alignment of zero": (
        "gguf_header",
        lambda: (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 17) + b"general.alignment" + struct.pack("<II", 4, 0) + bytes(64)
        ),
    ),
    "a gguf tensor behind the end": (
        "offsets",
        lambda: b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 1) + b"a" + struct.pack("<IQIQ", 1, 4, 0, 1 << 62) + bytes(64),
    ),
    "an npy header with code in it": (
        "npy_header",
        lambda: _npy("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (2,), }\n"),
    ),
    "an npy header of deep brackets": (
        "npy_header",
        lambda: _npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 60_000 + "\n"),
    ),
    "an npy that is cut off": ("npy_header", lambda: _npy("{'descr': '<f4', 'fortran_order': False, 'shape': (200,), }\n", b"1234")),
    "a lone array of objects": ("object_array", lambda: _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", b"\x80\x02N.")),
    "an ONNX graph longer than the file": ("onnx_invalid", _onnx_cut),
    "HDF5 in name only": ("hdf5_invalid", lambda: b"\x89HDF\r\n\x1a\n" + bytes(200)),
    "the bytes of an empty file, many": ("unknown_format", lambda: bytes(4096)),
}

SHOWN: dict[str, tuple[int, set[str], Callable[[], bytes]]] = {
    "a call of getattr": (
        1,
        {"dangerous_global"},
        lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(), x=a.call("builtins", "getattr", a.text("a"), a.text("b"))))),
    ),
    "torch.hub.load": (
        1,
        {"dangerous_global"},
        lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(), x=a.call("torch.hub", "load", a.text("a/b"))))),
    ),
    "a dotted name below a harmless module": (
        0,
        {"dangerous_global"},
        lambda: a.zipped(a.pickle(a.name("collections", "OrderedDict.__init__.__globals__"))),
    ),
    "numpy's runstring": (
        0,
        {"dangerous_global"},
        lambda: a.zipped(a.pickle(a.call("numpy.testing._private.utils", "runstring", a.text("1"), b"}"))),
    ),
    "a module of the persistent ids": (
        0,
        {"unknown_class"},
        lambda: a.zipped(a.pickle(a.tuple_(a.text("module"), a.name("acme", "Net"), a.text("net.py"), a.text("import os")) + b"Q")),
    ),
    "a stride beyond the storage": (1, {"bounds"}, lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(stride=(1 << 40, 1)))))),
    "a stride of another rank": (1, {"shape", "bounds"}, lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(stride=(1,)))))),
    "a storage of negative length": (1, {"bounds"}, lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(numel=-4))))),
    "a storage of a type to come": (1, {"dtype"}, lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(kind="Float3Storage"))))),
    "an offset below zero": (1, {"bounds"}, lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(offset=-1))))),
    "a storage longer than its record": (1, {"bounds"}, lambda: a.zipped(a.pickle(a.dict_(w=a.tensor(numel=1 << 20))))),
    "a wrong checksum": (1, {"crc"}, lambda: _patched(a.zipped(a.pickle(a.dict_(w=a.tensor(), x=b"K\x07"))), b"K\x07", b"K\x08")),
    "a list that holds itself": (1, {"cycle"}, lambda: a.zipped(a.pickle(b"]q\0(h\0" + a.tensor() + b"e"))),
    "a pickle with something behind it": (0, {"trailing_bytes"}, lambda: a.pickle(EMPTY) + b"more"),
    "equal keys in one dictionary": (1, set(), lambda: a.zipped(a.pickle(b"}(" + a.text("w") + b"N" + a.text("w") + a.tensor() + b"u"))),
    "a key that looks like another spelt": (
        2,
        set(),
        lambda: a.zipped(a.pickle(b"}(" + a.text("~int:0") + a.tensor() + a.number(0) + a.tensor() + b"u")),
    ),
}


def _legacy(data: bytes) -> bytes:
    import io
    import pickle as reference

    import torch

    buffer = io.BytesIO()
    torch.save({"w": torch.zeros(4)}, buffer, _use_new_zipfile_serialization=False)
    whole = buffer.getvalue()
    assert reference.loads(whole) == 0x1950A86A20F9469CFC6C
    return whole[: -8 - 16] + data


@pytest.mark.parametrize("trap", REFUSED)
def test_a_trap_is_refused_by_its_category(trap: str, tmp_path: Path) -> None:
    """In the limited child, as a person would meet it."""
    category, make = REFUSED[trap]
    path = tmp_path / "file"
    path.write_bytes(make())
    with pytest.raises(KeygraftError) as caught:
        read_limited(path)
    assert caught.value.code == category


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"archive/DATA/0": b"twin"}, "case_twin"),
        ({"archive/d\u00c4ta": b"", "archive/d\u00e4ta": b""}, "case_twin"),
        ({"archive/note\nof two lines": b"", "archive/NOTE\nof two lines": b""}, "case_twin"),
        ({"archive/DATA.PKL": b""}, "case_twin"),
        ({"archive/deep/data.pkl": b"", "other": b""}, "roots"),
        ({"x\narchive/hidden": b""}, "roots"),
        ({"stray": b"", "archive/a\narchive/b": b""}, "roots"),
        ({"other/data.pkl": b"."}, "two_pickles"),
    ],
)
def test_names_that_two_readers_could_take_differently_are_refused(more: dict[str, bytes], detail: str) -> None:
    """Twins but for their case, entries outside of the one folder, also where a name has several lines; each for its own reason."""
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"file": a.zipped(a.pickle(ONE), **more)}))
    assert (caught.value.code, caught.value.params["detail"]) == ("zip_invalid", detail)
    fine = a.zipped(a.pickle(ONE), **{"archive/a\narchive/b": b"", "__MACOSX/archive/x": b"", "archive/\u0130": b""})
    assert list(read(MemoryFiles({"file": fine})).tensors) == ["w"]


@pytest.mark.parametrize("trap", SHOWN)
def test_a_trap_is_shown_with_its_flags(trap: str) -> None:
    """The rest of the file stays readable."""
    tensors, flags, make = SHOWN[trap]
    found, codes = _codes(make())
    assert found == tensors
    assert codes == flags


def test_a_million_empty_dictionaries_stay_within_limits(tmp_path: Path) -> None:
    """Few bytes each, no hashing, no recursion."""
    path = tmp_path / "file"
    path.write_bytes(a.zipped(a.pickle(b"](" + b"}" * 1_000_000 + b"e")))
    assert read_limited(path).tensors == {}


def test_colliding_keys_do_not_slow_the_reader(tmp_path: Path) -> None:
    """A hundred thousand integers with one hash: a dictionary of Python would compare five thousand million times."""
    modulus = (1 << 61) - 1
    pairs = b"".join(a.number(modulus * index) + b"N" for index in range(1, 100_000))
    path = tmp_path / "file"
    path.write_bytes(a.zipped(a.pickle(b"}(" + pairs + b"u")))
    assert read_limited(path).tensors == {}


def test_what_a_pickle_remembers_is_limited(tmp_path: Path) -> None:
    """Each value that it remembers counts, those of runs of tensors that are read at once as well."""
    import pickle as reference

    import torch

    names = reference.dumps([f"name-{index}" for index in range(6_000)], protocol=2)
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"file": names}), limits=Limits(memo=3_000))
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "memo")
    path = tmp_path / "file"
    torch.save({"net": {f"layers.{index}.weight": torch.zeros(1) for index in range(1_000)}, "steps": list(range(6_000))}, path)
    assert len(read(LocalFiles(path), limits=Limits(memo=10_000)).tensors) == 1_000
    with pytest.raises(KeygraftError) as caught:
        read(LocalFiles(path), limits=Limits(memo=7_000))
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "memo")


def test_half_a_million_entries_are_a_limit(tmp_path: Path) -> None:
    """Not a matter of seconds, nor of half a gigabyte."""
    entry = b'"%07d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
    path = tmp_path / "file"
    path.write_bytes(a.safetensors(b"{" + b",".join(entry % index for index in range(500_000)) + b"}"))
    with pytest.raises(KeygraftError) as caught:
        read_limited(path)
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "keys")


def test_time_that_runs_out_is_an_error_like_any_other(tmp_path: Path) -> None:
    """The child is stopped, this process goes on."""
    path = tmp_path / "file"
    path.write_bytes(a.pickle(b"(" + b"N" * 40 + b"1" + (b"(" + b"]" * 1000 + b"1") * 60_000 + b"N"))
    with pytest.raises(KeygraftError) as caught:
        read_limited(path, limits=Limits(seconds=1.0, opcodes=1 << 40, pickle_bytes=1 << 40, stack=1 << 40))
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "seconds")


def test_memory_that_runs_out_is_an_error_like_any_other(tmp_path: Path) -> None:
    """A list that is copied again and again, with no budget for that."""
    copies = b"".join(b"h\0\x85" + a.name("builtins", "list") + b"\x85" for _ in range(1))
    body = b"](" + b"N" * 1_000_000 + b"eq\0" + copies + b"0" + (a.name("builtins", "list") + b"h\0\x85R") * 200
    path = tmp_path / "file"
    path.write_bytes(a.pickle(body))
    with pytest.raises(KeygraftError) as caught:
        read_limited(path, limits=Limits(opcodes=1 << 40))
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "memory")


def test_arrays_of_objects_in_a_pickle_are_flagged(tmp_path: Path) -> None:
    """They are no tensors; their neighbours are."""
    import pickle as reference

    path = tmp_path / "file"
    path.write_bytes(reference.dumps({"w": np.zeros(3, np.float32), "o": np.array([{}, 1], dtype=object)}, protocol=4))
    tree = read_limited(path)
    assert list(tree.tensors) == ["w"]
    assert [warned.code for warned in tree.warnings] == ["object_array"]


@pytest.mark.parametrize("protocol", range(6))
def test_masked_arrays_in_a_pickle_are_read(protocol: int, tmp_path: Path) -> None:
    """Their values are tensors, and it is said that some of them were masked; what another module calls so is a stranger."""
    import pickle as reference

    values = np.arange(6, dtype=">f4").reshape(2, 3)
    masked = np.ma.masked_array(values, mask=values > 3)
    path = tmp_path / "file"
    data = reference.dumps({"net": {"w": masked, "soft": masked.astype("<f4").harden_mask(), "v": values}}, protocol=protocol)
    path.write_bytes(data)
    tree = read_limited(path)
    told = {key: (info.shape, info.dtype, info.note) for key, info in tree.tensors.items()}
    assert told == {
        "w": ((2, 3), "F32", "masked, big-endian"),
        "soft": ((2, 3), "F32", "masked"),
        "v": ((2, 3), "F32", "big-endian"),
    }
    assert [(warned.code, warned.params["key"], warned.params["count"]) for warned in tree.warnings] == [("masked", "w", 2)]
    where = tree.tensors["soft"].where
    if where is not None:
        assert data[where.offset : where.offset + 24] == values.astype("<f4").tobytes()
    assert {each.verdict for each in tree.globals} == {"known"}
    path.write_bytes(data.replace(b"numpy.ma.core", b"numpy.ma.kore"))
    assert "w" not in read_limited(path).tensors


@pytest.mark.parametrize("length", range(12))
def test_files_of_a_few_bytes_are_no_checkpoints(length: int, tmp_path: Path) -> None:
    """Whatever they begin with."""
    path = tmp_path / "file"
    for start in (b"", b"PK\3\4", b"GGUF", b"\x80\x02", b"\x93NUMPY", b"}", b"{", b"\x89HDF\r\n\x1a\n", b"\x08\x08", b"abc"):
        path.write_bytes((start + bytes(12))[:length])
        with pytest.raises(KeygraftError):
            read(LocalFiles(path))


@pytest.mark.parametrize("field", ['"shape":[1],"shape":[2]', '"shape":[2],"dtype":"F64"', '"shape":[2],"\\u0073hape":[2]'])
def test_a_field_that_stands_twice_is_refused(field: str) -> None:
    """The reference reader refuses such an entry; a decoder that keeps the last one would read another shape."""
    text = f'{{"a":{{"dtype":"F32",{field},"data_offsets":[0,8]}}}}'.encode()
    with pytest.raises(KeygraftError) as told:
        read(MemoryFiles({"file": len(text).to_bytes(8, "little") + text + bytes(8)}))
    assert (told.value.code, told.value.params["detail"]) == ("safetensors_header", "duplicate")


def test_a_key_may_hold_what_looks_like_fields() -> None:
    """Text inside a key is no field; spaces before colons and fields that nobody knows are no harm."""
    text = b'{"a\\":{\\"shape\\":":{"dtype" :"F32","shape":[2],"data_offsets":[0,8],"more":1}}'
    tree = read(MemoryFiles({"file": len(text).to_bytes(8, "little") + text + bytes(8)}))
    assert list(tree.tensors) == ['a":{"shape":']
