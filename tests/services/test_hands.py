"""What a person finds again: the history of a key, versions that were taken out; and what they give up."""

import pytest

from app.errors import ConflictError, KeygraftError
from app.mapping.plan import Init
from app.services import edits, exports, mappings, proposals, tracing, workspaces
from app.services.cards import TransferCard
from app.services.house import House


def test_a_key_starts_fresh_with_a_scheme_and_its_seed(house: House, transfer: TransferCard) -> None:
    """The rule carries the arguments; what the scheme does not know is refused, and nothing changes."""
    mappings.start_fresh(house, transfer.id, 0, ["fc.weight"], policy="truncated_normal", args={"std": 0.02, "seed": 7})
    plan = workspaces.open_workspace(house, transfer.id).plan
    assert plan.rules == (Init("fc.weight", "truncated_normal", {"std": 0.02, "seed": 7}),)
    with pytest.raises(KeygraftError, match="init_argument"):
        mappings.start_fresh(house, transfer.id, 1, ["fc.weight"], policy="zeros", args={"seed": 7})
    assert workspaces.version_of(house, transfer.id) == 1


def test_the_history_of_a_key_is_the_steps_that_speak_of_it(house: House, transfer: TransferCard) -> None:
    """Of a target key and of a source key, the newest first; steps about other keys are left out, those taken back are marked."""
    mappings.draw(house, transfer.id, 0, [("conv.weight", "backbone_conv.weight")])
    mappings.start_fresh(house, transfer.id, 1, ["fc.weight"])
    mappings.leave_behind(house, transfer.id, 2, ["left.weight"])
    edits.undo(house, transfer.id)
    workspace = workspaces.open_workspace(house, transfer.id)
    assert [each.version for each in tracing.of_key(house, workspace, "t", "backbone_conv.weight")] == [1]
    assert [each.version for each in tracing.of_key(house, workspace, "s", "conv.weight")] == [1]
    assert [each.version for each in tracing.of_key(house, workspace, "t", "fc.weight")] == [2]
    left = tracing.of_key(house, workspace, "s", "left.weight")
    assert [(each.version, each.kind, each.undone) for each in left] == [(4, "undo", False), (3, "edit", True)]
    assert tracing.of_key(house, workspace, "t", "norm.weight") == ()


def test_a_version_that_is_taken_out_is_kept_under_a_name(house: House, transfer: TransferCard) -> None:
    """An export names the version; a name that a person gave stays."""
    mappings.start_fresh(house, transfer.id, 0, ["fc.weight"])
    exports.script(house, transfer.id, taken=True)
    assert edits.history(house, transfer.id)[0].name.startswith("Taken:")
    edits.name_version(house, transfer.id, 1, "before training")
    exports.export(house, transfer.id, "plan")
    assert edits.history(house, transfer.id)[0].name == "before training"
    edits.name_version(house, transfer.id, 1, "")
    assert edits.history(house, transfer.id)[0].name == ""


def test_an_edit_that_is_given_up_changes_nothing(house: House, transfer: TransferCard) -> None:
    """The tab's edit under way is refused, its next one is an edit again, and other tabs are not touched."""
    edits.cancel(house, "tab-a")
    with pytest.raises(ConflictError, match="edit_cancelled"):
        mappings.start_fresh(house, transfer.id, 0, ["fc.weight"], client="tab-a")
    assert workspaces.version_of(house, transfer.id) == 0
    mappings.start_fresh(house, transfer.id, 0, ["fc.weight"], client="tab-a")
    edits.cancel(house, "tab-a")
    edits.undo(house, transfer.id, client="tab-a")
    edits.redo(house, transfer.id, client="tab-a")
    mappings.leave_behind(house, transfer.id, 3, ["left.weight"], client="tab-b")
    assert workspaces.version_of(house, transfer.id) == 4


def test_proposals_are_taken_from_a_confidence_on(house: House, example: TransferCard) -> None:
    """Just those at or above it, whatever their order."""
    workspace = workspaces.open_workspace(house, example.id)
    least = max(proposal.confidence for proposal in workspace.proposals.values())
    wanted = {key for key, proposal in workspace.proposals.items() if proposal.confidence >= least}
    proposals.accept(house, example.id, workspace.version, at_least=least)
    after = workspaces.open_workspace(house, example.id)
    assert wanted
    assert all(after.evaluation.targets[key].state == "loaded" for key in wanted)
