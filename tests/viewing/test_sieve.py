"""A filter asked of whole rows keeps the rows that a look at every key would."""

from itertools import product

import pytest

from app.keys.tree import KeyTree, from_shapes
from app.mapping.claims import Claim
from app.viewing.layout import View
from app.viewing.scene import Scene
from app.viewing.search import matcher
from tests.viewing.trees import scene

BLOCKS = range(14)
SOURCE = {f"h.{i}.{name}": ((4, 2) if name == "w" else (4,), "F16" if name == "b" else "F32") for i in BLOCKS for name in ("w", "b", "g")}
TARGET = {key.replace("h.", "Layers."): entry for key, entry in SOURCE.items()} | {
    "head.weight": ((3,), "F32"),
    "odd\nkey.g": ((4,), "F32"),
}
QUERIES = (
    *("", "layers", "layers.1", ".13.", "LAYERS", "zzz", "h.*w", "l*9.b", "*13*", "?ead", "13?b", "/^h/", "/w$/", "/^.*3\\.b$/"),
    *("/\\s/", "/[^x]*/", "/3\\n/", "/\\Ah/", "/(?i)LAYERS\\.1/", "/.\\.g\\z/"),
    *("is:loaded", "is:needs", "is:proposed", "is:used", "is:unexpected", "dtype:f16", "dtype:f32 dtype:bf16", "shape:4x2", "shape:4*"),
    *("rule:1", "rule:2", "rule:none", "rule:1 rule:none", "rule:9", "class:linear"),
)


@pytest.fixture(scope="module")
def looked() -> Scene:
    """Some keys of each family are loaded by a rule, some by another, some wait, some are ignored."""
    plan = '"Layers.{i:0..5}.{p}" = "h.{i}.{p}"\n"Layers.{i:6..8}.w" = "h.{i}.w"\nignore "h.13.g"\ninit "Layers.9.g" with zeros'
    waiting = {f"Layers.{i}.b": Claim((f"h.{i}.b",)) for i in range(6, 12)}
    return scene(from_shapes(SOURCE), from_shapes(TARGET), plan, waiting)


def _naively(looked: Scene, side: str, query: str, states: frozenset[str]) -> set[int]:
    tree: KeyTree = looked.tree(side)
    matches = matcher(query, tree, looked.known(side))
    known = looked.known(side).states
    return {
        node.id
        for node in looked.outline(side).nodes
        if any((matches is None or matches(key, tree.tensors[key])) and (not states or known[key] in states) for key in node.keys)
    }


@pytest.mark.parametrize("side", ["s", "t"])
@pytest.mark.parametrize("states", [(), ("loaded", "used"), ("proposed", "missing")])
def test_rows_are_those_of_their_keys(looked: Scene, side: str, states: tuple[str, ...]) -> None:
    """Every query alone, and every two together, with what was clicked in the legend."""
    outline = looked.outline(side)
    for pair in product(QUERIES, ("", "layers.1*", "/[.]b/", "is:needs", "rule:1", "dtype:F16")):
        query, clicked = " ".join(pair).strip(), frozenset(states)
        if not query and not states:
            continue
        shown = looked.layout(side, View("all", query=query, states=clicked))
        leaves = {number for number in shown.rows if outline.node(number).keys}
        assert leaves == _naively(looked, side, query, clicked), (query, states)
        assert shown.found == len(leaves)


def test_rules_by_key_are_those_of_the_outcomes(looked: Scene) -> None:
    """The table that filters ask says of each key what its outcome says."""
    for side, outcomes in (("s", looked.evaluation.sources[""]), ("t", looked.evaluation.targets)):
        wanted = {key: outcome.rule for key, outcome in outcomes.items() if outcome.rule is not None}
        assert dict(looked.rules[side]) == wanted
        assert {key: looked.rules[side].get(key) for key in outcomes} == {key: wanted.get(key) for key in outcomes}
