"""What a plan does: order of rules, gathers, conflicts, what torch does."""

import msgspec
import pytest
import torch

from app import messages
from app.keys import TensorInfo
from app.mapping import Demands, Leaf, Plan, demands, evaluate, parse_plan, working_names
from tests.mapping.trees import tree


def plan(*lines):
    """Make a plan of lines."""
    return parse_plan("\n".join(("keygraft_plan 1", *lines)))


def states(evaluation):
    """Target key -> state."""
    return {key: outcome.state for key, outcome in evaluation.targets.items()}


def test_order_of_claims():
    """Init, binds in order, renames, equal name."""
    source = tree({"m.a": (2,), "b": (2,), "c": (2,), "d": (2,)})
    target = tree({"a": (2,), "b": (2,), "c": (2,), "d": (2,)})
    made = plan('rename strip_prefix "m."', '"b" = "absent"', '"b" = "c"', '"b" = "d"', 'init "c"')
    found = evaluate(made, {"": source}, target).targets
    assert [(outcome.state, outcome.rule) for outcome in found.values()] == [
        ("loaded", 0),
        ("loaded", 2),
        ("initialised", 4),
        ("loaded", None),
    ]
    assert found["b"].recipe == Leaf("c")


def test_an_equal_name_is_no_claim_where_a_bind_took_the_target():
    """`layers.1.downsample` does not silently take the source of the same name."""
    source = tree({"layers.0.down": (2,), "layers.1.down": (2,)})
    target = tree({"layers.0.down": (2,), "layers.1.down": (2,)})
    found = evaluate(plan('"layers.{i+1}.down" = "layers.{i}.down"'), {"": source}, target).targets
    assert found["layers.1.down"].recipe == Leaf("layers.0.down")
    assert found["layers.0.down"].state == "missing"
    off = evaluate(plan('off "layers.{i+1}.down" = "layers.{i}.down"'), {"": source}, target).targets
    assert found != off
    assert off["layers.0.down"].recipe == Leaf("layers.0.down")


def test_conflicts_are_named():
    """Two sources by renames, through one bind's reference, or through arithmetic."""
    source = tree({"a.x": (2,), "b.x": (2,), "s.0.1": (2,), "s.1.0": (2,)})
    target = tree({"x": (2,), "y": (2,), "t.1": (2,)})
    found = evaluate(
        plan('rename strip_prefix "a."', 'rename strip_prefix "b."', '"y" = "x"', '"t.{i+j}" = "s.{i}.{j}"'), {"": source}, target
    ).targets
    assert states(evaluate(plan('rename strip_prefix "a."', 'rename strip_prefix "b."'), {"": source}, target))["x"] == "conflicting"
    assert [outcome.state for outcome in found.values()] == ["conflicting"] * 3
    assert found["x"].reason.params["first"] == "a.x"
    assert "i=0, j=1" in found["t.1"].reason.params["solutions"]
    for outcome in found.values():
        assert messages.text("reason-" + outcome.reason.code.replace("_", "-"), **outcome.reason.params)


def test_two_sources_of_one_name_conflict():
    """Equal names in two named sources are never chosen between."""
    one = tree({"a": (2,)})
    assert states(evaluate(Plan(), {"x": one, "y": one}, one)) == {"a": "conflicting"}


def test_gathers_are_complete_or_mismatched():
    """A missing expert is named; 255 of 256 never stack silently."""
    target = tree({"l.0.w": (3, 2), "l.1.w": (3, 2), "l.2.w": (3, 2)})
    source = tree({"l.0.e.0": (2,), "l.0.e.1": (2,), "l.0.e.2": (2,), "l.1.e.0": (2,), "l.1.e.2": (2,)})
    found = evaluate(plan('"l.{i}.w" = stack("l.{i}.e.{e}")'), {"": source}, target).targets
    assert [outcome.state for outcome in found.values()] == ["loaded", "mismatched", "missing"]
    assert found["l.1.w"].reason.params["lacking"] == 1
    assert [leaf.key for leaf in found["l.0.w"].recipe.inputs] == ["l.0.e.0", "l.0.e.1", "l.0.e.2"]


def test_gathers_follow_numbers_not_text():
    """Expert 10 comes behind expert 9."""
    source = tree({f"e.{e}": (1,) for e in range(12)})
    found = evaluate(plan('"w" = concat("e.{e}")'), {"": source}, tree({"w": (12,)})).targets["w"]
    assert [leaf.key for leaf in found.recipe.inputs] == [f"e.{e}" for e in range(12)]


def test_gathers_over_a_range():
    """A range chooses, and is complete itself."""
    source = tree({f"e.{e}": (1,) for e in range(6)})
    target = tree({"w": (3,), "v": (3,)})
    found = evaluate(plan('"w" = concat("e.{e:2..4}")', '"v" = concat("e.{e:4..6}")'), {"": source}, target).targets
    assert [leaf.key for leaf in found["w"].recipe.inputs] == ["e.2", "e.3", "e.4"]
    assert found["v"].state == "mismatched"


def test_gathers_of_one_expression_are_equally_many():
    """Eight gates and seven ups do not fit."""
    source = tree({f"g.{e}": (1, 2) for e in range(3)} | {f"u.{e}": (1, 2) for e in range(2)})
    found = evaluate(plan('"w" = concat(stack("g.{e}"), stack("u.{e}"), dim=1)'), {"": source}, tree({"w": (3, 2, 2)})).targets["w"]
    assert (found.state, found.reason.code) == ("mismatched", "gather_uneven")


def test_raw_names_are_those_of_the_file():
    """Renames do not touch `raw:` references, and ignore may speak of file names too."""
    source = tree({"m.a": (2,), "m.b": (2,), "m.c": (2,)})
    made = plan('rename strip_prefix "m."', '"x" = raw:"m.a"', '"y" = "b"', '"z" = "m.c"', 'ignore raw:"m.c"')
    evaluation = evaluate(made, {"": source}, tree({"x": (2,), "y": (2,), "z": (2,)}))
    assert states(evaluation) == {"x": "loaded", "y": "loaded", "z": "missing"}
    assert [outcome.state for outcome in evaluation.sources[""].values()] == ["used", "used", "ignored"]
    assert working_names(made, {"": source}) == {"": {"m.a": "a", "m.b": "b", "m.c": "c"}}


def test_renames_run_in_order_and_name_the_last_that_changed_a_key():
    """Prefix, replace and regex, each over what the former left."""
    source = tree({"module.block1.gamma": (2,)})
    made = plan(
        'rename strip_prefix "module."',
        'rename regex "^block(\\d)" -> "b.\\1"',
        'rename replace "gamma" -> "weight"',
        'rename add_prefix "net."',
    )
    found = evaluate(made, {"": source}, tree({"net.b.1.weight": (2,)})).targets["net.b.1.weight"]
    assert (found.state, found.rule) == ("loaded", 3)


def test_sources_say_what_becomes_of_them():
    """Used with all their targets, ignored by the first rule, else unexpected."""
    source = tree({"a": (2,), "b": (2,), "c": (2,)})
    evaluation = evaluate(plan('"x" = "a"', '"y" = "a"', 'ignore "b"', 'ignore "{x:a|b}"'), {"": source}, tree({"x": (2,), "y": (2,)}))
    used, ignored, unexpected = evaluation.sources[""].values()
    assert (used.state, used.rule, used.targets) == ("used", 0, ("x", "y"))
    assert (ignored.state, ignored.rule) == ("ignored", 2)
    assert unexpected.state == "unexpected"


def test_op_errors_become_reasons():
    """A key that an op cannot make is mismatched, in the op's own words."""
    found = evaluate(plan('"w" = chunk("a", 3, dim=0)[1]'), {"": tree({"a": (4, 2)})}, tree({"w": (1, 2)})).targets["w"]
    assert (found.state, found.reason.code) == ("mismatched", "op_not_divisible")
    assert "divisible" in messages.text("reason-op-not-divisible", **found.reason.params)


def test_coverage_counts_keys_parameters_andwritten():
    """A tied tensor counts once in parameters, each time in keys."""
    target = tree({"a": (2, 3), "b": (5,), "c": (2, 3)})
    target = msgspec.structs.replace(target, tensors={**target.tensors, "c": TensorInfo((2, 3), "F32", alias="a")})
    evaluation = evaluate(Plan(), {"": tree({"a": (2, 3)})}, target)
    assert (evaluation.coverage["loaded"].keys, evaluation.coverage["loaded"].parameters, evaluation.coverage["loaded"].bytes) == (1, 6, 24)
    assert evaluation.coverage["total"].keys == 3
    assert evaluation.coverage["total"].parameters == 11
    assert evaluation.targets["c"].benign
    assert evaluation.targets["c"].reason.code == "tied"


def test_the_same_input_gives_the_samewritten():
    """Nothing depends on hashing order or on what was evaluated before."""
    source, target = tree({f"l.{i}.a": (2,) for i in range(30)}), tree({f"m.{i}.b": (2,) for i in range(30)})
    made = plan('"m.{i}.b" = "l.{29-i}.a"')
    assert written(evaluate(made, {"": source}, target)) == written(evaluate(made, {"": source}, target))


def written(found):
    """An evaluation written down."""
    sources = {name: dict(outcomes) for name, outcomes in found.sources.items()}
    return msgspec.json.encode([dict(found.targets), sources, found.coverage])


class Net(torch.nn.Module):
    """A batch norm, a 0-d parameter, a linear layer."""

    def __init__(self):
        super().__init__()
        self.bn = torch.nn.BatchNorm1d(3)
        self.scale = torch.nn.Parameter(torch.tensor(1.0))
        self.fc = torch.nn.Linear(2, 2)


def _tree_of(state):
    return tree({key: tuple(tensor.shape) for key, tensor in state.items()})


def test_num_batches_tracked_as_torch_sees_it():
    """From a plain dictionary torch fills it in; with version metadata it is missing."""
    state = Net().state_dict()
    plain = {key: value for key, value in state.items() if key != "bn.num_batches_tracked"}
    assert Net().load_state_dict(plain, strict=False).missing_keys == []
    versioned = state.copy()
    versioned._metadata = state._metadata
    del versioned["bn.num_batches_tracked"]
    assert Net().load_state_dict(versioned, strict=False).missing_keys == ["bn.num_batches_tracked"]
    target = _tree_of(state)
    found = evaluate(Plan(), {"": _tree_of(plain)}, target)
    assert found.targets["bn.num_batches_tracked"].reason.code == "counter_filled"
    assert found.clean
    marked = msgspec.structs.replace(_tree_of(plain), other={"_metadata": "versions"})
    assert evaluate(Plan(), {"": marked}, target).targets["bn.num_batches_tracked"].reason.code == "counter_expected"


@pytest.mark.parametrize("shape", [(1,), (3,), (1, 1), (0,)])
def test_one_number_goes_into_a_scalar(shape):
    """A tensor of shape [1] loads into a 0-d parameter; nothing else does."""
    state = Net().state_dict()
    state["scale"] = torch.arange(5.0, 5.0 + torch.Size(shape).numel()).reshape(shape)
    found = evaluate(Plan(), {"": _tree_of(state)}, _tree_of(Net().state_dict())).targets["scale"]
    try:
        net = Net()
        net.load_state_dict(state)
    except (RuntimeError, IndexError):
        assert found.state == "mismatched"
    else:
        assert net.scale.item() == 5.0
        assert (found.state, found.reason.code) == ("loaded", "first_element")


def test_dtypes_are_cast_without_a_word():
    """I64 loads into F32, and the outcome says that it is cast."""
    state = Net().state_dict()
    state["fc.weight"] = torch.tensor([[1, 2], [3, 4]])
    net = Net()
    net.load_state_dict(state)
    assert net.fc.weight[1, 1] == 4.0
    source = tree({"a": (2,)}, dtype="I64")
    found = evaluate(Plan(), {"": source}, tree({"a": (2,)})).targets["a"]
    assert (found.state, found.reason.code) == ("loaded", "dtype_cast")


def test_keys_that_are_no_text_cannot_load():
    """Where torch raises, the outcome is no success."""
    with pytest.raises((AttributeError, TypeError)):
        Net().load_state_dict({0: torch.zeros(1)}, strict=False)
    odd = tree({"~int:0": (2,)})
    assert evaluate(Plan(), {"": odd}, odd).targets["~int:0"].reason.code == "key_not_text"


def test_benign_lists():
    """The built-in list spares known buffers; a plan's own list replaces it."""
    target = tree({"rope.inv_freq": (4,), "h.0.attn.bias": (1, 1, 8, 8), "g.0.attn.bias": (8,), "extra.mask": (2,)})
    benign = {key: outcome.benign for key, outcome in evaluate(Plan(), {"": tree({})}, target).targets.items()}
    assert benign == {"rope.inv_freq": True, "h.0.attn.bias": True, "g.0.attn.bias": False, "extra.mask": False}
    own = evaluate(Plan(benign=("extra.*",)), {"": tree({})}, target).targets
    assert [outcome.benign for outcome in own.values()] == [False, False, False, True]


def test_an_op_that_changes_nothing_says_so():
    """A form for weights passes a bias on, and the outcome tells."""
    made = plan('"q.{p}" = conv_to_linear("q.{p}")')
    source, target = tree({"q.weight": (4, 3, 1, 1), "q.bias": (4,)}), tree({"q.weight": (4, 3), "q.bias": (4,)})
    found = evaluate(made, {"": source}, target).targets
    assert [outcome.reason and outcome.reason.code for outcome in found.values()] == [None, "op_unchanged"]


def test_demands_are_known_before_a_run():
    """What is written, what is only copied, and what the largest computed key holds at once."""
    source, target = tree({"a": (4, 2), "b": (10,)}), tree({"a": (2, 4), "b": (10,)})
    evaluation = evaluate(plan('"a" = transpose("a")'), {"": source}, target)
    assert demands(evaluation, {"": source}) == Demands(output=72, moved=40, peak=64, largest="a")
