"""The table of mappings: every key stands in it once, whatever it is sorted by."""

import pytest

from app.mapping.claims import Claim
from app.viewing.layout import View
from app.viewing.suggest import suggest
from app.viewing.table import SORTED_BY, entries, narrowed, ordered, printed

from .trees import scene, tree, vit

SCENE = scene(
    vit(3, "blocks", ("q.weight", "k.weight")),
    vit(3, "layers", ("q.weight", "v.weight")),
    '"layers.{i}.q.weight" = "blocks.{i}.q.weight"\nignore "blocks.{i}.k.weight"\n',
    {"layers.0.v.weight": Claim(("blocks.0.k.weight",))},
)


def test_every_key_has_a_row() -> None:
    """All of the target; of the source what nothing takes."""
    listed = entries(SCENE)
    assert sum(entry.keys for entry in listed if entry.target) == len(SCENE.target.tensors)
    assert {entry.source for entry in listed if not entry.target} == {
        node.id for node in SCENE.source_outline.nodes if node.keys and node.id not in SCENE.bonds.of_source
    }


@pytest.mark.parametrize("by", SORTED_BY)
@pytest.mark.parametrize("falling", [False, True])
def test_sorting_keeps_all_rows(by, falling) -> None:
    """Each row once; what has nothing in the column stands last."""
    listed = ordered(SCENE, entries(SCENE), by, falling=falling)
    assert sorted(map(repr, listed)) == sorted(map(repr, entries(SCENE)))
    if by in {"target", "source"}:
        blank = [not getattr(entry, by) for entry in listed]
        assert blank == sorted(blank)


def test_filters_of_both_sides_must_hold() -> None:
    """Each asks its own end."""
    views = View(query="blocks"), View(query="is:loaded")
    kept = narrowed(SCENE, entries(SCENE), views)
    assert [row.state for row in printed(SCENE, kept, 0, 10)] == ["loaded"]


def test_hits_are_marked() -> None:
    """In the cell of the side whose filter it is."""
    row = printed(SCENE, narrowed(SCENE, entries(SCENE), (View(), View(query="v.w"))), 0, 1, ("", "v.w"))[0]
    assert [part.text for part in row.target_parts if part.kind == "hit"] == ["v.w"]


def test_what_the_mapper_thinks_of_is_suggested_first() -> None:
    """Then what fits, the most alike name first; what was typed narrows."""
    number = SCENE.target_outline.leaf_of["layers.0.v.weight"]
    assert suggest(SCENE, number)[0].path == "blocks.{0–2}.k.weight"
    assert [each.path for each in suggest(SCENE, number, "q wei")] == ["blocks.{0–2}.q.weight"]


def test_shapes_that_fit_stand_before_names_that_are_alike() -> None:
    """A row of another shape can be chosen, and comes later."""
    seen = scene(tree("scale", "other", shape=(4,), other=(8,)), tree("scale", shape=(8,)))
    assert [(each.path, each.fits) for each in suggest(seen, 1)] == [("other", True), ("scale", False)]
