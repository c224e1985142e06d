"""The closed set of ops."""

from collections.abc import Mapping
from typing import Any

from app.mapping.errors import OpError
from app.mapping.ops.arithmetic import ARITHMETIC
from app.mapping.ops.attention import ATTENTION
from app.mapping.ops.axes import AXES
from app.mapping.ops.cutting import CUTTING
from app.mapping.ops.joining import JOINING
from app.mapping.ops.norms import NORMS
from app.mapping.ops.op import REQUIRED, Example, Op
from app.mapping.ops.rows import ROWS
from app.mapping.ops.shaping import SHAPING
from app.mapping.ops.sizing import SIZING
from app.mapping.ops.usage import used_in

IDENTITY = Op(
    "identity",
    "The tensor as it is.",
    lambda operands: operands.value,
    Example('"head.weight" = identity("fc.weight")', {"fc.weight": (1000, 2048)}, (1000, 2048)),
    inverse="identity",
    group="shape",
)

OPS: Mapping[str, Op] = {
    op.name: op for op in (IDENTITY, *AXES, *SHAPING, *CUTTING, *JOINING, *ROWS, *ARITHMETIC, *SIZING, *ATTENTION, *NORMS)
}
"""Every op of the language by name."""


def op_named(name: str) -> Op:
    """Return an op; OpError `op_unknown` where the language has none of this name."""
    found = OPS.get(name)
    if found is None:
        raise OpError("op_unknown", op=name)
    return found


def ops_table() -> list[dict[str, Any]]:
    """Describe every op as data, for `keygraft ops --json`: what it takes, how it is undone, an example."""
    return [_row(op) for op in OPS.values()]


def _row(op: Op) -> dict[str, Any]:
    return {
        "name": op.name,
        "summary": op.summary,
        "group": op.group,
        "inputs": {"least": op.least, "most": op.most},
        "results": op.results,
        "arguments": [
            {
                "name": parameter.name,
                "kind": parameter.kind,
                "required": parameter.default == REQUIRED,
                "default": None if parameter.default == REQUIRED else parameter.default,
                "summary": parameter.summary,
                "choices": list(parameter.choices),
            }
            for parameter in op.parameters
        ],
        "inverse": op.inverse or None,
        "used_in": used_in(op.name),
        "example": {
            "line": op.example.line,
            "sources": {key: list(shape) for key, shape in op.example.sources.items()},
            "gives": list(op.example.gives),
        },
    }
