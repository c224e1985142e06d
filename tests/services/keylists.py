"""Small sides, as text."""

import json


def keys(**shapes: tuple[int, ...]) -> str:
    """A list of keys, as text; `__` stands for a dot."""
    return json.dumps({name.replace("__", "."): {"shape": list(shape), "dtype": "F32"} for name, shape in shapes.items()})
