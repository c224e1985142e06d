"""A drawn pair of rows becomes the rules that a person meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys.tree import from_shapes
from app.mapping.drawing import DrawingError, Drawn, draw, generalise
from app.mapping.evaluation import evaluate
from app.mapping.plan import Plan
from app.mapping.text import statement


def _tree(shapes):
    return from_shapes({key: (shape, "F32") for key, shape in shapes.items()})


def _family(pattern, count, shape=(4, 4), start=0):
    return {pattern.format(i): shape for i in range(start, start + count)}


def _drawn(tree, depth):
    return Drawn(tuple(tree.tensors), depth)


def _said(suggestion):
    return [statement(rule) for rule in suggestion.rules]


def test_a_family_on_a_family():
    """Every index, one rule, nothing to ask."""
    source, target = _tree(_family("blocks.{}.norm.weight", 12)), _tree(_family("layer.{}.ln.weight", 12))
    first, *others = draw(source, target, _drawn(source, 4), _drawn(target, 4))
    assert _said(first) == ['"layer.{i}.ln.weight" = "blocks.{i}.norm.weight"']
    assert first.plain
    assert len(first.hits) == 12
    assert others == []


def test_a_shifted_family():
    """Where the model counts from one, the rule does."""
    source, target = _tree(_family("b.{}", 4)), _tree(_family("l.{}", 4, start=1))
    (first,) = draw(source, target, _drawn(source, 2), _drawn(target, 2))
    assert _said(first) == ['"l.{i}" = "b.{i-1}"']
    assert first.plain


def test_a_module_on_a_module():
    """What has the same rest is mapped; what has not is named."""
    source = _tree({**_family("b.{}.attn.q.weight", 2), **_family("b.{}.attn.k.weight", 2)})
    target = _tree({**_family("l.{}.mixer.q.weight", 2), **_family("l.{}.mixer.v.weight", 2)})
    first = draw(source, target, _drawn(source, 3), _drawn(target, 3))[0]
    assert _said(first) == ['"l.{i}.mixer.{rest*}" = "b.{i}.attn.{rest*}"']
    assert first.misses == ("l.0.mixer.v.weight", "l.1.mixer.v.weight")
    assert not first.plain


def test_children_in_their_order():
    """Where no names agree but the shapes do one by one, the order is offered, never taken by itself."""
    source, target = _tree({"a.x": (4, 4), "a.y": (2,)}), _tree({"b.p": (4, 4), "b.q": (2,)})
    (only,) = draw(source, target, _drawn(source, 1), _drawn(target, 1))
    assert (only.code, _said(only)) == ("in_order", ['"b.p" = "a.x"', '"b.q" = "a.y"'])
    assert not only.plain


def test_nothing_agrees():
    """Neither names nor shapes: that is said."""
    source, target = _tree({"a.x": (4, 4), "a.y": (2,)}), _tree({"b.p": (3,), "b.q": (7,)})
    with pytest.raises(DrawingError):
        draw(source, target, _drawn(source, 1), _drawn(target, 1))


def test_a_leaf_on_a_module():
    """One tensor cannot become several by itself."""
    source, target = _tree({"a": (4,)}), _tree({"b.p": (4,), "b.q": (4,)})
    with pytest.raises(DrawingError):
        draw(source, target, _drawn(source, 1), _drawn(target, 1))


@pytest.mark.parametrize(
    ("given_shape", "wanted_shape", "codes"),
    [
        ((16, 32), (32, 16), ["transpose", "fresh"]),
        ((8, 8, 1, 1), (8, 8), ["conv_to_linear", "fresh"]),
        ((8, 8), (8, 8, 1, 1), ["linear_to_conv", "fresh"]),
        ((3, 4, 5), (5, 3, 4), ["permute", "fresh"]),
        ((2, 6), (12,), ["reshape", "fresh"]),
        ((12, 4), (4, 4), ["chunk", "chunk", "chunk", "fresh"]),
        ((10, 4), (7, 4), ["slice", "fresh"]),
        ((10, 4), (20, 4), ["fresh"]),
    ],
)
def test_what_makes_a_shape_fit(given_shape, wanted_shape, codes):
    """Every op that fits is offered, best first, and starting fresh is always there, last."""
    source, target = _tree({"a": given_shape}), _tree({"b": wanted_shape})
    found = draw(source, target, _drawn(source, 1), _drawn(target, 1))
    assert [each.code for each in found] == codes
    for suggestion in found[:-1]:
        assert evaluate(Plan(suggestion.rules), {"": source}, target).targets["b"].state == "loaded"


def test_experts_are_stacked_and_picked():
    """One index more on one side: all of them in one tensor, or one out of it."""
    apart = _tree({f"l.{i}.e.{j}.w": (4, 6) for i in range(2) for j in range(3)})
    whole = _tree({f"m.{i}.w": (3, 4, 6) for i in range(2)})
    stacked = draw(apart, whole, _drawn(apart, 5), _drawn(whole, 3))[0]
    assert (stacked.code, len(stacked.hits)) == ("stack", 2)
    picked = draw(whole, apart, _drawn(whole, 3), _drawn(apart, 5))[0]
    assert (picked.code, len(picked.hits)) == ("select", 6)


def test_one_block_for_all():
    """What was drawn for block 3 is offered for every block, with what it would change."""
    source, target = _tree(_family("b.{}.w", 6)), _tree(_family("l.{}.w", 6))
    wider = generalise(source, target, Drawn(("b.3.w",), 3), Drawn(("l.3.w",), 3))
    assert wider is not None
    assert _said(wider) == ['"l.{i}.w" = "b.{i}.w"']
    assert len(wider.hits) == 6
    assert (
        generalise(
            source, target, Drawn(("b.3.w",), 3), Drawn(("l.3.w",), 3), now=evaluate(Plan(wider.rules), {"": source}, target)
        ).collisions
        == ()
    )


def test_collisions_are_counted():
    """Keys that are loaded in another way now."""
    source, target = _tree({**_family("b.{}.w", 3), **_family("c.{}.w", 3)}), _tree(_family("l.{}.w", 3))
    now = evaluate(Plan(draw(source, target, Drawn(tuple(_family("b.{}.w", 3)), 3), _drawn(target, 3))[0].rules), {"": source}, target)
    (again, *_) = draw(source, target, Drawn(tuple(_family("c.{}.w", 3)), 3), _drawn(target, 3), now=now)
    assert len(again.collisions) == 3
    assert not again.plain


def test_only_what_was_drawn():
    """A run that leaves some indices out is bounded in the rule."""
    keys = _family("l.{}.w", 6)
    source, target = _tree(_family("b.{}.w", 6)), _tree(keys)
    some = [key for key in keys if key not in {"l.0.w", "l.1.w"}]
    first = draw(source, target, Drawn(tuple(f"b.{i}.w" for i in range(2, 6)), 3), Drawn(tuple(some), 3))[0]
    assert sorted(first.hits) == sorted(some)


def test_odd_names_are_escaped():
    """Characters of the pattern language in keys stay themselves."""
    source, target = _tree({'a{b}*|"\\.0.w': (2,), 'a{b}*|"\\.1.w': (2,)}), _tree({"{x}.0.w": (2,), "{x}.1.w": (2,)})
    first = draw(source, target, _drawn(source, 3), _drawn(target, 3))[0]
    assert len(first.hits) == 2


@given(st.integers(1, 5), st.integers(0, 3), st.integers(0, 3), st.sampled_from([("b.{}", 2), ("b.{}.attn.w", 4), ("x{{y.{}", 2)]))
def test_families_of_any_length_and_shift(count, start, other, pattern):
    """However many and wherever they start: all are hit, or it is said which are not."""
    template, depth = pattern
    source, target = _tree(_family(template, count, start=start)), _tree(_family("t.{}.w", count, start=other))
    first = draw(source, target, _drawn(source, depth), _drawn(target, 3))[0]
    assert set(first.hits) | set(first.misses) == set(target.tensors)
    assert not first.misses


def test_what_was_drawn_for_one_block_of_very_many_is_counted_for_all(monkeypatch):
    """Of a tree that is too large to be counted whole, the families are that a rule can reach; a row that is all of its family has nothing more."""
    monkeypatch.setattr("app.mapping.drawing._MOST_COUNTED", 10)
    names = [f"{{}}.{layer}.mlp.{expert}.{part}" for layer in range(4) for expert in range(3) for part in ("w", "v")]
    source = from_shapes({name.format("b"): ((4,), "F32") for name in names} | {"b.9.mlp.w": ((4,), "F32")})
    target = from_shapes({name.format("l"): ((4,), "F32") for name in names} | {"l.9.mlp.w": ((4,), "F32")})
    wider = generalise(source, target, Drawn(("b.3.mlp.1.w",), 5), Drawn(("l.3.mlp.1.w",), 5))
    assert len(wider.hits) == 12
    modules = tuple(tuple(name.format(side) for name in names if name.startswith("{}.3.")) for side in "bl")
    wider = generalise(source, target, Drawn(modules[0], 3), Drawn(modules[1], 3))
    assert len(wider.hits) == 25
    family = tuple(tuple(name.format(side) for name in names if name.endswith("w")) for side in "bl")
    assert generalise(source, target, Drawn(family[0], 5), Drawn(family[1], 5)) is None


def test_some_blocks_of_a_very_large_tree_mean_no_others(monkeypatch):
    """A folded row that stands for blocks 0 to 2 of six: the rule names them, though the tree is too large to be counted whole."""
    monkeypatch.setattr("app.mapping.drawing._MOST_COUNTED", 3)
    source, target = _tree(_family("b.{}.w", 6)), _tree(_family("l.{}.w", 6))
    some = [Drawn(tuple(f"{side}.{i}.w" for i in range(3)), 3) for side in "bl"]
    assert _said(draw(source, target, *some)[0]) == ['"l.{i:0..2}.w" = "b.{i}.w"']
    assert _said(draw(source, target, _drawn(source, 3), _drawn(target, 3))[0]) == ['"l.{i}.w" = "b.{i}.w"']
