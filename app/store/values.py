"""A row as the columns it is written to."""

import msgspec


def columns(row: msgspec.Struct) -> dict[str, object]:
    """Every field by name."""
    return {name: getattr(row, name) for name in row.__struct_fields__}
