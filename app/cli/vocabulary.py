"""The operations of the plan language, as rows."""

from typing import Any

from app.mapping.ops.table import OPS
from app.mapping.ops.usage import used_in


def described() -> list[dict[str, Any]]:
    """Every op: name, group, what it does, its parameters, an example, how it is undone, and what uses it."""
    return [
        {
            "name": op.name,
            "group": op.group,
            "summary": op.summary,
            "parameters": [
                {"name": each.name, "kind": each.kind, "default": each.default, "summary": each.summary, "choices": each.choices}
                for each in op.parameters
            ],
            "example": op.example.line,
            "inverse": op.inverse,
            "used_in": used_in(op.name),
        }
        for op in OPS.values()
    ]
