"""ONNX: the initializers and constants of a graph, by a walk over the protobuf fields that skips all data.

Source of the format: https://github.com/onnx/onnx, onnx/onnx.proto; protobuf encoding, https://protobuf.dev/programming-guides/encoding.
"""

from collections import Counter, deque
from collections.abc import Iterator
from functools import partial
from math import ceil, prod
from typing import NamedTuple

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, Warned, itemsize
from app.keys.spelling import spell_token
from app.readers.cursor import Cursor
from app.readers.errors import OnnxError, ReadError, ReadLimitError
from app.readers.limits import Limits
from app.sources import ByteSource

TYPES = {
    1: "F32",
    2: "U8",
    3: "I8",
    4: "U16",
    5: "I16",
    6: "I32",
    7: "I64",
    8: "STRING",
    9: "BOOL",
    10: "F16",
    11: "F64",
    12: "U32",
    13: "U64",
    14: "C64",
    15: "C128",
    16: "BF16",
    17: "F8_E4M3",
    18: "F8_E4M3FNUZ",
    19: "F8_E5M2",
    20: "F8_E5M2FNUZ",
    21: "UINT4",
    22: "INT4",
    23: "F4",
    24: "F8_E8M0",
    25: "UINT2",
    26: "INT2",
    27: "F6_E2M3",
    28: "F6_E3M2",
}
"""TensorProto.DataType -> our name."""

_GRAPH_OF_MODEL = 7
_NODE, _INITIALIZER, _SPARSE = 1, 5, 15
_OUTPUT_OF_NODE, _OPERATOR, _ATTRIBUTE = 2, 4, 5
_TENSOR_OF_ATTRIBUTE, _GRAPH_OF_ATTRIBUTE, _GRAPHS, _SPARSE_OF_ATTRIBUTE = 5, 6, 11, 22
_VALUES, _SPARSE_DIMS = 1, 3
_DIMS, _TYPE, _NAME, _RAW, _EXTERNAL, _LOCATION = 1, 2, 8, 9, 13, 14
_NAME_OF_ATTRIBUTE = 1
_FLOAT, _INT, _TEXT = 1, 7, 8
_WRITTEN = {
    "value_float": (2, _FLOAT, False),
    "value_int": (3, _INT, False),
    "value_string": (4, _TEXT, False),
    "value_floats": (7, _FLOAT, True),
    "value_ints": (8, _INT, True),
    "value_strings": (9, _TEXT, True),
}
"""Attributes of a Constant that are no tensor: number of the field, type, and whether it is a list."""
_PACKED = {7: _FLOAT, 8: _INT}
_OF_MODEL = frozenset({_GRAPH_OF_MODEL})
_OF_GRAPH = frozenset({_NODE, _INITIALIZER, _SPARSE})
_OF_NODE = frozenset({_OUTPUT_OF_NODE, _OPERATOR, _ATTRIBUTE})
_OF_TENSOR = frozenset({_DIMS, _TYPE, _NAME, _RAW, _EXTERNAL, _LOCATION})
_OF_SPARSE = frozenset({_VALUES, _SPARSE_DIMS})
_OF_ATTRIBUTE = frozenset({_NAME_OF_ATTRIBUTE, _TENSOR_OF_ATTRIBUTE, _GRAPH_OF_ATTRIBUTE, _GRAPHS, _SPARSE_OF_ATTRIBUTE})
_OF_ATTRIBUTE |= {number for number, _, _ in _WRITTEN.values()}
_MOST = (1 << 63) - 1
_MOST_FIELDS = 3_000_000


class _Field(NamedTuple):
    number: int
    wire: int
    start: int
    end: int
    value: int


class _Found(NamedTuple):
    name: str
    dims: tuple[int, ...]
    kind: int
    raw: tuple[int, int] | None
    external: bool
    layout: str = "strided"


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of an ONNX model. Raises OnnxError (`onnx_invalid`), ReadLimitError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    return _Reading(source, limits).tree()


class _Reading:
    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._fields = _MOST_FIELDS
        self._at = Cursor(source, partial(OnnxError, "onnx_invalid", file=source.name))
        self._tensors: dict[str, TensorInfo] = {}
        self._warned: dict[str, tuple[str, int]] = {}

    def _bad(self) -> OnnxError:
        return OnnxError("onnx_invalid", file=self._source.name)

    def tree(self) -> KeyTree:
        """Walk model, graphs and nodes, each message after the other; no recursion."""
        model = self._walk(0, self._source.size, _OF_MODEL)
        graphs = deque((field.start, field.end, 0) for field in model if field.number == _GRAPH_OF_MODEL and field.wire == 2)
        if not graphs:
            raise self._bad()
        while graphs:
            start, end, depth = graphs.popleft()
            if depth > 16:
                raise ReadLimitError("limit", file=self._source.name, detail="depth")
            for field in self._walk(start, end, _OF_GRAPH):
                if field.wire == 2 and field.number == _INITIALIZER:
                    self._keep(self._tensor(field))
                elif field.wire == 2 and field.number == _SPARSE:
                    self._keep(self._sparse(field))
                elif field.wire == 2 and field.number == _NODE:
                    graphs.extend((*inner, depth + 1) for inner in self._node(field))
        offer = TreeOffer((), len(self._tensors), min(_MOST, sum(info.numel for info in self._tensors.values())))
        warnings = tuple(Warned(code, {"key": key, "count": count}) for code, (key, count) in self._warned.items())
        files = (FileInfo(self._source.name, self._source.size),)
        separator = "/" if sum("/" in key for key in self._tensors) * 2 > len(self._tensors) else "."
        return KeyTree("onnx", self._tensors, files=files, warnings=warnings, offers=(offer,), separator=separator)

    def _walk(self, start: int, end: int, wanted: frozenset[int]) -> Iterator[_Field]:
        """Yield those fields of a message that are wanted; lengths are checked, contents not read. Whoever takes one may walk inside it."""
        at = self._at
        at.place, at.end = start, end
        while at.place < end:
            self._fields -= 1
            if self._fields < 0:
                raise ReadLimitError("limit", file=self._source.name, detail="entries")
            tag, value = at.field()
            begin = at.place
            if tag & 7:
                at.skip(value)
            if tag >> 3 in wanted:
                place = at.place
                yield _Field(tag >> 3, tag & 7, begin, place, value)
                at.place, at.end = place, end

    def _bytes(self, field: _Field) -> bytes:
        self._at.place, self._at.end = field.start, field.end
        return self._at.take(field.end - field.start)

    def _text(self, field: _Field) -> str:
        if field.end - field.start > self._limits.key_length:
            raise ReadLimitError("limit", file=self._source.name, detail="key_length")
        return self._bytes(field).decode("utf-8", "backslashreplace")

    def _tensor(self, message: _Field) -> _Found:
        name, kind, external = "", 0, False
        dims: list[int] = []
        raw: tuple[int, int] | None = None
        for field in self._walk(message.start, message.end, _OF_TENSOR):
            if field.number == _DIMS and field.wire == 0:
                dims.append(field.value)
            elif field.number == _DIMS and field.wire == 2:
                dims.extend(self._packed(field))
            elif field.number == _TYPE:
                kind = field.value
            elif field.number == _NAME and field.wire == 2:
                name = self._text(field)
            elif field.number == _RAW and field.wire == 2:
                raw = (field.start, field.end)
            elif (field.number == _LOCATION and field.value == 1) or field.number == _EXTERNAL:
                external = True
        return _Found(name, tuple(dims), kind, raw, external)

    def _sparse(self, message: _Field) -> _Found:
        """A sparse tensor: named and typed by its values, shaped by its own dimensions."""
        values = _Found("", (), 0, None, external=False)
        dims: list[int] = []
        for field in self._walk(message.start, message.end, _OF_SPARSE):
            if field.number == _VALUES and field.wire == 2:
                values = self._tensor(field)
            elif field.number == _SPARSE_DIMS:
                dims += [field.value] if field.wire == 0 else self._packed(field) if field.wire == 2 else []
        return values._replace(dims=tuple(dims), raw=None, layout="sparse_coo")

    def _packed(self, field: _Field) -> list[int]:
        if field.end - field.start > 640:
            raise self._bad()
        self._at.place, self._at.end = field.start, field.end
        out = []
        while self._at.place < field.end:
            out.append(self._at.varint())
        return out

    def _node(self, message: _Field) -> list[tuple[int, int]]:
        """Keep the tensor of a Constant node under the name of its output; return the graphs inside."""
        output, operator = "", ""
        attributes: list[_Field] = []
        for field in self._walk(message.start, message.end, _OF_NODE):
            if field.number == _OUTPUT_OF_NODE and field.wire == 2 and not output:
                output = self._text(field)
            elif field.number == _OPERATOR and field.wire == 2:
                operator = self._text(field)
            elif field.number == _ATTRIBUTE and field.wire == 2:
                attributes.append(field)
        graphs = []
        for attribute in attributes:
            graphs += self._inside(attribute, output if operator == "Constant" else None)
        return graphs

    def _inside(self, attribute: _Field, output: str | None) -> list[tuple[int, int]]:
        """Return the graphs of an attribute; keep its tensor, or the numbers or text in its stead, where `output` names a constant."""
        graphs, name, counts = [], "", Counter[int]()
        for field in self._walk(attribute.start, attribute.end, _OF_ATTRIBUTE):
            if field.wire == 2 and field.number in {_GRAPH_OF_ATTRIBUTE, _GRAPHS}:
                graphs.append((field.start, field.end))
            elif output is None:
                continue
            elif field.wire == 2 and field.number in {_TENSOR_OF_ATTRIBUTE, _SPARSE_OF_ATTRIBUTE}:
                found = self._tensor(field) if field.number == _TENSOR_OF_ATTRIBUTE else self._sparse(field)
                self._keep(found._replace(name=output))
            elif field.wire == 2 and field.number == _NAME_OF_ATTRIBUTE:
                name = name or self._text(field)
            else:
                counts[field.number] += self._count(field)
        if output is not None and name in _WRITTEN:
            number, kind, listed = _WRITTEN[name]
            if listed or counts[number]:
                self._keep(_Found(output, (counts[number],) if listed else (), kind, None, external=False))
        return graphs

    def _count(self, field: _Field) -> int:
        """Numbers in a field: one, or many that are packed."""
        if field.wire != 2 or field.number not in _PACKED:
            return 1
        if _PACKED[field.number] == _FLOAT:
            return (field.end - field.start) // 4
        return sum(byte < 0x80 for byte in self._bytes(field)) if field.end - field.start <= self._limits.key_length else 0

    def _keep(self, found: _Found) -> None:
        key = spell_token(found.name)
        if len(self._tensors) >= self._limits.keys:
            raise ReadLimitError("limit", file=self._source.name, detail="keys")
        if key in self._tensors:
            self._warn("duplicate_name", key)
            return
        dtype = TYPES.get(found.kind, "UNKNOWN")
        if len(found.dims) > 64 or any(size > _MOST for size in found.dims) or prod(found.dims) > _MOST:
            self._warn("shape", key)
            self._tensors[key] = TensorInfo(None, dtype)
            return
        where, note = None, ""
        if found.external:
            note = "data in another file"
            self._warn("external_data", key)
        elif found.raw is not None:
            where = self._located(key, found, itemsize(dtype))
        self._tensors[key] = TensorInfo(found.dims, dtype, where=where, layout=found.layout, note=note)

    def _located(self, key: str, found: _Found, size: float | None) -> Location | None:
        start, end = found.raw or (0, 0)
        if size is None:
            return None
        if ceil(prod(found.dims) * size) != end - start:
            self._warn("bounds", key)
            return None
        return Location(0, start, end - start, f"@{start}")

    def _warn(self, code: str, key: str) -> None:
        first, count = self._warned.get(code, (key, 0))
        self._warned[code] = (first, count + 1)
