"""safetensors: what a header says twice is found by its length, and found by reading it again; both say the same."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import KeygraftError
from app.readers import Limits, read, read_limited
from app.readers.safetensors import Kinds, shard
from app.sources import MemoryFiles

_KEYS = st.text(st.sampled_from('ab.0é":{}\\~\U0001f600'), min_size=1, max_size=6)
_TENSORS = st.lists(st.tuples(_KEYS, st.sampled_from(["F32", "U8"]), st.lists(st.integers(0, 12), max_size=3)), max_size=5)
_DICE = st.randoms(use_true_random=False)


def _file(header: bytes, data: int = 0) -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(data)


def _entries(tensors: list[tuple[str, str, list[int]]]) -> tuple[list[tuple[str, list[tuple[str, Any]]]], int]:
    """The pairs of a header, keys as they come, and the bytes of data behind it."""
    out, place = [], 0
    for key, dtype, shape in tensors:
        size = 4 if dtype == "F32" else 1
        for each in shape:
            size *= each
        out.append((key, [("dtype", dtype), ("shape", shape), ("data_offsets", [place, place + size])]))
        place += size
    return out, place


def _written(pairs: list[tuple[str, list[tuple[str, Any]]]], *, spaced: bool, ascii_only: bool) -> bytes:
    """JSON of pairs, those with equal keys included."""

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, separators=(", ", ": ") if spaced else (",", ":"))

    gap = " " if spaced else ""
    inner = [
        f"{text(key)}:{gap}{{" + f",{gap}".join(f"{text(name)}:{gap}{text(value)}" for name, value in fields) + "}" for key, fields in pairs
    ]
    return ("{" + f",{gap}".join(inner) + "}").encode()


def _told(data: bytes) -> Any:
    try:
        tree = read(MemoryFiles({"file": data}))
    except KeygraftError as error:
        return error.code
    return {info.where.storage: (info.shape, info.dtype) for info in tree.tensors.values() if info.where is not None}


@given(_TENSORS, _DICE, st.booleans(), st.booleans(), st.integers(0, 9))
def test_a_header_is_read_or_refused_as_its_pairs_say(
    tensors: list[tuple[str, str, list[int]]], dice: Any, spaced: bool, ascii_only: bool, padding: int
) -> None:
    """However it is written, a header whose keys differ is read, and one that names a key or a field twice is refused."""
    pairs, size = _entries(tensors)
    keys = [key for key, _ in pairs]
    twice = len(set(keys)) != len(keys)
    for _, fields in pairs:
        dice.shuffle(fields)
        if dice.random() < 0.1:
            name, value = dice.choice(fields)
            fields.insert(dice.randrange(4), (name, 0 if dice.random() < 0.5 else value))
            twice = True
    told = _told(_file(_written(pairs, spaced=spaced, ascii_only=ascii_only) + b" " * padding, size))
    if twice:
        assert told == "safetensors_header"
    else:
        assert told == {key: (tuple(shape), dtype) for key, dtype, shape in tensors}


@pytest.mark.parametrize("rename", ["a", "bb"])
def test_what_is_saved_elsewhere_does_not_hide_a_second_entry(rename: str) -> None:
    """Blanks and order make a text no shorter than the shortest: a second entry of the same key is found though the bytes fit."""
    entry = b'"KEY":{"dtype":"U8","shape":[1],"data_offsets":[BEGIN]}'

    def one(key: str, begin: str) -> bytes:
        return entry.replace(b"KEY", key.encode()).replace(b"BEGIN", begin.encode())

    whole = b"{" + one("a", "0,1") + b"," + one(rename, "1,2") + b"}"
    assert _told(_file(whole, 2)) == ("safetensors_header" if rename == "a" else {"a": ((1,), "U8"), "bb": ((1,), "U8")})
    same = b"{" + one("a", "0,1") + b"," + one("a", "0,1") + b"}"
    assert _told(_file(same, 1)) == "safetensors_header"


def test_the_shortest_text_is_known_by_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """What writers write is not read a second time; one blank inside it, and it is."""
    asked: list[bytes] = []
    monkeypatch.setattr("app.readers.safetensors.refuse_twice", lambda _source, text, _entries: asked.append(text))
    tensors = [(f"layers.{index}.weight", "F32", [index % 3, 10**index]) for index in range(9)]
    pairs, size = _entries(tensors)
    text = _written(pairs, spaced=False, ascii_only=True)

    class Holes:
        name, bytes_read = "file", 0

        def __init__(self, header: bytes) -> None:
            self._held, self.size = _file(header), len(header) + 8 + size

        def read_at(self, offset: int, length: int) -> bytes:
            return self._held[offset : offset + length]

        def want(self, _ranges: object) -> None:
            """All is here."""

    assert len(shard(Holes(text + b"   "), 0, Kinds(), Limits()).keys) == 9
    assert asked == []
    blank = text.replace(b'"shape":', b'"shape": ', 1)
    shard(Holes(blank), 0, Kinds(), Limits())
    assert asked == [blank]


def test_keys_are_counted_over_all_shards() -> None:
    """The limit is on the checkpoint, not on each of its files."""
    files = {}
    for number in range(3):
        pairs, size = _entries([(f"{number}.{index}", "U8", [1]) for index in range(4)])
        files[f"model-{number}.safetensors"] = _file(_written(pairs, spaced=False, ascii_only=True), size)
    assert len(read(MemoryFiles(files), limits=Limits(keys=12)).tensors) == 12
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles(files), limits=Limits(keys=11))
    assert caught.value.code == "limit"
    assert caught.value.params == {"file": "model-2.safetensors", "detail": "keys"}


def test_metadata_that_is_no_text_is_refused() -> None:
    """Bytes that are no UTF-8 do not shift where the entries begin."""
    entry = b'"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
    assert _told(_file(b'{"__metadata__":{"a":"\xc3\xa9"},' + entry + b"}", 1)) == {"w": ((1,), "U8")}
    for wrong in (b"\xff", b"\xff" * 9, b"\xed\xa0\x80", rb"\ud800"):
        assert _told(_file(b'{"__metadata__":{"a":"' + wrong + b'"},' + entry + b"}", 1)) == "safetensors_header"


def test_a_header_is_no_longer_than_the_limit_says(tmp_path: Path) -> None:
    """One byte more than may be is a limit and is not read; a file that claims gigabytes ends in its child as well."""
    pairs, size = _entries([("w", "U8", [2])])
    text = _written(pairs, spaced=False, ascii_only=True)
    data = _file(text, size)
    assert len(read(MemoryFiles({"file": data}), limits=Limits(header_bytes=len(text))).tensors) == 1
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"file": data}), limits=Limits(header_bytes=len(text) - 1))
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "header_bytes")
    path = tmp_path / "model.safetensors"
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", 3 << 30) + text)
        stream.truncate(4 << 30)
    with pytest.raises(KeygraftError) as caught:
        read_limited(path)
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "header_bytes")


@pytest.mark.parametrize(
    "second",
    [
        '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x" :{"dtype" :"F32","shape" :[1],"data_offsets" :[4,8]}',
        '"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x" :{"dtype"\t:"F32","shape"\n:[1],"data_offsets"  :[4,8]}',
        '"x":{"dtype":"F64","dtype":"F32","shape" :[1],"data_offsets":[4,8]}',
    ],
)
def test_blanks_before_colons_hide_no_second_key(second: str) -> None:
    """Where a key stands twice and another is written with blanks, the colons that are counted come out even."""
    first = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
    assert _told(_file((first + second + "}").encode(), 8)) == "safetensors_header"


@pytest.mark.parametrize(
    ("offsets", "told"),
    [
        ("[0,8]", {"a": ((2,), "F32")}),
        ("[ 0 ,\t8\n]", {"a": ((2,), "F32")}),
        ("[-0,8]", {"a": ((2,), "F32")}),
        ("[00,8]", "safetensors_header"),
        ("[0,8.0]", "safetensors_header"),
        ("[0,8,8]", "safetensors_header"),
        ("[0]", "safetensors_header"),
        ('"0,8"', "safetensors_header"),
        ("null", "safetensors_header"),
        ("[0,08]", "safetensors_header"),
        ("[8,0]", "offsets"),
        ("[0,4]", "offsets"),
        ("[0,18446744073709551616]", "offsets"),
    ],
)
def test_offsets_mean_the_same_however_they_are_written(offsets: str, told: object) -> None:
    """What stands there as expected is not decoded; what is written otherwise is, and means what it says."""
    text = f'{{"a":{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}}}'.encode()
    assert _told(_file(text, 8)) == told


@pytest.mark.parametrize("shape", ['";"', '[1,";"]', '"1;1"', "[1;1]", "[ 1 ]", "[1,1]"])
def test_what_stands_between_shapes_makes_none(shape: str) -> None:
    """Shapes are cut out of one text: one that holds what is put between them does not pass for its neighbour's."""
    entries = [
        f'"{key}":{{"dtype":"U8","shape":{each},"data_offsets":[{at},{at + 1}]}}'
        for at, (key, each) in enumerate((("a", shape), ("b", "[1]")))
    ]
    told = _told(_file(("{" + ",".join(entries) + "}").encode(), 2))
    assert told == ("safetensors_header" if ";" in shape else {"a": (tuple(json.loads(shape)), "U8"), "b": ((1,), "U8")})
