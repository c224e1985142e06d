"""Small files that ask for much by sharing, copying and nesting: each ends soon, by a budget and not by the clock."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import KeygraftError
from app.readers import read, read_limited
from app.sources import MemoryFiles
from tests.readers import assembler as a

_SECONDS = 3.0
"""Own CPU time; each took five to twenty, or more than half a gigabyte, before there was a budget for it."""


def _numbers(count: int) -> bytes:
    return b"".join(a.text(str(number)) + b"K\1" for number in range(count))


def _copies(kind: str, held: bytes) -> bytes:
    return held + b"q\0(" + (a.name("builtins", kind) + b"h\0\x85R") * 3_000 + b"l"


def _deep(levels: int, inner: bytes) -> bytes:
    return a.tensor() + b"q\0" + b"".join(b"}" + a.text("k") for _ in range(levels)) + inner + b"s" * levels


def _module(modules: bytes, parameters: bytes = b"}") -> bytes:
    return b"h\1)\x81}(" + a.text("_parameters") + parameters + a.text("_buffers") + b"}" + a.text("_modules") + modules + b"ub"


def _shared_modules() -> bytes:
    body = a.tensor() + b"q\0" + a.name("torch.nn", "M") + b"q\1" + _module(b"}", b"}" + a.text("w") + b"h\0s") + b"q\2"
    return body + (_module(b"}(" + a.text("a") + b"h\2" + a.text("b") + b"h\2u") + b"q\2") * 40


AMPLIFIERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "dictionaries of dictionaries": ("opcodes", lambda: _copies("dict", b"}(" + _numbers(20_000) + b"u")),
    "lists of lists": ("opcodes", lambda: _copies("list", b"](" + b"K\1" * 20_000 + b"e")),
    "tuples of tuples": ("opcodes", lambda: _copies("tuple", b"](" + b"K\1" * 20_000 + b"e")),
    "arguments": ("opcodes", lambda: b"(" + b"K\1" * 20_000 + b"tq\0(" + (a.name("a", "B") + b"h\0}\x92") * 3_000 + b"l"),
    "sizes": ("opcodes", lambda: b"(" + b"K\1" * 20_000 + b"tq\0(" + (a.name("torch", "Size") + b"h\0\x85R") * 3_000 + b"l"),
    "bytes of text": (
        "pickle_bytes",
        lambda: a.text("é" * 30_000) + b"q\0(" + (a.name("_codecs", "encode") + b"h\0" + a.text("utf8") + b"\x86R") * 5_000 + b"l",
    ),
    "a large dictionary, again and again": (
        "keys",
        lambda: b"}(" + _numbers(20_000) + a.text("t") + a.tensor() + b"uq\0(" + b"h\0" * 5_000 + b"l",
    ),
    "modules that share modules": ("keys", _shared_modules),
    "a deep path for each tensor": (
        "keys",
        lambda: _deep(500, b"](" + b"".join(b"}" + a.text(str(number)) + b"h\0s" for number in range(50_000)) + b"e"),
    ),
}


@pytest.mark.parametrize("case", AMPLIFIERS)
def test_what_is_made_of_little_is_charged(case: str, tmp_path: Path) -> None:
    """In the limited child as well, which need not be stopped."""
    detail, body = AMPLIFIERS[case]
    path = tmp_path / "model.pt"
    path.write_bytes(a.zipped(a.pickle(body())))
    with pytest.raises(KeygraftError) as caught:
        read_limited(path)
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", detail)


def _sizes_without_measure() -> bytes:
    long = b"\x8b" + (4_096).to_bytes(4, "little") + b"\x77" * 4_096
    rebuilt = a.name("torch._utils", "_rebuild_tensor_v2") + b"(" + a.storage() + b"K\0(" + long * 60 + b"tK\1\x85\x89"
    return b"(" + (rebuilt + a.name("collections", "OrderedDict") + b")RtR") * 100 + b"l"


def _names_of_buffers() -> bytes:
    hidden = a.text("_non_persistent_buffers_set")
    inner = b"".join(
        a.text(str(number))
        + b"h\1)\x81}("
        + hidden
        + b"h\5"
        + a.text("_parameters")
        + b"}"
        + a.text("_buffers")
        + b"}"
        + a.text("b")
        + b"h\0sub"
        for number in range(3_000)
    )
    body = a.tensor() + b"q\0" + a.name("torch.nn", "M") + b"q\1)\x81}(" + hidden + b"(" + b"".join(map(a.text, map(str, range(100_000))))
    return body + b"lq\5" + a.text("_parameters") + b"}" + a.text("_modules") + b"}(" + inner + b"uub"


SLOW: dict[str, Callable[[], bytes]] = {
    "sizes of four thousand bytes": _sizes_without_measure,
    "the same list of buffers in each module": _names_of_buffers,
    "objects without anything": lambda: a.name("a", "B") + b"q\0(" + b"h\0)R" * 1_000_000 + b"l",
    "tuples of one number": lambda: b"](" + b"K\1\x85" * 1_000_000 + b"e",
    "a long way down": lambda: _deep(
        300, b"}(" + b"".join(a.text(str(number)) + b"}" + a.text("w") + b"h\0s" for number in range(6_000)) + b"u"
    ),
    "branches within branches": lambda: (
        a.tensor()
        + b"q\0}("
        + b"".join(
            a.text(str(top)) + b"}(" + b"".join(a.text(str(each)) + b"}" + a.text("w") + b"h\0s" for each in range(1_000)) + b"u"
            for top in range(60)
        )
        + b"u"
    ),
}


@pytest.mark.parametrize("case", SLOW)
def test_what_is_odd_takes_no_longer_than_what_is_large(case: str) -> None:
    """One look at each thing, however the file is built."""
    files = MemoryFiles({"model.pt": a.zipped(a.pickle(SLOW[case]()))})
    started = time.process_time()
    read(files)
    assert time.process_time() - started < _SECONDS


def test_a_shape_of_many_dimensions_is_not_multiplied() -> None:
    """Of an array in a pickle, a hundred thousand of them."""
    array = a.call("numpy._core.multiarray", "_reconstruct", a.name("numpy", "ndarray"), b"K\0\x85", b"C\1b")
    shape = b"(" + (b"\x8a\x08" + b"\xff" * 7 + b"\x7f") * 100_000 + b"t"
    state = a.tuple_(b"K\1", shape, a.call("numpy", "dtype", a.text("f4"), b"\x89", b"\x88"), b"\x89", b"C\4abcd")
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": a.pickle(array + state + b"b", 4)}))
    assert caught.value.code == "malformed_pickle"


def test_what_is_told_of_other_leaves_has_an_end() -> None:
    """A thousand keys of sixty kilobytes are no list for a person."""
    body = b"}(" + b"".join(a.text("k" * 60_000 + str(number)) + b"K\1" for number in range(100)) + a.text("t") + a.tensor() + b"u"
    tree = read(MemoryFiles({"model.pt": a.zipped(a.pickle(body))}))
    assert sum(map(len, tree.other)) < 2 << 20
    assert list(tree.tensors) == ["t"]
