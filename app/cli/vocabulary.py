"""The operations of the plan language, as rows."""

from typing import Any

from app.mapping.ops.table import OPS


def described() -> list[dict[str, Any]]:
    """Every op: name, group, what it does, its parameters, an example, and how it is undone."""
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
        }
        for op in OPS.values()
    ]
