"""Trees in which every key has a line of its own say the same as a look at each key, without one."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import mapping
from app.keys.tree import KeyTree, from_shapes
from app.mapping.claims import Claim, Proposal
from app.viewing import bonds as binding
from app.viewing.labels import path_text
from app.viewing.layout import View
from app.viewing.lines import spine
from app.viewing.outline import outline
from app.viewing.outlines import outline_of
from app.viewing.rows import RowMaker
from app.viewing.scene import Scene
from app.viewing.search import matcher
from app.viewing.states import URGENCY
from app.viewing.table import SORTED_BY, entries, ordered

from .trees import vit

segments = st.sampled_from(["a", "b", "0", "1", "10", "weight", ""])
keys = st.lists(st.lists(segments, min_size=1, max_size=5).map(".".join), min_size=1, max_size=40, unique=True)
shapes = st.sampled_from([(2,), (3, 4), (), None])

SOURCE = vit(14, "h", ("attn.q.weight", "attn.k.weight", "norm.weight"))
TARGET = vit(14, "Layers", ("a.q.weight", "a.v.weight", "norm.weight"))
PLAN = (
    '"Layers.{i:0..5}.a.q.weight" = "h.{i}.attn.q.weight"\n"Layers.{i:2..4}.norm.weight" = "h.{i}.norm.weight"\n'
    'ignore "h.13.norm.weight"\ninit "Layers.9.norm.weight" with zeros'
)
TARGET_BIAS = outline_of(TARGET, folded=False).leaf_of["head.bias"]
ALL = View("all", folded=False)


def _scene(plan: str = PLAN, trees: tuple[KeyTree, KeyTree] = (SOURCE, TARGET), folded: bool = False) -> Scene:
    parsed = mapping.parse_plan(f"keygraft_plan 1\n{plan}")
    offered = {f"Layers.{i}.a.v.weight": Proposal(f"Layers.{i}.a.v.weight", Claim((f"h.{i}.attn.k.weight",)), 0.9) for i in range(3, 9)}
    source, target = trees
    evaluation = mapping.evaluate(parsed, {"": source}, target)
    return Scene({"": source}, target, evaluation, offered, folded=(folded, folded))


def _plainly(tree: KeyTree) -> list[tuple[str, ...]]:
    """The lines of a tree, made one by one: the path of each, and the key of those that have one."""
    lines: list[tuple[str, ...]] = []

    def walk(above: list[str], listed: list[list[str]]) -> None:
        for name in dict.fromkeys(each[0] for each in listed):
            path, below = [*above, name], [each[1:] for each in listed if each[0] == name]
            while [] not in below and len({each[0] for each in below}) == 1:  # a chain of only children is one line
                path, below = [*path, below[0][0]], [each[1:] for each in below]
            if [] in below:
                lines.append((".".join(path), ".".join(path)))
            rest = [each for each in below if each]
            if rest:
                lines.append((".".join(path),))
                walk(path, rest)

    walk([], [key.split(".") for key in tree.tensors])
    return lines


@given(keys, st.data())
def test_lines_are_those_of_a_plain_walk(names, data) -> None:
    """Whatever the names and shapes."""
    tree = from_shapes({name: (data.draw(shapes), "F32") for name in names}, ordered=data.draw(st.booleans()))
    made = outline(tree, folded=False)
    assert [(".".join(node.segments), *node.keys) for node in made.nodes[1:]] == _plainly(tree)
    assert [made.order[slice(*made.span(node.id))] for node in made.nodes] == [list(made.keys(node.id)) for node in made.nodes]
    for node in made.nodes[1:]:
        assert node.id in made.nodes[node.parent].children
        assert node.total == len(made.keys(node.id)) == len(list(made.below(node.id)))
        assert made.ends[node.id] == max([node.id, *(leaf.id for leaf in made.below(node.id))])


def test_what_is_looked_at_is_what_is_made() -> None:
    """Opening all of a large tree makes the nodes that show and those above them, nothing else."""
    tree = from_shapes({f"l.{i}.e.{j}.{part}": ((4,), "F32") for i in range(40) for j in range(40) for part in "abc"})
    made = Scene({"": tree}, tree, mapping.evaluate(mapping.parse_plan("keygraft_plan 1\n"), {"": tree}, tree), {}, folded=(False, False))
    layout = made.layout("t", ALL)
    assert len(layout.rows) == len(made.target_outline) - 1 == 1 + 40 * (1 + 40 * 4)
    RowMaker(made, "t", layout, partners=True).window(3000, 50)
    assert len(made.target_outline._known) < 150  # its siblings' numbers are known without the siblings


def test_an_edit_makes_no_outline_and_binds_only_its_families(monkeypatch) -> None:
    """The outlines are those of before, and of families that the edit leaves alone nothing is looked for."""
    evaluator = mapping.Evaluator({"": SOURCE}, TARGET)
    plan = mapping.parse_plan(f"keygraft_plan 1\n{PLAN}")
    changed = mapping.parse_plan(f'keygraft_plan 1\ninit "head.bias" with zeros\n{PLAN}')
    before, after = (Scene({"": SOURCE}, TARGET, evaluator.evaluate(each), {}, folded=(False, False)) for each in (plan, changed))
    asked: list[tuple[str, ...]] = []
    for name in ("_evenly", "_unevenly"):
        made = getattr(binding, name)
        monkeypatch.setattr(binding, name, lambda block, *rest, made=made: asked.append(tuple(block.keys)) or made(block, *rest))
    assert before.bonds.of_target[TARGET_BIAS]
    asked.clear()
    assert not after.bonds.of_target[TARGET_BIAS]
    assert asked == [("head.bias",)]
    assert after.source_outline is before.source_outline is outline_of(SOURCE, folded=False)


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("side", ["s", "t"])
def test_every_node_adds_up_the_states_of_its_keys(side, folded) -> None:
    """Totals and the most urgent state."""
    made = _scene(folded=folded)
    marks, seen = made.marks(side), made.outline(side)
    for node in seen.nodes:
        states = [marks.states[key] for key in seen.keys(node.id)]
        assert marks.totals(node.id) == {state: states.count(state) for state in states}
        assert marks.worst(node.id) == min(states, key=URGENCY.__getitem__)


@pytest.mark.parametrize("folded", list(product([False, True], repeat=2)))
def test_bonds_are_those_of_each_key(folded) -> None:
    """Whichever side is unfolded: each pair of leaves with the keys that take part, from either end."""
    made = _scene()
    made = Scene(made.sources, made.target, made.evaluation, made.proposals, folded=folded)
    wanted: dict[tuple[int, int], int] = {}
    for key, outcome in made.evaluation.targets.items():
        offered = made.pending.get(key)
        taken = offered.claim.sources if offered else [leaf.key for leaf in binding.leaves_of(outcome.recipe)] if outcome.recipe else []
        for source in taken:
            ends = made.source_outline.leaf_of[source], made.target_outline.leaf_of[key]
            wanted[ends] = wanted.get(ends, 0) + 1
    for bound in (made.bonds.of_source, made.bonds.of_target):
        found = {(bond.source, bond.target): bond.count for leaf in set(bound.leaves.tolist()) for bond in bound[leaf]}
        assert found == wanted
    for node in made.target_outline.nodes[1:]:
        others = [source for source, target in wanted if node.id <= target <= made.target_outline.ends[node.id]]
        assert made.bonds.of_target.reach(node.id) == ((min(others), max(others)) if others else (0, 0))


@pytest.mark.parametrize("query", ["", "norm", "h.1*", "/h[.][34]/", "is:needs", "is:used", "dtype:f32 q", "rule:1", "rule:none k"])
@pytest.mark.parametrize("states", [(), ("used", "loaded"), ("proposed",)])
def test_a_filter_keeps_the_keys_that_folded_rows_are_asked_for(query, states) -> None:
    """The leaves that pass are those whose only key would pass."""
    made = _scene()
    if not query and not states:
        return
    for side in ("s", "t"):
        view = View("all", query=query, states=frozenset(states), folded=False)
        seen, known, tree = made.outline(side), made.known(side), made.tree(side)
        matches = _matcher(query, tree, known)
        wanted = [key for key in seen.order if matches(key) and (not states or known.states[key] in states)]
        layout = made.layout(side, view)
        assert [key for number in layout.rows for key in seen.node(number).keys] == wanted
        assert layout.found == len(wanted)
        assert all(parent in layout for number in layout.rows for parent in seen.above(number))


def _matcher(query, tree, known):
    """A filter asked key by key."""
    matches = matcher(query, tree, known)
    return lambda key: matches is None or matches(key, tree.tensors[key])


@pytest.mark.parametrize("folded", [False, True])
def test_a_row_of_the_aligned_view_is_found_where_it_stands(folded) -> None:
    """From either side, without a walk over the lines: the first line where the node itself stands."""
    made = _scene(folded=folded)
    lines = made.aligned(View("all", folded=folded))
    for place, line in enumerate(lines):
        if line.target is not None:
            assert lines.of_target(line.target) == place
        if line.source is not None:
            assert lines.of_source(line.source) == next(at for at, each in enumerate(lines) if each.source == line.source)
    assert len(spine(made, lines[3:9], made.layout("t", View("all", folded=folded)))) == 6


def test_a_filter_of_the_source_keeps_its_lines() -> None:
    """Rows that take what it keeps, with those above them, and what is left over of it."""
    made = _scene()
    lines = made.aligned(ALL, View("all", query="h.4.", folded=False))
    shown = [path_text(made.target_outline.node(line.target), made.target_outline) for line in lines if line.target]
    assert shown == ["Layers", "Layers.4", "Layers.4.a", "Layers.4.a.q.weight", "Layers.4.a.v.weight", "Layers.4.norm.weight"]
    assert lines.above(3) == lines[0:3]


@pytest.mark.parametrize("by", SORTED_BY)
@pytest.mark.parametrize("falling", [False, True])
def test_the_table_is_sorted_by_what_it_prints(by, falling) -> None:
    """Values rise or fall, and rows without one stand last."""
    made = _scene()
    listed = ordered(made, entries(made), by, falling=falling)
    assert sorted(map(repr, listed)) == sorted(map(repr, entries(made)))
    values = [_value(made, entry, by) for entry in listed]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=falling)
    assert values[len(known) :] == [None] * (len(values) - len(known))


def _value(made: Scene, entry, by):
    sized = made.target_outline.nodes[entry.target] if entry.target else made.source_outline.nodes[entry.source]
    return {
        "target": entry.target or None,
        "source": entry.source or None,
        "op": (entry.bond.chip if entry.bond else None) or None,
        "state": URGENCY[entry.state],
        "keys": entry.keys,
        "shape": sized.info.numel,
        "rule": None if entry.rule < 0 else entry.rule,
    }[by]
