"""Folding: equal blocks once, whatever their number."""

from app.automap import folding
from app.automap.flatnames import nest
from app.automap.listing import informative
from app.automap.parameters import place
from app.keys.tree import from_shapes


def made(**shapes):
    """A tree from key -> shape, written with `__` for the dot."""
    return from_shapes({key.replace("__", "."): (shape, "F32") for key, shape in shapes.items()})


def test_equal_blocks_fold_into_one():
    """A hundred equal blocks are the units of one, standing for all their keys."""
    tree = from_shapes({f"layers.{i}.{name}": ((4, 4), "F32") for i in range(100) for name in ("a.weight", "b.weight")})
    units = folding.units(folding.trie(tree), ".", "")
    assert [unit.count for unit in units] == [100, 100]
    assert units[0].keys("weight") == [f"layers.{i}.a.weight" for i in range(100)]


def test_different_blocks_stay_apart():
    """Where a block has another shape, the run ends."""
    sizes = [4, 4, 8, 8, 8]
    tree = from_shapes({f"layers.{i}.{name}.weight": ((size, size), "F32") for i, size in enumerate(sizes) for name in "ab"})
    assert sorted(unit.count for unit in folding.units(folding.trie(tree), ".", "")) == [2, 2, 3, 3]


def test_an_opened_run_is_not_folded():
    """A run that only one side has can be opened by its name."""
    tree = from_shapes({f"layers.{i}.{name}.weight": ((4, 4), "F32") for i in range(3) for name in "ab"})
    folded = folding.units(folding.trie(tree), ".", "")
    opened = {folding.run_id(axis) for unit in folded for axis in unit.axes}
    assert len(folding.units(folding.trie(tree), ".", "", opened)) == 6


def test_percent_signs_in_names():
    """Names are no formats."""
    tree = from_shapes({f"l.{i}.50%s.{name}": ((2,), "F32") for i in range(2) for name in ("weight", "bias")})
    keys = [key for unit in folding.units(folding.trie(tree), ".", "") for param in unit.params for key in unit.keys(param)]
    assert sorted(keys) == sorted(tree.tensors)


def test_parameters_under_one_name():
    """What frameworks call weight and bias is one; siblings tell a norm's gamma from a layer scale."""
    tree = made(ln__gamma=(4,), ln__beta=(4,), ls1__gamma=(4,), attn__in_proj_weight=(12, 4), attn__in_proj_bias=(12,), cls_token=(1, 1, 4))
    places = {key: place(key, len(info.shape), tree, ".") for key, info in tree.tensors.items()}
    assert places["ln.gamma"] == (("ln",), "weight")
    assert places["ls1.gamma"] == (("ls1", "gamma"), "weight")
    assert places["attn.in_proj_weight"] == (("attn", "in_proj"), "weight")
    assert places["attn.in_proj_bias"] == (("attn", "in_proj"), "bias")
    assert places["cls_token"] == (("cls_token",), "weight")


def test_listings_that_say_something():
    """Registration order does; a sorted listing and a file that says it has none do not."""
    listed = {f"{name}.{param}": ((2,), "F32") for name in ("stem", "body", "head") for param in ("weight", "bias")}
    assert informative(from_shapes(listed))
    assert not informative(from_shapes(dict(sorted(listed.items()))))
    assert not informative(from_shapes(listed, ordered=False))


def test_numbers_inside_flat_names_are_levels():
    """As Keras names layers, each twice; keys are spelt as they were, and a few such names are no way of naming."""
    names = [f"block_{i}_{part}" for i in range(4) for part in ("expand", "expand_BN", "project")] + ["conv2_block1_1_conv", "Conv1"]
    given = from_shapes({f"{name}/{name}/kernel:0": ((3, 3, 8, 8), "F32") for name in names})
    found = folding.units(folding.trie(given), folding.separator_of(given), "")
    nest(found)
    paths = [unit.path for unit in found]
    assert paths[:2] == [("block_0", "expand"), ("block_0", "expand_BN")]
    assert paths[-2:] == [("conv2", "block1", "1", "conv"), ("Conv1",)]
    assert found[0].keys("weight") == ["block_0_expand/block_0_expand/kernel:0"]
    few = from_shapes(dict.fromkeys(("a/b/kernel", "res_1_x/kernel"), ((4, 4), "F32")))
    found = folding.units(folding.trie(few), folding.separator_of(few), "")
    nest(found)
    assert [unit.path for unit in found] == [("a", "b"), ("res_1_x",)]
