"""Proposals: grouped, taken, refused."""

import pytest

from app.errors import KeygraftError, NotFoundError
from app.services import edits, mappings, proposals, sides, transfers, workspaces
from app.services.cards import TransferCard
from app.services.house import House
from tests.services.keylists import keys


def test_groups_name_what_belongs_together(house: House, example: TransferCard) -> None:
    """The example has one open question that the mapper can answer."""
    workspace = workspaces.open_workspace(house, example.id)
    groups = proposals.groups(workspace)
    conv = next(group for group in groups if group.target == "backbone_conv.weight")
    assert conv.sources == ("conv1.weight",)
    assert conv.keys == ("backbone_conv.weight",)


def test_accepting_what_is_certain_fills_the_keys(house: House, example: TransferCard) -> None:
    """What was taken is loaded, and no longer proposed."""
    proposals.accept(house, example.id, 0, certain=True)
    workspace = workspaces.open_workspace(house, example.id)
    assert workspace.evaluation.targets["backbone_conv.weight"].state == "loaded"
    assert "backbone_conv.weight" not in workspace.proposals


def test_a_refused_proposal_stays_away_until_that_is_undone(house: House, example: TransferCard) -> None:
    """Refusing is a step like any other."""
    proposals.reject(house, example.id, 0, keys=["backbone_conv.weight"])
    assert "backbone_conv.weight" not in workspaces.open_workspace(house, example.id).proposals
    edits.undo(house, example.id)
    assert "backbone_conv.weight" in workspaces.open_workspace(house, example.id).proposals
    edits.redo(house, example.id)
    assert "backbone_conv.weight" not in workspaces.open_workspace(house, example.id).proposals


def test_by_group_and_by_choice(house: House, example: TransferCard) -> None:
    """A group is taken by its name; a candidate by its rank."""
    group = proposals.groups(workspaces.open_workspace(house, example.id))[0]
    proposals.accept(house, example.id, 0, groups=[group.id])
    edits.undo(house, example.id)
    proposals.choose(house, example.id, 2, "backbone_conv.weight", 0)
    assert workspaces.open_workspace(house, example.id).evaluation.targets["backbone_conv.weight"].state == "loaded"


def test_what_is_not_open_cannot_be_taken(house: House, example: TransferCard) -> None:
    """Unknown keys, groups and ranks are refused."""
    with pytest.raises(NotFoundError, match="proposal_gone"):
        proposals.accept(house, example.id, 0, keys=["nowhere"])
    with pytest.raises(NotFoundError, match="proposal_gone"):
        proposals.reject(house, example.id, 0, groups=["nowhere"])
    with pytest.raises(NotFoundError, match="proposal_gone"):
        proposals.choose(house, example.id, 0, "backbone_conv.weight", 99)
    with pytest.raises(KeygraftError, match="nothing_to_accept"):
        proposals.accept(house, example.id, 0)
    with pytest.raises(KeygraftError, match="nothing_to_reject"):
        proposals.reject(house, example.id, 0)


def test_a_defect_of_the_mapper_does_not_take_the_page_down(house: House, transfer: TransferCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no proposals then; mapping by hand goes on."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.automap.propose", broken)
    assert workspaces.open_workspace(house, transfer.id).proposals == {}


def test_large_transfers_get_their_proposals_in_the_background(
    house: House, example: TransferCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks on is told when they are there."""
    monkeypatch.setattr("app.services.proposing.AT_ONCE", 0)
    first = workspaces.open_workspace(house, example.id)
    assert first.proposing
    house.backroom.submit(lambda: None).result()
    second = workspaces.open_workspace(house, example.id)
    assert not second.proposing
    assert "backbone_conv.weight" in second.proposals


def test_a_benign_key_that_can_be_filled_is_proposed(house: House) -> None:
    """num_batches_tracked may be missing without harm, but a counter that is there is carried over with its module."""
    parts: dict[str, tuple[int, ...]] = {"weight": (8,), "bias": (8,), "running_mean": (8,), "running_var": (8,), "num_batches_tracked": ()}
    source = sides.understand(house, keys(**{f"bn.{name}": shape for name, shape in parts.items()}))
    target = sides.understand(house, keys(**{f"norm.{name}": shape for name, shape in parts.items()}))
    made = transfers.create(house, {"": source.id}, target.id)
    found = workspaces.open_workspace(house, made.id).proposals
    assert found["norm.num_batches_tracked"].claim is not None
    assert found["norm.num_batches_tracked"].claim.sources == ("bn.num_batches_tracked",)


def test_one_decision_settles_its_kind(house: House) -> None:
    """Rows that names do not settle are open for all layers; a person's answer for one of them is offered for the others."""
    source = sides.understand(house, keys(**{f"layers__{i}__attention__wq__weight": (64, 64) for i in range(3)}))
    target = sides.understand(house, keys(**{f"blocks__{i}__zeta__weight": (64, 64) for i in range(3)}))
    made = transfers.create(house, {"": source.id}, target.id)
    mappings.draw(house, made.id, made.version, [("layers.0.attention.wq.weight", "blocks.0.zeta.weight")])
    after = workspaces.open_workspace(house, made.id)
    following = {key: proposal for key, proposal in after.proposals.items() if proposal.accepted}
    assert set(following) == {f"blocks.{i}.zeta.weight" for i in (1, 2)}
    assert all(
        proposal.claim.sources == (f"layers.{key.split('.')[1]}.attention.wq.weight",)
        for key, proposal in following.items()
        if proposal.claim
    )
