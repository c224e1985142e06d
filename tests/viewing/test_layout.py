"""Layouts: what shows, given what is open and what is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.viewing.layout import FIRST_SIGHT, View, first_open, nearest
from app.viewing.outline import outline
from app.viewing.search import SearchError

from .trees import scene, tree, vit

SCENE = scene(
    vit(4, "blocks", ("attn.q.weight", "attn.k.weight", "norm.weight", "norm.bias")), vit(4, "layers", ("a.q.weight", "n.weight"))
)


def _texts(view):
    return ["".join(part or "" for part in SCENE.source_outline.node(number).label if part) for number in SCENE.layout("s", view).rows]


def test_first_sight_opens_modules_but_not_layers():
    """Blocks and attention are open, a norm with weight and bias is one line."""
    assert _texts(View()) == ["stemweight", "blocks", "attn", "qweight", "kweight", "norm", "head"]


def test_first_sight_fits_a_screen():
    """However large the tree, what opens by itself stays about one screen."""
    made = outline(tree(*(f"m{i}.s{j}.t{k}.w{n}" for i in range(5) for j in range(5) for k in range(5) for n in range(3))))
    opened = first_open(made)
    assert sum(len(made.node(number).children) for number in opened | {0}) <= FIRST_SIGHT


def test_a_toggle_turns_one_row():
    """Closing the run hides what is below it."""
    run = next(node.id for node in SCENE.source_outline.nodes if node.runs)
    assert _texts(View(toggled=frozenset({run}))) == ["stemweight", "blocks", "head"]


def test_a_filter_keeps_what_is_above():
    """Matches are shown with their modules, opened."""
    view = View(query="attn.q")
    assert _texts(view) == ["blocks", "attn", "qweight"]
    assert SCENE.layout("s", view).found == 1


@pytest.mark.parametrize("query", ["*q.weight", "/q\\.weight$/", "Q.Weight", "q shape:4x4", "q dtype:f32"])
def test_ways_to_ask(query):
    """Glob, regular expression, any case, and terms for shape and dtype."""
    assert SCENE.layout("s", View(query=query)).found == 1


def test_a_regular_expression_that_cannot_be_read():
    """It is told, not ignored."""
    with pytest.raises(SearchError):
        SCENE.layout("s", View(query="/(/"))


def test_what_shows_below_a_row_is_its_leaves():
    """Of a module the leaves that pass the filter, and no module that only holds some; a leaf is itself, whether it shows or not."""
    made = SCENE.source_outline
    blocks = next(node.id for node in made.nodes if node.runs)
    layout = SCENE.layout("s", View("all", query="q.weight"))
    (query,) = layout.leaves(made, blocks)
    assert made.node(query).leaf
    assert {key.partition(".attn.")[2] for key in made.keys(query)} == {"q.weight"}
    hidden = next(node.id for node in made.nodes if node.leaf and node.id not in layout.rows)
    assert layout.leaves(made, hidden) == [hidden]


def test_a_filter_by_state():
    """Only what needs a person."""
    assert SCENE.layout("t", View(states=frozenset({"missing"}))).found == 2
    assert SCENE.layout("t", View(states=frozenset({"conflicting"}))).rows == ()


def test_a_hidden_row_is_found_by_what_is_above():
    """A link to a closed row ends at the nearest row that shows."""
    layout = SCENE.layout("s", View(expand="none"))
    leaf = SCENE.source_outline.leaf_of["blocks.0.attn.q.weight"]
    assert layout.rows[nearest(SCENE.source_outline, layout, leaf)] == SCENE.source_outline.above(leaf)[-1]


@given(
    st.frozensets(st.integers(0, len(SCENE.source_outline) - 1)),
    st.sampled_from(["first", "all", "none"]),
    st.sampled_from(["", "q", "norm", "zz"]),
)
def test_layouts_hold_together(toggled, expand, query):
    """Each row stands once, after what is above it, and only below open rows."""
    layout = SCENE.layout("s", View(expand, toggled, query))
    assert len(set(layout.rows)) == len(layout.rows)
    for number in layout.rows:
        parent = SCENE.source_outline.node(number).parent
        assert parent == 0 or (layout.line(parent) < layout.line(number) and parent in layout.opened)
