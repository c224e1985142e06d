"""Treemaps: areas are weights, nothing overlaps, equal trees give equal tiles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.keys import KeyTree, TensorInfo
from app.viewing.squares import Rectangle, squarified
from app.viewing.treemap import treemap

WEIGHTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=30).map(lambda found: sorted(found, reverse=True))
SEGMENT = st.sampled_from(["a", "b", "layers", "0", "1", "2", ""])
KEYS = st.dictionaries(st.lists(SEGMENT, min_size=1, max_size=5).map(".".join), st.integers(0, 1000), max_size=30)


def overlap(one, other):
    """Area that two rectangles share."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0.0, across) * max(0.0, down)


def tree_of(shapes):
    """A tree of float vectors."""
    return KeyTree("test", {key: TensorInfo((count,), "F32") for key, count in shapes.items()})


@settings(deadline=None)
@given(WEIGHTS, st.floats(0.2, 5))
def test_squares_fill_their_area(weights, width):
    """Each part has its share, lies inside and overlaps no other."""
    area = Rectangle(0.0, 0.0, width, 1.0)
    boxes = squarified(weights, area)
    for weight, box in zip(weights, boxes, strict=True):
        assert box.width * box.height == pytest.approx(width * weight / sum(weights), rel=1e-6, abs=1e-9)
        assert -1e-9 <= box.x <= box.x + box.width <= width + 1e-9
        assert -1e-9 <= box.y <= box.y + box.height <= 1 + 1e-9
    for index, box in enumerate(boxes):
        assert all(overlap(box, other) < 1e-9 for other in boxes[:index])


def test_equal_weights_make_squares():
    """Four equal parts of a square are four squares."""
    assert all(box.width == pytest.approx(box.height) for box in squarified([1, 1, 1, 1], Rectangle(0, 0, 1, 1)))


@settings(max_examples=60, deadline=None)
@given(KEYS, st.integers(1, 4), st.floats(0, 0.3))
def test_tiles_lie_within_the_tile_around_them(shapes, depth, least):
    """Outermost tiles fill the whole; the tiles inside another one fill it; every key that weighs something is counted once."""
    tiles = treemap(tree_of(shapes), "parameters", depth=depth, least=least)
    total = sum(shapes.values())
    if not total:
        assert tiles == ()
        return
    leaves = [tile for tile in tiles if tile.leaf]
    assert sum(tile.weight for tile in leaves) == total
    assert sum(tile.width * tile.height for tile in leaves) == pytest.approx(1)
    around = []
    for tile in tiles:
        del around[tile.depth :]
        if around:
            assert not around[-1].leaf
            assert overlap(tile, around[-1]) == pytest.approx(tile.width * tile.height, abs=1e-9)
        around.append(tile)
        assert tile.depth < depth
        assert tile.width * tile.height == pytest.approx(tile.weight / total, abs=1e-9)


def test_labels_paths_and_others():
    """A single path for a while is one label; the small ones are folded into one tile, last, that says how many they are."""
    shapes = {"model.layers.0.weight": 700, "model.layers.1.weight": 700, "model.norm": 1, "model.scale": 1, "head.weight": 500}
    tiles = treemap(tree_of(shapes), depth=2, least=0.01)
    assert [(tile.path, tile.label, tile.depth, tile.weight, tile.tensors, tile.others, tile.leaf) for tile in tiles] == [
        ("model", "model", 0, 5608, 4, 0, False),
        ("model.layers", "layers", 1, 5600, 2, 0, True),
        ("model", "", 1, 8, 2, 2, True),
        ("head.weight", "head.weight", 0, 2000, 1, 0, True),
    ]


def test_a_key_that_is_the_beginning_of_others():
    """A tensor may stand where others nest."""
    tiles = treemap(tree_of({"a": 5, "a.b": 3, "a.": 1}))
    assert {(tile.path, tile.label, tile.weight) for tile in tiles if tile.leaf} == {("a", "a", 20), ("a.b", "b", 12), ("a.", "", 4)}


def test_measures_and_ties():
    """Bytes and parameters weigh differently, and a tied tensor weighs once."""
    tree = KeyTree("test", {"a": TensorInfo((4,), "F64"), "b": TensorInfo((6,), "I8"), "c": TensorInfo((4,), "F64", alias="a")})
    assert [(tile.path, tile.weight) for tile in treemap(tree)] == [("a", 32), ("b", 6)]
    assert [(tile.path, tile.weight) for tile in treemap(tree, "parameters")] == [("b", 6), ("a", 4)]


def test_equal_weights_stay_in_listing_order():
    """So that drawing twice, or one layer more, does not shuffle the picture."""
    tiles = treemap(tree_of({f"layers.{i}.w": 10 for i in range(12)}), depth=2)
    assert [tile.label for tile in tiles if tile.depth == 1] == [f"{i}.w" for i in range(12)]


def test_very_deep_keys():
    """Keys with thousands of segments cost no recursion."""
    deep = ".".join("x" * 5000)
    assert [tile.path for tile in treemap(tree_of({deep: 1}), depth=9)] == [deep]
