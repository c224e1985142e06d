"""Ops that take a part of a tensor."""

from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Value, axis, divided, step, words


def cut(value: Value, dim: int, start: int, length: int, op: str = "slice") -> Value:
    """Take `length` rows from `start` on along a dimension."""
    dim = axis(op, value, dim)
    size = value.shape[dim]
    if start < 0 or length < 0 or start + length > size:
        raise OpError("op_range", op=op, start=start, end=start + length, size=size, dim=dim, shape=words(value.shape))
    if length == size:
        return value
    shape = (*value.shape[:dim], length, *value.shape[dim + 1 :])
    return step("slice", [value], shape, {"dim": dim, "start": start, "length": length})


def pick(value: Value, dim: int, index: int, op: str = "select") -> Value:
    """Take one row along a dimension, which goes away."""
    dim = axis(op, value, dim)
    size = value.shape[dim]
    if not -size <= index < size:
        raise OpError("op_index", op=op, index=index, size=size, dim=dim, shape=words(value.shape))
    return step("select", [value], value.shape[:dim] + value.shape[dim + 1 :], {"dim": dim, "index": index % size})


def chosen(operands: Operands, count: int) -> int:
    """Return the index of the wanted result; OpError where none is named or it is out of range."""
    index = operands.index
    if not isinstance(index, int):
        raise OpError("op_result_missing", op=operands.op, count=count)
    if not -count <= index < count:
        raise OpError("op_result_range", op=operands.op, index=index, count=count)
    return index % count


def _slice(operands: Operands) -> Value:
    dim = axis("slice", operands.value, operands.integer("dim"))
    start, length = operands.integer("start"), operands.optional("length")
    return cut(operands.value, dim, start, operands.value.shape[dim] - start if length is None else length)


def _chunk(operands: Operands) -> Value:
    value = operands.value
    chunks, dim = operands.integer("chunks"), axis("chunk", operands.value, operands.integer("dim"))
    size = divided("chunk", value.shape[dim], chunks, dim, value)
    return cut(value, dim, chosen(operands, chunks) * size, size, "chunk")


def _split(operands: Operands) -> Value:
    value, sizes = operands.value, operands.integers("sizes")
    dim = axis("split", value, operands.integer("dim"))
    if sum(sizes) != value.shape[dim] or any(size < 0 for size in sizes):
        raise OpError("op_split", op="split", sizes=str(list(sizes)), size=value.shape[dim], dim=dim, shape=words(value.shape))
    at = chosen(operands, len(sizes))
    return cut(value, dim, sum(sizes[:at]), sizes[at], "split")


_DIM = Parameter("dim", "int", 0)

CUTTING = (
    Op(
        "slice",
        "Take `length` rows from `start` on along a dimension.",
        _slice,
        Example('"q" = slice("qkv", dim=0, start=0, length=768)', {"qkv": (2304, 768)}, (768, 768)),
        (_DIM, Parameter("start", "int", 0), Parameter("length", "int", None, "to the end where left out")),
        inverse="concat, where the other parts are bound too",
        group="parts",
    ),
    Op(
        "chunk",
        "Cut into equal parts along a dimension and take one.",
        _chunk,
        Example('"h.{i}.k" = chunk("h.{i}.qkv", 3, dim=0)[1]', {"h.0.qkv": (2304, 768)}, (768, 768)),
        (Parameter("chunks", "int", positional=True), _DIM),
        results=True,
        inverse="concat, where the other parts are bound too",
        group="parts",
    ),
    Op(
        "split",
        "Cut into parts of the given sizes along a dimension and take one.",
        _split,
        Example('"k" = split("qkv", [4096, 1024, 1024], dim=0)[1]', {"qkv": (6144, 4096)}, (1024, 4096)),
        (Parameter("sizes", "ints", positional=True), _DIM),
        results=True,
        inverse="concat, where the other parts are bound too",
        group="parts",
    ),
    Op(
        "select",
        "Take one row along a dimension, which goes away.",
        lambda operands: pick(operands.value, operands.integer("dim"), operands.integer("index")),
        Example('"experts.{e}.w" = select("experts.w", dim=0, index={e})', {"experts.w": (8, 512, 1408)}, (512, 1408)),
        (_DIM, Parameter("index", "int")),
        inverse="stack, where the other rows are bound too",
        group="parts",
    ),
)
