"""Every setting as a row: name, default, meaning, and what is in force."""

import os
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from app.settings import Settings, load

_OF_THE_MACHINE = {"data": "the user's data folder", "roots": "the folder it was started in"}


def listed() -> list[dict[str, str]]:
    """Rows in the order of the settings; secrets are not shown."""
    current = load()
    rows = []
    for name, field in Settings.model_fields.items():
        default = _OF_THE_MACHINE.get(name, "" if field.default is PydanticUndefined else _shown(field.default))
        meaning = field.description or ""
        rows.append({"name": f"KEYGRAFT_{name.upper()}", "default": default, "now": _shown(getattr(current, name)), "meaning": meaning})
    return rows


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return (os.pathsep if any(isinstance(part, Path) for part in value) else ",").join(map(str, value))
    return "" if value is None else str(value)
