"""Key lists as JSON: what `keygraft tree --json` prints, headers, indices, maps of shapes, and the snippet's answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.definitions.entries import Entries
from app.definitions.errors import TextError
from app.definitions.notation import checked_shape, dtype_of, shape_of
from app.keys import KeyTree

_SHAPE_NAMES = ("shape", "size", "sizes", "dims")
_KEY_NAMES = ("key", "name", "parameter", "tensor")
_CONFIG_SIGNS = ("architectures", "model_type", "_class_name", "_diffusers_version", "hidden_size", "num_hidden_layers")
_WRITTEN_SHAPE = re.compile(r"(?:torch\.Size)?\(?[\[(]?[\s0-9,x\u00d7]*[\])]?\)?\Z")


def read_document(document: Any) -> KeyTree:
    """Read a parsed JSON document; TextError where it holds no keys with shapes."""
    entries = Entries()
    if isinstance(document, Mapping):
        if isinstance(document.get("tensors"), Mapping | list):
            return read_document(document["tensors"])
        if isinstance(document.get("weight_map"), Mapping):
            document = dict.fromkeys(document["weight_map"])
        inner = [value for value in document.values() if isinstance(value, Mapping) and value and not _is_entry(value)]
        if len(inner) == 1 and not any(isinstance(value, list | Mapping) for value in document.values() if value is not inner[0]):
            return read_document(inner[0])
        _read_map(entries, document)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        _read_rows(entries, document)
    return entries.tree(form="json")


def _is_entry(value: Mapping[Any, Any]) -> bool:
    """Whether a map says something of one key, or of the file, and holds no keys itself."""
    return any(name in value for name in (*_SHAPE_NAMES, "dtype")) or not all(
        isinstance(each, list | tuple | Mapping) for each in value.values()
    )


def _read_map(entries: Entries, document: Mapping[Any, Any]) -> None:
    if any(sign in document for sign in _CONFIG_SIGNS):
        raise TextError("text_is_config")
    for key, value in document.items():
        if key in ("__metadata__", "_metadata") and isinstance(value, Mapping):
            continue
        if not isinstance(key, str):
            raise TextError("text_value_unreadable", key=repr(key)[:80])
        entries.add(key, *_value(key, value))


def _read_rows(entries: Entries, rows: Sequence[Any]) -> None:
    for number, row in enumerate(rows, 1):
        if isinstance(row, str):
            entries.add(row)
        elif isinstance(row, Mapping):
            key = next((row[name] for name in _KEY_NAMES if isinstance(row.get(name), str)), None)
            if key is None:
                raise TextError("text_value_unreadable", key=f"#{number}")
            entries.add(key, *_value(key, row))
        elif isinstance(row, list | tuple) and row and isinstance(row[0], str):
            key, *rest = row
            entries.add(key, *_value(key, {"shape": rest[0], "dtype": rest[1] if len(rest) > 1 else None} if rest else None))
        else:
            raise TextError("text_value_unreadable", key=f"#{number}")


def _value(key: str, value: Any) -> tuple[tuple[int, ...] | None, str | None, str | None]:
    """Shape, dtype and kind of one entry."""
    if value is None:
        return None, None, None
    if isinstance(value, Mapping):
        written = next((value[name] for name in _SHAPE_NAMES if name in value), None)
        shape = None if written is None else _shape(key, written)
        dtype = value.get("dtype")
        kind = value.get("kind") if value.get("kind") in {"parameter", "buffer", "extra"} else None
        if written is None and dtype is None:
            raise TextError("text_value_unreadable", key=key[:200])
        return shape, _dtype(key, dtype), kind
    if isinstance(value, list | tuple) and len(value) == 2 and any(isinstance(part, str) for part in value):
        shape, dtype = sorted(value, key=lambda part: isinstance(part, str) and dtype_of(part) is not None)
        return _shape(key, shape), _dtype(key, dtype), None
    return _shape(key, value), None, None


def _shape(key: str, written: Any) -> tuple[int, ...]:
    if isinstance(written, str) and _WRITTEN_SHAPE.match(written):
        written = shape_of(written)
    shape = checked_shape(written)
    if shape is None:
        raise TextError("text_shape_unreadable", key=key[:200], text=str(written)[:80])
    return shape


def _dtype(key: str, written: Any) -> str | None:
    if written is None:
        return None
    dtype = dtype_of(written) if isinstance(written, str) else None
    if dtype is None:
        raise TextError("text_dtype_unknown", key=key[:200], text=str(written)[:80])
    return dtype
