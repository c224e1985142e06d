"""Transfers turned round."""

import pytest

from app import messages
from app.errors import KeygraftError
from app.services import edits, reversing, sides, transfers, workspaces
from tests.services.keylists import keys


def test_the_way_back_is_a_transfer(house):
    """Sides are swapped, the plan is clean; nothing lost is said."""
    source, target = sides.understand(house, keys(a=(2, 3), b=(2,))), sides.understand(house, keys(c=(3, 2), b=(2,)))
    made = transfers.create(house, {"": source.id}, target.id)
    edits.import_plan(house, made.id, 0, 'keygraft_plan 1\n"c" = transpose("a")\n')
    back = reversing.reverse(house, made.id)
    workspace = workspaces.open_workspace(house, back.transfer.id)
    assert (workspace.source_cards[""].id, workspace.target_card.id) == (target.id, source.id)
    assert workspace.evaluation.clean
    assert back.lost == ()
    assert back.said == messages.text("reverse-whole")
    assert workspaces.open_workspace(house, made.id).version == 1


def test_what_is_lost_is_listed(house):
    """Keys that nothing was made from are named, with the reason; many are counted."""
    source, target = sides.understand(house, keys(a=(2,), b=(2,), c=(2,), d=(2,), e=(2,))), sides.understand(house, keys(a=(2,)))
    back = reversing.reverse(house, transfers.create(house, {"": source.id}, target.id).id)
    assert [each.key for each in back.lost] == ["b", "c", "d", "e"]
    assert back.lost[0].why == "Nothing in the target was made from it."
    assert back.said.endswith("4 keys do not come back as they were: b, c, d and 1 more.")


def test_several_sources_have_no_one_way_back(house):
    """It is refused, and said."""
    side = sides.understand(house, keys(a=(2,)))
    made = transfers.create(house, {"x": side.id, "y": side.id}, side.id)
    with pytest.raises(KeygraftError) as told:
        reversing.reverse(house, made.id)
    assert told.value.code == "reverse_several_sources"
