"""A side of a transfer is replaced."""

from datetime import timedelta

import pytest

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.services import edits, housekeeping, replacing, reviewing, sides, transfers, workspaces
from app.services.replacing import Place
from app.store import people
from tests.services.keylists import keys

TARGET = Place("target")
OLD = keys(
    layers__0__attn__weight=(8, 8),
    layers__0__attn__bias=(8,),
    layers__1__attn__weight=(8, 8),
    layers__1__attn__bias=(8,),
    fc__weight=(10, 8),
)
NEW = keys(
    blocks__0__attn__weight=(8, 8),
    blocks__0__attn__bias=(8,),
    blocks__1__attn__weight=(8, 8),
    blocks__1__attn__bias=(8,),
    fc__weight=(10, 8),
    extra__scale=(3,),
)


@pytest.fixture
def made(house):
    """A transfer between equal trees, none of whose keys needs a rule."""
    source, target = sides.understand(house, OLD), sides.understand(house, OLD)
    return transfers.create(house, {"": source.id}, target.id)


def test_what_moves_is_foreseen_and_nothing_is_stored(house, made):
    """Layers that became blocks are followed by one rule; the key that came is new; the transfer stays as it was."""
    found = replacing.foresee(house, made.id, TARGET, sides.understand(house, NEW).id)
    assert dict(found.moved)["layers.1.attn.bias"] == "blocks.1.attn.bias"
    assert len(found.added_rules) == 1
    assert (found.followed.added, found.followed.lost, found.followed.gone) == (("extra.scale",), (), ())
    assert workspaces.open_workspace(house, made.id).version == 0


def test_a_review_says_which_side_was_replaced(house, made):
    """Also where every rule stayed as it was: other weights under the same names are what a second pair of eyes is for."""
    other = sides.understand(house, OLD)
    replacing.replace(house, made.id, 0, Place("source"), other.id)
    found = reviewing.review(house, made.id, since=0)
    (side,) = found.sides
    assert (side.side, side.name, side.before, side.after) == ("source", "", next(iter(made.sources.values())).label, other.label)
    assert (side.tensors_before, side.tensors_after) == (5, 5)
    assert found.changes.same
    replacing.replace(house, made.id, 1, TARGET, sides.understand(house, NEW).id)
    found = reviewing.review(house, made.id, since=0)
    assert [(side.side, side.tensors_before, side.tensors_after) for side in found.sides] == [("source", 5, 5), ("target", 5, 6)]
    appeared = {(row.family, row.before, row.after) for row in found.changes.outcomes if row.side == "target"}
    assert ("blocks.{}.attn.weight", "", "loaded") in appeared
    assert ("layers.{}.attn.weight", "loaded", "") in appeared
    assert [side.side for side in reviewing.review(house, made.id, since=1).sides] == ["target"]
    assert reviewing.review(house, made.id, since=2).sides == ()


def test_a_replacement_is_one_step_that_undo_takes_back(house, made):
    """The new tree stands with its rules at the next version; undo brings both back, redo does it again."""
    new = sides.understand(house, NEW)
    applied = replacing.replace(house, made.id, 0, TARGET, new.id)
    after = workspaces.open_workspace(house, made.id)
    assert (applied.version, after.target_card.id) == (1, new.id)
    assert after.evaluation.targets["blocks.0.attn.weight"].state == "loaded"
    assert [entry.kind for entry in edits.history(house, made.id)] == ["replace"]
    edits.undo(house, made.id)
    back = workspaces.open_workspace(house, made.id)
    assert back.target_card.id == made.target.id
    assert (back.plan.rules, back.evaluation.clean) == ((), True)
    edits.redo(house, made.id)
    assert workspaces.open_workspace(house, made.id).target_card.id == new.id


def test_a_source_is_replaced_by_its_name(house):
    """Of several sources the named one goes; a name that is none is refused."""
    one, two, target = (sides.understand(house, text) for text in (keys(a=(2,)), keys(b=(3,)), keys(a=(2,), b=(3,))))
    made = transfers.create(house, {"x": one.id, "y": two.id}, target.id)
    newer = sides.understand(house, keys(b=(4,)))
    found = replacing.foresee(house, made.id, Place("source", "y"), newer.id)
    assert found.followed.lost == ("b",)
    replacing.replace(house, made.id, 0, Place("source", "y"), newer.id)
    workspace = workspaces.open_workspace(house, made.id)
    assert {name: card.id for name, card in workspace.source_cards.items()} == {"x": one.id, "y": newer.id}
    with pytest.raises(NotFoundError) as told:
        replacing.foresee(house, made.id, Place("source", "z"), newer.id)
    assert told.value.code == "source_not_found"


def test_a_side_that_was_replaced_again_is_not_undone_under_somebody(house, made):
    """Undo of the first replacement after another person's second is a conflict, and the second stands."""
    with house.database.write() as tx:
        people.ensure(tx, "other", "Other", house.clock())
    first, second = sides.understand(house, NEW), sides.understand(house, OLD, by="other")
    replacing.replace(house, made.id, 0, TARGET, first.id)
    replacing.replace(house, made.id, 1, TARGET, second.id, by="other")
    with pytest.raises(ConflictError) as told:
        edits.undo(house, made.id)
    assert told.value.code == "undo_conflict"
    assert workspaces.open_workspace(house, made.id).target_card.id == second.id
    edits.undo(house, made.id, by="other")
    edits.undo(house, made.id)
    assert workspaces.open_workspace(house, made.id).target_card.id == made.target.id


def test_a_preview_that_is_out_of_date_is_refused(house, made):
    """Somebody edited meanwhile: look again, nothing happens."""
    new = sides.understand(house, NEW)
    edits.import_plan(house, made.id, 0, 'keygraft_plan 1\nignore "fc.*"\n')
    with pytest.raises(ConflictError):
        replacing.replace(house, made.id, 0, TARGET, new.id)
    assert workspaces.open_workspace(house, made.id).target_card.id == made.target.id


def test_a_side_without_a_tree_cannot_stand_there(house, made):
    """Code whose class was not chosen yet."""
    waiting = sides.understand(house, "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n")
    with pytest.raises(KeygraftError) as told:
        replacing.foresee(house, made.id, TARGET, waiting.id)
    assert told.value.code == "side_not_ready"


def test_replaced_sides_are_kept_as_long_as_the_history(house, made, monkeypatch):
    """Tidying leaves them, for undo leads back to them; deleting the transfer takes them along."""
    new = sides.understand(house, NEW)
    replacing.replace(house, made.id, 0, TARGET, new.id)
    monkeypatch.setattr(housekeeping, "KEPT", timedelta(seconds=-5))
    assert housekeeping.tidy(house) == 0
    edits.undo(house, made.id)
    assert workspaces.open_workspace(house, made.id).evaluation.clean
    transfers.delete(house, made.id)
    for side in (made.target.id, new.id):
        with pytest.raises(NotFoundError):
            sides.card(house, side)
