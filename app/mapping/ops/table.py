"""The closed set of ops."""

from collections.abc import Mapping

from app.mapping.errors import OpError
from app.mapping.ops.arithmetic import ARITHMETIC
from app.mapping.ops.axes import AXES
from app.mapping.ops.cutting import CUTTING
from app.mapping.ops.joining import JOINING
from app.mapping.ops.op import Example, Op
from app.mapping.ops.rows import ROWS
from app.mapping.ops.shaping import SHAPING
from app.mapping.ops.sizing import SIZING

IDENTITY = Op(
    "identity",
    "The tensor as it is.",
    lambda operands: operands.value,
    Example('"head.weight" = identity("fc.weight")', {"fc.weight": (1000, 2048)}, (1000, 2048)),
    inverse="identity",
    group="shape",
)

OPS: Mapping[str, Op] = {op.name: op for op in (IDENTITY, *AXES, *SHAPING, *CUTTING, *JOINING, *ROWS, *ARITHMETIC, *SIZING)}
"""Every op of the language by name."""


def op_named(name: str) -> Op:
    """Return an op; OpError `op_unknown` where the language has none of this name."""
    found = OPS.get(name)
    if found is None:
        raise OpError("op_unknown", op=name)
    return found
