"""The library: what was taken out is remembered, and offered where the same two models meet again."""

import pytest

from app.errors import NotFoundError
from app.services import exports, library, mappings, recalling, transfers, workspaces
from app.services.cards import TransferCard
from app.services.house import House


def _finished(house: House, card: TransferCard) -> None:
    """Decide by hand what is open: one pair, and a head that starts fresh."""
    mappings.draw(house, card.id, 0, [("conv.weight", "backbone_conv.weight")])
    mappings.start_fresh(house, card.id, 1, ["fc.weight"], policy="zeros")


def _again(house: House, card: TransferCard) -> TransferCard:
    return transfers.create(house, {name: side.id for name, side in card.sources.items()}, card.target.id, title="Again")


def test_an_open_plan_is_not_remembered(house: House, transfer: TransferCard) -> None:
    """Neither is one that is only looked at, or reported on."""
    exports.export(house, transfer.id, "script")
    assert library.listed(house) == ()
    _finished(house, transfer)
    exports.script(house, transfer.id)
    exports.export(house, transfer.id, "report")
    assert library.listed(house) == ()


def test_the_second_transfer_gets_all_that_was_decided(house: House, transfer: TransferCard) -> None:
    """Rules by hand and fresh starts come back with one click; each transfer is counted once."""
    _finished(house, transfer)
    for kind in ("script", "plan", "script"):
        exports.export(house, transfer.id, kind)
    second = _again(house, transfer)
    workspace = workspaces.open_workspace(house, second.id)
    assert all(each.accepted and each.reasons[0].code == "replayed" for each in workspace.proposals.values())
    offer = library.offer(house, workspace)
    assert offer is not None
    assert (offer.used, offer.percent, offer.title) == (1, 100, transfer.title)
    recalling.take(house, second.id, 0)
    done = workspaces.open_workspace(house, second.id)
    assert done.evaluation.clean
    assert done.plan.rules == workspaces.open_workspace(house, transfer.id).plan.rules
    assert library.offer(house, done) is None
    exports.export(house, second.id, "plan-text")
    assert [entry.used for entry in library.listed(house)] == [2]


def test_what_a_person_decided_first_stays(house: House, transfer: TransferCard) -> None:
    """Taking fills what is open beside it."""
    _finished(house, transfer)
    exports.export(house, transfer.id, "script")
    second = _again(house, transfer)
    mappings.start_fresh(house, second.id, 0, ["fc.weight"], policy="ones")
    recalling.take(house, second.id, 1)
    workspace = workspaces.open_workspace(house, second.id)
    assert workspace.evaluation.clean
    assert workspace.plan.rules[0].policy == "ones"


def test_forgetting(house: House, transfer: TransferCard) -> None:
    """What was forgotten is no longer offered, and the open proposals are the mapper's own again."""
    _finished(house, transfer)
    exports.export(house, transfer.id, "script")
    second = _again(house, transfer)
    assert library.offer(house, workspaces.open_workspace(house, second.id)) is not None
    library.forget(house, library.listed(house)[0].id)
    workspace = workspaces.open_workspace(house, second.id)
    assert library.offer(house, workspace) is None
    assert all(each.reasons[0].code != "replayed" for each in workspace.proposals.values() if each.reasons)
    with pytest.raises(NotFoundError, match="library_entry_not_found"):
        library.forget(house, "nowhere")
    with pytest.raises(NotFoundError, match="library_entry_not_found"):
        recalling.take(house, second.id, 0)


def test_a_later_plan_takes_the_place_of_an_earlier_one(house: House, transfer: TransferCard) -> None:
    """One plan for two architectures: the one that was approved last."""
    _finished(house, transfer)
    exports.export(house, transfer.id, "script")
    first = library.listed(house)[0]
    mappings.unmap(house, transfer.id, 2, ["norm.weight"])
    exports.export(house, transfer.id, "script")
    later = library.listed(house)
    assert [entry.id for entry in later] == [first.id]
    second = _again(house, transfer)
    recalling.take(house, second.id, 0)
    assert workspaces.open_workspace(house, second.id).evaluation.targets["norm.weight"].state == "initialised"
