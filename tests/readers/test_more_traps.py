"""More files that somebody made to hurt: each ends in the limited child with one error of its category, or in a tree that is right."""

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app import messages
from app.errors import KeygraftError
from app.readers import read_limited
from app.readers.limits import Limits
from tests.readers import assembler as a


def _central(name: bytes, header: int, size: int = 0, extra: bytes = b"") -> bytes:
    numbers = (20, 20, 0, 0, 0, 0, 0, size, size, len(name), len(extra), 0, 0, 0, 0, header)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *numbers) + name + extra


def _end(count: int, size: int, start: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, 0)


def _with_directory(body: bytes, directory: bytes, count: int) -> bytes:
    return body + directory + _end(count, len(directory), len(body))


def _one_body_for_all() -> bytes:
    body = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 10, 10, 1, 0) + b"a" + bytes(10)
    return _with_directory(body, b"".join(_central(b"m/%05d" % number, 0, 10) for number in range(60_000)), 60_000)


def _backwards() -> bytes:
    names = [b"m/%05d" % number for number in range(60_000)]
    bodies = [struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name for name in names]
    directory = b"".join(_central(name, 37 * number) for number, name in reversed(list(enumerate(names))))
    return _with_directory(b"".join(bodies), directory, len(names))


def _ended_twice() -> bytes:
    whole = a.zipped(a.pickle(a.dict_(w=a.tensor())))
    place = whole.rindex(b"PK\5\6")
    return whole[:place] + whole[place : place + 20] + struct.pack("<H", 22) + _end(0, 0, 0)


def _npz(*shapes: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, shape in enumerate(shapes):
            text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            archive.writestr(f"{number}.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text)
    return buffer.getvalue()


def _keras_of_zeros() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(20_000_000))
    return buffer.getvalue()


def _onnx(initializer: bytes) -> bytes:
    return a.field(1, 8) + a.field(7, a.field(5, initializer))


def _branches(depth: int) -> bytes:
    graph = a.field(5, a.field(1, 2) + a.field(2, 1) + a.field(8, b"w") + a.field(9, bytes(8)))
    for _ in range(depth):
        graph = a.field(1, a.field(4, b"If") + a.field(5, a.field(1, b"then") + a.field(6, graph)))
    return a.field(1, 8) + a.field(7, graph)


def _gguf(tensors: int, pairs: int, body: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs) + body + bytes(300)


def _said(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _shaped(shape: str, size: int = 1) -> bytes:
    return a.safetensors(f'{{"a":{{"dtype":"U8","shape":{shape},"data_offsets":[0,{size}]}}}}'.encode(), bytes(size))


def _laughing(levels: int) -> bytes:
    body = b"}q\0" + a.text("w") + a.tensor() + b"s"
    for level in range(levels):
        shared = b"h" + bytes([level])
        body += b"0}q" + bytes([level + 1]) + b"(" + a.text("a") + shared + a.text("b") + shared + b"u"
    return a.zipped(a.pickle(body))


REFUSED: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "sixty thousand entries of one body": ("zip_invalid", "overlap", _one_body_for_all),
    "a wide field that is too short": (
        "zip_invalid",
        "directory",
        lambda: _with_directory(b"PK\3\4" + bytes(40), _central(b"m/data.pkl", 0xFFFFFFFF, 5, b"\1\0\x08\0\1\0"), 1),
    ),
    "a wide field that is not there": (
        "zip_invalid",
        "zip64",
        lambda: _with_directory(b"PK\3\4" + bytes(40), _central(b"m/data.pkl", 0xFFFFFFFF, 5, b"\2\0\x08\0" + bytes(8)), 1),
    ),
    "a second end in the comment": ("zip_invalid", "prefix", _ended_twice),
    "entries from last to first, none of weights": ("unknown_format", "zip", _backwards),
    "an npz of more elements than there are numbers": ("npy_header", "", lambda: _npz("(9223372036854775807, 9223372036854775807)")),
    "an npz of three hundred dimensions": ("npy_header", "", lambda: _npz("(" + "1," * 300 + ")")),
    "a keras file that is all zeros": ("zip_bomb", "", _keras_of_zeros),
    "graphs within graphs": ("limit", "depth", lambda: _branches(2_500)),
    "a number without end": ("onnx_invalid", "", lambda: a.field(1, 8) + a.varint(7 << 3 | 2) + b"\xff" * 20 + b"\1"),
    "a million dimensions in ONNX": (
        "onnx_invalid",
        "",
        lambda: _onnx(a.varint(1 << 3 | 2) + a.varint(1_000_000) + b"\1" * 1_000_000 + a.field(2, 1) + a.field(8, b"w")),
    ),
    "a tree of shared dictionaries with a tensor at the bottom": ("limit", "keys", lambda: _laughing(60)),
    "safetensors of three million dimensions": ("shape", "", lambda: _shaped("[" + "1," * 3_000_000 + "1]")),
    "safetensors of sixty-five dimensions": ("shape", "", lambda: _shaped("[" + "1," * 64 + "1]")),
    "safetensors of sizes without measure": ("shape", "", lambda: _shaped("[" + ",".join(["9223372036854775807"] * 65) + "]")),
    **{
        f"safetensors with the shape {shape[:12]}": ("safetensors_header", "json", lambda shape=shape: _shaped(shape))
        for shape in ("[1.0]", "[1e400]", "[true]", "null", '{"b":1,"b":2}', '["1"]', "[[1]]", "[" * 90_000 + "]" * 90_000)
    },
    "a gguf of four billion dimensions": ("gguf_header", "dimensions", lambda: _gguf(1, 0, _said(b"w") + b"\xff" * 4)),
    "a gguf that says too much": (
        "limit",
        "metadata",
        lambda: _gguf(0, 70_000, b"".join(_said(b"%d" % number) + struct.pack("<IB", 7, 1) for number in range(70_000))),
    ),
    "a gguf whose names are the same": (
        "gguf_header",
        "duplicate",
        lambda: _gguf(2, 0, 2 * (_said(b"w") + struct.pack("<IQIQ", 1, 4, 0, 0))),
    ),
    "a gguf whose sizes do not fit a number": (
        "shape",
        "",
        lambda: _gguf(1, 0, _said(b"w") + struct.pack("<I4QIQ", 4, *[1 << 63] * 4, 0, 0)),
    ),
}


@pytest.mark.parametrize("trap", REFUSED)
def test_a_trap_is_refused_by_its_category(trap: str, tmp_path: Path) -> None:
    """With a sentence and a hint for a person."""
    code, detail, make = REFUSED[trap]
    path = tmp_path / "file"
    path.write_bytes(make())
    with pytest.raises(KeygraftError) as caught:
        read_limited(path, limits=Limits(keys=20_000))
    assert (caught.value.code, caught.value.params.get("detail", "")) == (code, detail)
    assert messages.error_text(caught.value)
    assert messages.error_hint(caught.value)


def test_keys_that_are_tuples_of_tuples_are_told_in_few_words(tmp_path: Path) -> None:
    """A key that would unfold to 2^60 parts is a key like any other."""
    body = b")q\0" + b"".join(b"0h%ch%c\x86q%c" % (level, level, level + 1) for level in range(60))
    path = tmp_path / "file"
    path.write_bytes(a.zipped(a.pickle(body + b"0}h\x3c" + a.tensor() + b"s")))
    (key,) = read_limited(path).tensors
    assert len(key) < 200


def test_what_lies_elsewhere_is_named_and_left_alone(tmp_path: Path) -> None:
    """ONNX data outside, and sizes below zero."""
    outside = a.field(13, a.field(1, b"location") + a.field(2, b"../../../../etc/passwd")) + a.field(14, 1)
    path = tmp_path / "file"
    path.write_bytes(_onnx(a.field(1, 2) + a.field(2, 1) + a.field(8, b"w") + outside))
    assert [warned.code for warned in read_limited(path).warnings] == ["external_data"]
    path.write_bytes(a.onnx("w", ((1 << 64) - 1, 2), bytes(8)))
    tree = read_limited(path)
    assert ([warned.code for warned in tree.warnings], tree.tensors["w"].shape) == (["shape"], None)


def test_hdf5_that_leads_in_circles_or_outside(tmp_path: Path) -> None:
    """Groups that hold themselves, doubled forty times, of a size nobody has, or outside of the file: read once each, or refused."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "circle.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("g")
        group["me"], group["up"], group["w"] = group, file["/"], [1.0]
        for number in range(40):
            both = file.create_group(f"l{number}")
            both["a"] = both["b"] = group
            group = both
    assert len(read_limited(path).tensors) == 1
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("w", shape=(1 << 40, 1 << 20), dtype="f4", chunks=(1024, 1024))
        file.create_dataset("outside", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])
    tree = read_limited(path)
    assert tree.tensors["w"].shape == (1 << 40, 1 << 20)
    assert [warned.code for warned in tree.warnings] == ["hdf5_external"]
    assert list(tree.tensors) == ["w"]
    path = tmp_path / "deep.h5"
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(3_000):
            group = group.create_group("g")
    with pytest.raises(KeygraftError) as caught:
        read_limited(path)
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "depth")


def _weights() -> bytes:
    return _shaped("[1]")


def test_a_folder_of_links_pipes_and_devices(tmp_path: Path) -> None:
    """Links that lead nowhere or in circles, pipes and devices are no files; what stands beside them is read."""
    (tmp_path / "circle.safetensors").symlink_to(tmp_path / "circle.safetensors")
    (tmp_path / "gone.safetensors").symlink_to(tmp_path / "nowhere")
    (tmp_path / "zero.bin").symlink_to("/dev/zero")
    (tmp_path / "model.bin").mkdir()
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(KeygraftError) as caught:
        read_limited(tmp_path)
    assert (caught.value.code, caught.value.params["detail"]) == ("unknown_format", "empty_folder")
    (tmp_path / "model.safetensors").write_bytes(_weights())
    assert list(read_limited(tmp_path).tensors) == ["a"]
    for path in (tmp_path / "pipe.safetensors", Path("/dev/zero")):
        with pytest.raises(KeygraftError) as caught:
            read_limited(path)
        assert caught.value.code == "file_unreadable"


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """The file is read, and its name shown as far as it can be; where it is none of ours, the error shows it so too."""
    odd = tmp_path / os.fsdecode(b"\xff\xfe.safetensors")
    odd.write_bytes(_weights())
    for path in (odd, tmp_path):
        assert [file.name for file in read_limited(path).files] == ["\\xff\\xfe.safetensors"]
    odd.write_bytes(b"nothing of the kind")
    with pytest.raises(KeygraftError) as caught:
        read_limited(odd)
    assert messages.error_text(caught.value).encode()
    with pytest.raises(KeygraftError) as caught:
        read_limited(tmp_path / os.fsdecode(b"\xff"))
    assert (caught.value.code, caught.value.params["file"]) == ("file_not_found", "\\xff")


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(b'{"weight_map":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", id="deep"),
        pytest.param(b'{"weight_map":["a"]}', id="a list"),
        pytest.param(b'{"weight_map":{"\\ud800":"s.safetensors"}}', id="half a letter"),
        pytest.param('{"weight_map":{"a":"s.safetensors"}}'.encode("utf-16"), id="UTF-16"),
        pytest.param(json.dumps({"weight_map": {"a": ""}}).encode(), id="no name"),
    ],
)
def test_an_index_that_is_none(index: bytes, tmp_path: Path) -> None:
    """Refused as an index, whatever stands beside it."""
    (tmp_path / "s.safetensors").write_bytes(_weights())
    path = tmp_path / "model.safetensors.index.json"
    path.write_bytes(index)
    with pytest.raises(KeygraftError) as caught:
        read_limited(path)
    assert caught.value.code in {"index_header", "index_path"}
