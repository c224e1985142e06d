"""Facets: every value that is offered is what its term finds."""

import pytest

from app.viewing.layout import View

from .trees import scene, tree

SOURCE = tree("a.weight", "a.bias", "b.weight", "left", shape=(4, 4), a__bias=(4,))
TARGET = tree("a.weight", "a.bias", "c.weight", "c.scale", shape=(4, 4), a__bias=(4,), c__scale=(8,))
SCENE = scene(SOURCE, TARGET, '"c.weight" = "b.weight"\nignore "left"\n')


@pytest.mark.parametrize("side", ["s", "t"])
def test_terms_find_what_was_counted(side: str) -> None:
    """As many keys as the facet says."""
    facets = SCENE.facets(side)
    assert {facet.name for facet in facets} >= {"is", "shape", "rule"}
    for facet in facets:
        for value in facet.values:
            assert SCENE.layout(side, View(query=value.term)).found == value.keys, value.term


def test_values_of_one_facet_are_alternatives() -> None:
    """Two shapes: either; a shape and a state: both."""
    assert SCENE.layout("t", View(query="shape:4 shape:8")).found == 2
    assert SCENE.layout("t", View(query="shape:4 is:needs")).found == 0
    assert SCENE.layout("t", View(query="shape:8 is:needs")).found == 1


def test_shapes_with_any_side() -> None:
    """A star stands for any sides."""
    assert SCENE.layout("t", View(query="shape:4x*")).found == 2


def test_what_does_not_tell_apart_is_not_offered() -> None:
    """All keys have one type."""
    assert "dtype" not in {facet.name for facet in SCENE.facets("t")}
