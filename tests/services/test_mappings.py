"""Mapping by hand."""

import pytest

from app.errors import KeygraftError, NotFoundError
from app.mapping.edits import AddRule
from app.mapping.plan import Bind, Ref
from app.services import edits, mappings, sides, transfers, workspaces
from app.services.cards import Said, TransferCard
from app.services.house import House
from tests.services.keylists import keys


def states(house: House, transfer: TransferCard) -> dict[str, str]:
    """Target key -> its state."""
    return {key: outcome.state for key, outcome in workspaces.open_workspace(house, transfer.id).evaluation.targets.items()}


def test_a_drag_maps(house: House, transfer: TransferCard) -> None:
    """One source key drawn onto one target key."""
    mappings.draw(house, transfer.id, 0, [("conv.weight", "backbone_conv.weight")])
    assert states(house, transfer)["backbone_conv.weight"] == "loaded"


def test_another_shape_never_maps_silently(house: House, transfer: TransferCard) -> None:
    """The refusal names both shapes."""
    with pytest.raises(KeygraftError) as refusal:
        mappings.draw(house, transfer.id, 0, [("fc.weight", "fc.weight")])
    assert refusal.value.code == "shapes_differ"
    assert refusal.value.params["from"] == "10 x 8"


def test_drawing_again_replaces(house: House, transfer: TransferCard) -> None:
    """The second drag onto a key takes the place of the first."""
    source = sides.understand(house, keys(a=(2,), b=(2,)))
    target = sides.understand(house, keys(c=(2,)))
    made = transfers.create(house, {"": source.id}, target.id)
    mappings.draw(house, made.id, 0, [("a", "c")])
    mappings.draw(house, made.id, 1, [("b", "c")])
    workspace = workspaces.open_workspace(house, made.id)
    assert [outcome.state for outcome in workspace.evaluation.sources[""].values()] == ["unexpected", "used"]
    assert len(workspace.plan.rules) == 1


def test_unmapping_one_key_of_a_family_keeps_the_others(house: House) -> None:
    """A rule over blocks loses one block only."""
    source = sides.understand(house, keys(**{f"a__{number}__w": (2,) for number in range(4)}))
    target = sides.understand(house, keys(**{f"b__{number}__v": (2,) for number in range(4)}))
    made = transfers.create(house, {"": source.id}, target.id)
    rule = Bind("b.{i}.v", Ref("a.{i}.w"))
    edits.apply(house, made.id, 0, [AddRule(rule)], label=Said("edit-rules", {"count": 1}))
    mappings.unmap(house, made.id, 1, ["b.2.v"])
    assert states(house, made) == {"b.0.v": "loaded", "b.1.v": "loaded", "b.2.v": "missing", "b.3.v": "loaded"}
    edits.undo(house, made.id)
    assert workspaces.open_workspace(house, made.id).plan.rules == (rule,)


def test_unmapping_an_equal_name_lets_it_start_fresh(house: House, transfer: TransferCard) -> None:
    """No rule stands behind it that could be taken away."""
    mappings.unmap(house, transfer.id, 0, ["norm.weight"])
    assert states(house, transfer)["norm.weight"] == "initialised"
    with pytest.raises(KeygraftError, match="not_mapped"):
        mappings.unmap(house, transfer.id, 1, ["backbone_conv.weight"])


def test_start_fresh_and_leave_behind(house: House, transfer: TransferCard) -> None:
    """Target keys start fresh, source keys are left behind; hostile characters are no patterns."""
    mappings.start_fresh(house, transfer.id, 0, ["fc.weight"], policy="zeros")
    mappings.leave_behind(house, transfer.id, 1, ["left.weight"])
    workspace = workspaces.open_workspace(house, transfer.id)
    assert workspace.evaluation.targets["fc.weight"].state == "initialised"
    assert workspace.evaluation.sources[""]["left.weight"].state == "ignored"


def test_keys_with_pattern_characters_are_taken_literally(house: House) -> None:
    """A key named `*` leaves behind itself alone."""
    source = sides.understand(
        house, '{"*": {"shape": [1], "dtype": "F32"}, "a{b}": {"shape": [1], "dtype": "F32"}, "c": {"shape": [1], "dtype": "F32"}}'
    )
    target = sides.understand(house, keys(d=(1,)))
    made = transfers.create(house, {"": source.id}, target.id)
    mappings.leave_behind(house, made.id, 0, ["*"])
    mappings.draw(house, made.id, 1, [("a{b}", "d")])
    workspace = workspaces.open_workspace(house, made.id)
    assert {key: outcome.state for key, outcome in workspace.evaluation.sources[""].items()} == {
        "*": "ignored",
        "a{b}": "used",
        "c": "unexpected",
    }


def test_keys_that_are_not_there(house: House, transfer: TransferCard) -> None:
    """Each gesture names the key."""
    with pytest.raises(NotFoundError, match="key_not_found"):
        mappings.draw(house, transfer.id, 0, [("nope", "fc.weight")])
    with pytest.raises(NotFoundError, match="key_not_found"):
        mappings.start_fresh(house, transfer.id, 0, ["nope"])
    with pytest.raises(NotFoundError, match="key_not_found"):
        mappings.leave_behind(house, transfer.id, 0, ["nope"])
    with pytest.raises(NotFoundError, match="source_name_unknown"):
        mappings.draw(house, transfer.id, 0, [("conv.weight", "backbone_conv.weight")], source="vision")


def test_drawing_over_one_block_leaves_the_rule_of_the_others(house: House) -> None:
    """The new rule stands in front of the one over all blocks, and wins."""
    source = sides.understand(house, keys(**{f"a__{number}__w": (2,) for number in range(4)}, other=(2,)))
    target = sides.understand(house, keys(**{f"b__{number}__v": (2,) for number in range(4)}))
    made = transfers.create(house, {"": source.id}, target.id)
    edits.apply(house, made.id, 0, [AddRule(Bind("b.{i}.v", Ref("a.{i}.w")))], label=Said("edit-rules", {"count": 1}))
    mappings.draw(house, made.id, 1, [("other", "b.2.v")])
    workspace = workspaces.open_workspace(house, made.id)
    assert len(workspace.plan.rules) == 2
    assert workspace.evaluation.sources[""]["other"].targets == ("b.2.v",)
    assert workspace.evaluation.sources[""]["a.2.w"].state == "unexpected"
    assert workspace.evaluation.clean


def test_a_module_that_starts_fresh_is_one_rule(house: House) -> None:
    """And mapping one of its keys later takes just that key out."""
    source = sides.understand(house, keys(w=(2,)))
    target = sides.understand(house, keys(head__0__weight=(2,), head__0__bias=(2,), head__1__weight=(2,), head__1__bias=(2,)))
    made = transfers.create(house, {"": source.id}, target.id)
    mappings.start_fresh(house, made.id, 0, ["head.0.weight", "head.0.bias", "head.1.weight", "head.1.bias"])
    assert [rule.pattern for rule in workspaces.open_workspace(house, made.id).plan.rules] == ["head.*"]
    mappings.draw(house, made.id, 1, [("w", "head.0.weight")])
    assert states(house, made) == {
        "head.0.weight": "loaded",
        "head.0.bias": "initialised",
        "head.1.weight": "initialised",
        "head.1.bias": "initialised",
    }
