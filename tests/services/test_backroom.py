"""The back room: work in a process of our own, which may die and is started again, and ends with the house."""

import json
import os
import signal
import time

import pytest

from app.exporting import ScriptOptions
from app.mapping import lint, statement
from app.mapping.claims import Claim
from app.mapping.outcomes import Leaf
from app.services import edits, findings, inducing, proposals, proposing, sides, transfers, workspaces, writing
from app.services.backroom.process import Process
from app.services.backroom.tasks import Case, Failed, Induce, Look, Seen
from app.services.cards import TransferCard
from app.services.house import House
from app.store import TransferRow


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small transfers go to the back room, too."""
    for place in ("proposing.AT_ONCE", "findings.AT_ONCE", "writing.AT_ONCE"):
        monkeypatch.setattr(f"app.services.{place}", 0)
    monkeypatch.setattr("app.services.inducing.MANY", 1)


@pytest.fixture
def blocks(house: House) -> TransferCard:
    """Six blocks that are named otherwise on the other side."""
    given = {f"h.{i}.{part}.w": {"shape": [4, 4 + at], "dtype": "F32"} for i in range(6) for at, part in enumerate("abc")}
    wanted = {key.replace("h.", "layers.").replace(".w", ".weight"): info for key, info in given.items()}
    source, target = (sides.understand(house, json.dumps(keys)) for keys in (given, wanted))
    return transfers.create(house, {"": source.id}, target.id)


def _row(house: House, transfer: str) -> TransferRow:
    with house.database.read() as tx:
        return workspaces.row_of(tx, transfer)


def _settled(house: House, transfer: str) -> None:
    """Wait until the mapper has answered."""
    proposing.wait(house, _row(house, transfer))
    house.backroom.submit(lambda: None).result()


def test_the_back_room_answers_as_the_house_would(house: House, blocks: TransferCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals from the process are those of the mapper here, reasons and alternatives included."""
    assert workspaces.open_workspace(house, blocks.id).proposing
    _settled(house, blocks.id)
    there = workspaces.open_workspace(house, blocks.id)
    monkeypatch.setattr("app.services.proposing.AT_ONCE", 1000)
    house.opened.forget(lambda _: True)
    here = workspaces.open_workspace(house, blocks.id)
    assert len(here.proposals) == 18
    assert dict(there.proposals) == dict(here.proposals)


def test_whole_families_get_the_rules_that_all_their_keys_would(
    house: House, blocks: TransferCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking all proposals writes the same rules whether a few members are looked at or, in the back room, every key; and loads every key."""
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    monkeypatch.setattr("app.services.inducing.FEW", 1)
    monkeypatch.setattr("app.services.inducing._elsewhere", lambda *_: pytest.fail("the back room was asked"))
    proposals.accept(house, blocks.id, 0, at_least=0.0)
    first = workspaces.open_workspace(house, blocks.id)
    assert first.evaluation.coverage["loaded"].keys == 18
    monkeypatch.undo()
    monkeypatch.setattr("app.services.inducing.MANY", 1)
    edits.undo(house, blocks.id)
    _settled(house, blocks.id)
    proposals.accept(house, blocks.id, 2, at_least=0.0)
    assert set(map(statement, workspaces.open_workspace(house, blocks.id).plan.rules)) == set(map(statement, first.plan.rules))


def test_the_rest_of_a_family_is_taken_where_one_member_was_decided_before(
    house: House, blocks: TransferCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All open proposals of a family are taken as a whole, though a person has mapped one of its keys elsewhere by hand."""
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    monkeypatch.setattr("app.services.inducing.FEW", 1)
    edits.import_plan(house, blocks.id, 0, 'keygraft_plan 1\n"layers.1.a.weight" = "h.2.a.w"')
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    assert "layers.1.a.weight" not in workspaces.open_workspace(house, blocks.id).proposals
    proposals.accept(house, blocks.id, 1, at_least=0.0)
    after = workspaces.open_workspace(house, blocks.id).evaluation
    assert {key: outcome.state for key, outcome in after.targets.items() if outcome.state != "loaded"} == {}
    assert after.targets["layers.1.a.weight"].recipe == Leaf("h.2.a.w", "")


def test_a_family_that_is_taken_back_has_the_proposals_it_had(house: House, blocks: TransferCard) -> None:
    """What was worked out of them is not worked out again."""
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    before = workspaces.open_workspace(house, blocks.id).proposals
    proposals.accept(house, blocks.id, 0, keys=[key for key in before if key.endswith(".a.weight")])
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    edits.undo(house, blocks.id)
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    after = workspaces.open_workspace(house, blocks.id).proposals
    assert all(mine is theirs for mine, theirs in zip(before.parts, after.parts, strict=True))


def test_only_families_that_changed_are_sent_again(house: House, blocks: TransferCard) -> None:
    """After an edit of one family the proposals of the others are the very same values."""
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    before = workspaces.open_workspace(house, blocks.id).proposals
    chosen = [key for key in before if key.endswith(".a.weight")]
    proposals.accept(house, blocks.id, 0, keys=chosen)
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    after = workspaces.open_workspace(house, blocks.id).proposals
    same = [mine is theirs for mine, theirs in zip(before.parts, after.parts, strict=True)]
    assert same.count(True) >= 2
    assert not any(key in after for key in chosen)


def test_findings_and_the_loader_come_from_the_back_room(house: House, blocks: TransferCard) -> None:
    """A plan that is looked over there has the findings that it has here; the script is that of the export."""
    edits.import_plan(house, blocks.id, 0, 'keygraft_plan 1\nrename strip_prefix "nothing."')
    workspace = workspaces.open_workspace(house, blocks.id)
    here = lint(workspace.plan, workspace.sources, workspace.target)
    assert here
    assert list(findings.findings(house, blocks.id)) == here
    assert "def load_into" in writing.script(house, workspace, ScriptOptions(module="load_it"))


def test_a_process_that_dies_is_started_again(house: House, blocks: TransferCard) -> None:
    """The next task is answered by a new one, which is sent the trees anew."""
    case = workspaces.case_of(house, _row(house, blocks.id))
    packed = lambda wanted: workspaces.packed(house, wanted)  # noqa: E731 -- one line, used four times
    process = Process()
    try:
        assert isinstance(process.ask(Look(case), packed), Seen)
        first = process._child
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert isinstance(process.ask(Look(case), packed), Seen)
        assert process._child is not None
        assert process._child.pid != first.pid
    finally:
        process.close()


def test_a_task_that_kills_the_process_twice_is_given_up(house: House, blocks: TransferCard) -> None:
    """It fails, and nobody waits for ever."""
    process = Process(["/bin/false"])
    case = workspaces.case_of(house, _row(house, blocks.id))
    assert process.ask(Look(case), lambda wanted: workspaces.packed(house, wanted)) == Failed("Died")
    process.close()


def test_a_defect_is_an_answer(house: House, blocks: TransferCard) -> None:
    """A plan that cannot be read fails its task; the process goes on with the next."""
    good = workspaces.case_of(house, _row(house, blocks.id))
    bad = Case(good.sources, good.target, b"{")
    packed = lambda wanted: workspaces.packed(house, wanted)  # noqa: E731 -- one line, used twice
    assert isinstance(house.backroom.ask(Induce(bad, {"x": Claim(("y",))}), packed), Failed)
    assert isinstance(house.backroom.ask(Look(good), packed), Seen)


def test_closing_ends_the_process_in_the_middle_of_its_work(house: House, blocks: TransferCard) -> None:
    """Nothing is left running behind the house."""
    workspaces.open_workspace(house, blocks.id)
    _settled(house, blocks.id)
    child = house.backroom._processes[0]._child
    assert child is not None
    house.backroom.close()
    for _ in range(100):
        if child.poll() is not None:
            break
        time.sleep(0.02)
    assert child.poll() is not None
    assert isinstance(house.backroom.ask(Look(workspaces.case_of(house, _row(house, blocks.id))), lambda _: {}), Failed)


def test_rules_for_many_claims_come_from_the_back_room(house: House, blocks: TransferCard) -> None:
    """They are the ones that would be found here."""
    workspace = workspaces.open_workspace(house, blocks.id)
    claims = {f"layers.{i}.a.weight": Claim((f"h.{i}.a.w",)) for i in range(6)}
    found = inducing.additions(house, workspace, claims)
    assert [statement(edit.rule) for edit in found] == ['"layers.{i}.a.weight" = "h.{i}.a.w"']  # type: ignore[union-attr]  # all are added rules
