"""Outlines fold what is equal, keep what is not, and lose no key."""

from hypothesis import given
from hypothesis import strategies as st

from app.keys.tree import from_shapes
from app.viewing.labels import path_text
from app.viewing.nodes import Node
from app.viewing.outline import outline

from .trees import tree, vit

segments = st.sampled_from(["a", "b", "0", "1", "2", "3", "10", "01", "weight", ""])
keys = st.lists(st.lists(segments, min_size=1, max_size=5).map(".".join), min_size=1, max_size=40, unique=True)
shapes = st.sampled_from([(2,), (3, 4), (), None])


def _lines(made):
    return [path_text(node, made) for node in made.nodes[1:]]


def test_equal_siblings_are_one_line():
    """Twelve equal blocks are one run, with each part below once."""
    made = outline(vit(12, "blocks", ("norm.weight", "norm.bias", "fc.weight")))
    assert _lines(made) == [
        "stem.weight",
        "blocks.{0–11}",
        "blocks.{0–11}.norm",
        "blocks.{0–11}.norm.weight",
        "blocks.{0–11}.norm.bias",
        "blocks.{0–11}.fc.weight",
        "head",
        "head.weight",
        "head.bias",
    ]
    run = made.node(2)
    assert (run.times, run.total, run.leaves) == (12, 36, 3)


def test_unlike_siblings_stand_apart():
    """A block of another shape, or with another part, breaks the run."""
    shaped = {f"layers.{i}.w": ((4, 4) if i != 2 else (8, 8), "F32") for i in range(5)}
    assert _lines(outline(from_shapes(shaped))) == ["layers", "layers.{0–1}.w", "layers.2.w", "layers.{3–4}.w"]


def test_alternating_siblings_are_gathered():
    """Where every second block differs, equal ones still fold."""
    shaped = {f"blocks.{i}.w": ((4,) if i % 2 else (8,), "F32") for i in range(12)}
    assert _lines(outline(from_shapes(shaped))) == ["blocks", "blocks.{0, 2 … 10}.w", "blocks.{1, 3 … 11}.w"]


def test_runs_within_runs():
    """Experts within layers are one line of layers × experts."""
    made = outline(tree(*(f"l.{i}.e.{j}.w" for i in range(3) for j in range(4))))
    assert _lines(made) == ["l.{0–2}.e", "l.{0–2}.e.{0–3}.w"]
    assert made.nodes[-1].total == 12


def test_numbers_sort_as_numbers():
    """A file sorted by name lists 10 before 2; the outline does not."""
    made = outline(from_shapes({f"b.{i}.w": ((i + 1,), "F32") for i in (0, 1, 10, 2)}, ordered=False))
    assert [node.label[0] for node in made.nodes if node.leaf and node.id] == ["0", "1", "2", "10"]


def test_a_key_may_end_where_others_go_on():
    """A tensor and a module of the same name are two lines."""
    made = outline(tree("a", "a.b"))
    assert sorted(key for node in made.nodes for key in node.keys) == ["a", "a.b"]


def test_every_key_has_a_line_of_its_own_when_unfolded():
    """Without folding no line stands for two keys."""
    made = outline(vit(5, "blocks", ("w", "b")), folded=False)
    assert all(len(node.keys) <= 1 for node in made.nodes)


@given(keys, st.data(), st.booleans())
def test_no_key_is_lost(names, data, folded):
    """Whatever the names: each key lies in exactly one leaf, parents come before children, totals add up."""
    made = outline(from_shapes({name: (data.draw(shapes), "F32") for name in names}), folded=folded)
    found = [key for node in made.nodes for key in node.keys]
    assert sorted(found) == sorted(names)
    assert made.leaf_of == {key: node.id for node in made.nodes for key in node.keys}
    assert all(node.parent < node.id for node in made.nodes)
    assert made.nodes[0].total == len(names)
    assert all(_consistent(made, node) for node in made.nodes)


def _consistent(made, node: Node) -> bool:
    return node.total == len(node.keys) + sum(made.node(child).total for child in node.children)


def test_what_lies_below_has_the_numbers_between():
    """The last number at or below a node, and the lowest node over two."""
    made = outline(vit(3, "blocks", ("a.x", "a.y", "b.z")))
    for node in made.nodes[1:]:
        assert max([node.id, *(leaf.id for leaf in made.below(node.id))]) == made.ends[node.id]
    x, y, z = (made.leaf_of[f"blocks.0.{part}"] for part in ("a.x", "a.y", "b.z"))
    assert made.common(x, y) == made.nodes[x].parent
    assert made.common(x, z) == made.nodes[made.nodes[x].parent].parent
    assert made.common(x, made.leaf_of["head.bias"]) == 0
