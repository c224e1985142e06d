"""What one plain tensor looks like in a pickle that torch wrote, opcode for opcode, and what it means.

The record of a tensor is `key, _rebuild_tensor_v2(storage, offset, shape, stride, ...)`. All of a file have the same opcodes, and the few
parts of them that say something (globals, counts, sizes) are alike in many.
"""

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from app.keys.dtypes import itemsize
from app.readers.pickles.plain_makers import MAKERS as PLAIN
from app.readers.pickles.torch_makers import MAKERS as TORCH
from app.readers.pickles.torch_makers import STORAGE_DTYPES, UNKNOWN
from app.readers.pickles.values import Global

Parts = tuple[bytes, ...]
"""What is the same in many records: globals up to the storage's key, the place and count of a storage, shape, stride, the rest."""
Match = Callable[[bytes, int], re.Match[bytes] | None]
_TENSOR, _DICT = TORCH["torch._utils._rebuild_tensor_v2"], PLAIN["collections.OrderedDict"]
_GET = rb"(?:h.|j.{4})"
_NUMBER = rb"(?:K.|M..|J.{4}|\x8a\x05.{5}|\x8a\x06.{6})"
_SIZES = rb"(?:(?:" + _NUMBER + rb"){1,3}[\x85-\x87]|\((?:" + _NUMBER + rb"){4,9}t)"
_EACH = re.compile(rb"(?s)" + _NUMBER)
_SAID = re.compile(
    rb"(?s)(?P<func>%b)\(\((?P<name>%b)(?P<cls>%b)X;(?P<place>%b)(?P<count>%b)t;" % (_GET, _GET, _GET, _GET, _NUMBER)
    + rb"Q(?P<begin>%b)(?:\)\)|(?P<shape>%b));(?P<stride>%b)?;(?P<grad>[\x88\x89])(?P<state>%b)\)R" % (_NUMBER, _SIZES, _SIZES, _GET)
)
"""What the parts of a record say, a semicolon between them."""
_NAMED = ("func", "name", "cls", "place", "state")
"""Those that say where in the memo something stands."""


class Form(NamedTuple):
    """How records stand there when memo indices are written with one opcode.

    put        -- the opcode
    width      -- bytes of an index
    after_text -- matches what follows the text of a key
    after_get  -- matches what follows a key that was taken from the memo
    """

    put: bytes
    width: int
    after_text: Match
    after_get: Match


def _form(put: bytes, width: int) -> Form:
    index = put + b"(.{%d})" % width
    storage = rb"(" + _GET + rb"\(\(" + _GET + _GET + rb"X)(.)\0\0\0([0-9]{1,9})" + index + rb"(" + _GET + _NUMBER + rb"t)" + index
    view = rb"(Q" + _NUMBER + rb"(?:\)\)|" + _SIZES + rb"))(?:" + index + rb"(" + _SIZES + rb")" + index + rb")?"
    record = storage + view + rb"([\x88\x89]" + _GET + rb"\)R)" + index + rb"t" + index + rb"R" + index
    return Form(put, width, re.compile(rb"(?s)" + index + record).match, re.compile(rb"(?s)()" + record).match)


FORMS = {0x71: _form(b"q", 1), 0x72: _form(b"r", 4)}
"""By opcode: BINPUT and LONG_BINPUT."""
parts_of: Callable[[tuple[bytes, ...]], Parts] = itemgetter(1, 5, 7, 9, 11)
"""The parts among the groups of a match."""


def first_put(groups: tuple[bytes, ...]) -> int:
    """Return the first memo index among the groups of a match: of the key, or of the storage's key where that was remembered."""
    return int.from_bytes(groups[0] or groups[4], "little")


class Kind(NamedTuple):
    """What records of the same parts mean; nothing of it is of one tensor alone.

    relied -- the memo indices that were looked up, and what stood there
    """

    cls: Global
    dtype: str
    location: str
    numel: int
    nbytes: int
    element: str
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    grad: bool
    relied: tuple[tuple[int, Any], ...]


def kind_of(parts: Parts, memo: Mapping[int, Any]) -> Kind | None:
    """Return what a record means; None where it only looks like one."""
    found = _SAID.fullmatch(b";".join(parts))
    if found is None:
        return None
    indices = [int.from_bytes(found[name][1:], "little") for name in _NAMED]
    values: list[Any] = list(map(memo.get, indices))
    func, name, cls, place, state = values
    sizes, steps = _sizes(found["shape"]), _sizes(found["stride"])
    if not _sound(func, name, cls, place, state) or sizes is None or steps is None or bool(sizes) != bool(steps):
        return None
    dtype, numel = STORAGE_DTYPES.get(cls.name.rpartition(".")[2], UNKNOWN), _number(found["count"])
    nbytes = int(numel * (itemsize(dtype) or 1))
    offset, grad = _number(found["begin"]), found["grad"] == b"\x88"
    return Kind(cls, dtype, place, numel, nbytes, dtype or "U8", sizes, steps, offset, grad, tuple(zip(indices, values, strict=True)))


def _sound(func: Any, name: Any, cls: Any, place: Any, state: Any) -> bool:
    """Whether what a record takes from the memo is what torch puts there."""
    if not (type(func) is type(cls) is type(state) is Global and type(name) is type(place) is str):
        return False
    return func.maker is _TENSOR and state.maker is _DICT and name == "storage" and cls.name.endswith("Storage")


def _number(raw: bytes) -> int:
    start = 2 if raw[0] == 0x8A else 1
    return int.from_bytes(raw[start:], "little", signed=raw[0] in {0x4A, 0x8A})


def _sizes(raw: bytes | None) -> tuple[int, ...] | None:
    """Return the tuple that these opcodes make; None where they take fewer or more values than stand there."""
    if not raw:
        return ()
    inner = raw[1:-1] if raw[0] == 0x28 else raw[:-1]
    made = tuple(map(_number, _EACH.findall(inner)))
    return made if raw[0] == 0x28 or len(made) == raw[-1] - 0x84 else None


class Layout:
    """Where everything stands in records of the same parts, behind their key: told by their bytes alone, without a pattern.

    From one to the next only the key of the storage and the memo indices differ, all of those by the same number. So the bytes of a
    record, that key left out, are a number that can be reckoned: `base + first * step`, where `first` is its first index.

    head -- bytes before the key of the storage; its length is the fourth last of them
    rest -- bytes behind it
    mask -- all but that length
    puts -- how many indices there are
    text -- whether the key stands there, so that its index is among them, or was taken from the memo
    """

    __slots__ = ("base", "head", "kind", "mask", "puts", "rest", "step", "text")

    def __init__(self, parts: Parts, kind: Kind, form: Form, *, text: bool) -> None:
        named, count, shape, stride, state = parts
        same = [named + bytes(4), count, *((shape, stride, state) if stride else (shape + state,)), b"t", b"R"]
        if text:
            same.insert(0, b"")
        put = form.put + bytes(form.width)
        written = bytearray(put.join([*same, b""]))
        counted, place = bytearray(len(written)), 1 - len(put)
        for number, part in enumerate(same):
            place += len(part) + len(put)
            written[place], counted[place] = number, 1
        self.kind, self.text, self.puts = kind, text, len(same)
        self.head = len(named) + 4 + (len(put) if text else 0)
        self.rest = len(written) - self.head
        self.mask = ~(0xFF << 8 * (self.head - 4))
        self.step = int.from_bytes(counted, "little")
        self.base = int.from_bytes(written, "little")
