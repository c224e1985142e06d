"""What a person types to find keys."""

import pytest

from app.keys.tree import from_shapes
from app.viewing.search import SearchError, matcher

TREE = from_shapes({"blocks.0.fc.weight": ((4, 2), "F32"), "blocks.0.fc.bias": ((4,), "F16"), "Head.bias[0]\n": ((4,), "F32")})


def found(query: str) -> list[str]:
    """Keys that a query finds."""
    matches = matcher(query, TREE)
    assert matches is not None
    return [key for key, info in TREE.tensors.items() if matches(key, info)]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("FC", ["blocks.0.fc.weight", "blocks.0.fc.bias"]),
        ("*.bias", ["blocks.0.fc.bias", "Head.bias[0]\n"]),
        ("b*.?.*.w*t", ["blocks.0.fc.weight"]),
        ("*[0]*", ["Head.bias[0]\n"]),
        ("/fc\\.[bw]/", ["blocks.0.fc.weight", "blocks.0.fc.bias"]),
        ("dtype:f16", ["blocks.0.fc.bias"]),
        ("shape:4x2 fc", ["blocks.0.fc.weight"]),
        ("shape:4 dtype:F32", ["Head.bias[0]\n"]),
    ],
)
def test_queries(query: str, keys: list[str]) -> None:
    """Plain text anywhere, globs too, regular expressions, shapes and types; all terms must hold."""
    assert found(query) == keys


def test_nothing_is_asked_for() -> None:
    """Blanks ask for everything; what cannot be read is refused by name."""
    assert matcher("  ", TREE) is None
    with pytest.raises(SearchError, match="filter_regex"):
        matcher("/(/", TREE)
