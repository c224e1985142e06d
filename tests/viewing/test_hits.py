"""Hits of a filter, marked in the rows of one path."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.viewing.hits import finder, merged, within
from app.viewing.labels import marked, parts_of
from app.viewing.layout import View
from app.viewing.rows import RowMaker

from .trees import scene, vit

SCENE = scene(vit(3, "blocks", ("attn.q.weight", "attn.k.weight", "n.weight")), vit(3, "layers", ("a.q.weight",)))


def _marks(query: str) -> list[str]:
    """What is marked in the rows that a filter shows, row by row."""
    layout = SCENE.layout("s", View(query=query))
    rows = RowMaker(SCENE, "s", layout, finder(query)).window(0, 40)
    return ["|".join(part.text for part in row.parts if part.kind == "hit") for row in rows]


@pytest.mark.parametrize(
    ("query", "marks"),
    [
        ("q.weight", ["", "", "q.weight"]),
        ("ATTN.Q", ["", "attn", "q"]),
        ("attn*weight", ["", "attn", "weight", "weight"]),
        ("/[qk]\\.w/", ["", "", "q.w", "k.w"]),
        ("blocks.1", ["blocks.|{0–2}", "", "", "", ""]),
        ("is:unexpected q", ["", "", "q"]),
    ],
)
def test_hits_are_marked_where_they_stand(query: str, marks: list[str]) -> None:
    """A hit that goes on from a module into a tensor is marked in both rows; of a glob its words are; a folded index as a whole."""
    assert _marks(query) == marks


def test_nothing_to_mark() -> None:
    """Terms about facts look for no text, and an expression that matches nothing at all marks nothing."""
    assert finder("dtype:F32") is None
    found = finder("/x*/")
    assert found is not None
    assert found("abc") == ()


def test_letters_beyond_ascii() -> None:
    """Places are counted in letters, whatever they weigh in bytes."""
    found = finder("ß.w")
    assert found is not None
    assert found("größer.ß.weight") == ((7, 10),)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=8), st.text(max_size=20))
def test_cutting_loses_nothing(spans: list[tuple[int, int]], text: str) -> None:
    """Whatever is marked, the parts together are the text, and no hit is marked twice."""
    found = merged((start, min(end, len(text))) for start, end in spans if start < len(text))
    assert "".join(part.text for part in parts_of(text, found)) == text
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert all(0 <= start < end <= 5 for start, end in within(found, 3, 8))


def test_a_label_without_a_filter() -> None:
    """Ranges stand for themselves."""
    node = next(node for node in SCENE.source_outline.nodes if node.runs)
    assert [part.text for part in marked(node, SCENE.source_outline, None, "")] == ["blocks.", "{0–2}"]
