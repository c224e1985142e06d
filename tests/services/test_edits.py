"""Edits: stored, taken back, done again, jumped over, and safe with two tabs."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.mapping.edits import AddRule, RemoveRule, ReplaceRule, SetPlan
from app.mapping.plan import Bind, Ignore, Init, Plan, Ref
from app.mapping.text import statement
from app.services import edits, planbook, workspaces
from app.services.cards import Said, TransferCard
from app.services.house import House
from app.store import edits as stored

LABEL = Said("edit-rules", {"count": 1})
BIND = Bind("backbone_conv.weight", Ref("conv.weight"))
FRESH = Init("fc.weight")


def add(house: House, transfer: TransferCard, rule: object, base: int, **more: str) -> int:
    """Add a rule, return the new version."""
    return edits.apply(house, transfer.id, base, [AddRule(rule)], label=LABEL, **more).version


def plan_of(house: House, transfer: TransferCard) -> Plan:
    """The newest plan."""
    return workspaces.open_workspace(house, transfer.id).plan


def test_an_edit_is_evaluated_and_kept(house: House, transfer: TransferCard) -> None:
    """After an edit the workspace shows the next version and its outcome."""
    add(house, transfer, BIND, 0)
    workspace = workspaces.open_workspace(house, transfer.id)
    assert workspace.version == 1
    assert workspace.plan.rules == (BIND,)
    assert workspace.evaluation.targets["backbone_conv.weight"].state == "loaded"
    assert workspace.can_undo
    assert not workspace.can_redo


def test_undo_takes_back_and_redo_does_again(house: House, transfer: TransferCard) -> None:
    """A chain of undo and redo walks through the same plans."""
    add(house, transfer, BIND, 0)
    add(house, transfer, FRESH, 1)
    assert edits.undo(house, transfer.id).can_redo
    assert plan_of(house, transfer).rules == (BIND,)
    edits.undo(house, transfer.id)
    assert plan_of(house, transfer).rules == ()
    edits.redo(house, transfer.id)
    assert plan_of(house, transfer).rules == (BIND,)
    last = edits.redo(house, transfer.id)
    assert plan_of(house, transfer).rules == (BIND, FRESH)
    assert not last.can_redo
    with pytest.raises(ConflictError, match="nothing_to_redo"):
        edits.redo(house, transfer.id)


def test_a_new_edit_ends_redo(house: House, transfer: TransferCard) -> None:
    """What was undone before another edit cannot be done again over it."""
    add(house, transfer, BIND, 0)
    edits.undo(house, transfer.id)
    add(house, transfer, FRESH, 2)
    with pytest.raises(ConflictError, match="nothing_to_redo"):
        edits.redo(house, transfer.id)


def test_nothing_to_undo_is_said(house: House, transfer: TransferCard) -> None:
    """A fresh transfer has nothing to take back."""
    with pytest.raises(ConflictError, match="nothing_to_undo"):
        edits.undo(house, transfer.id)


def test_an_edit_on_an_older_version_is_kept_where_it_still_fits(house: House, transfer: TransferCard) -> None:
    """Two tabs that add different rules both keep theirs."""
    add(house, transfer, BIND, 0, client="one")
    late = edits.apply(house, transfer.id, 0, [AddRule(FRESH)], label=LABEL, client="two")
    assert late.rebased
    assert plan_of(house, transfer).rules == (BIND, FRESH)


def test_an_edit_whose_answer_was_lost_is_done_once(house: House, transfer: TransferCard) -> None:
    """A tab that sends the same edit again on the same version gets the first answer."""
    first = edits.apply(house, transfer.id, 0, [AddRule(BIND)], label=LABEL, client="tab")
    again = edits.apply(house, transfer.id, 0, [AddRule(BIND)], label=LABEL, client="tab")
    assert again.version == first.version == 1
    assert plan_of(house, transfer).rules == (BIND,)


def test_an_edit_of_a_rule_that_is_gone_is_a_conflict(house: House, transfer: TransferCard) -> None:
    """Two tabs that change the same rule: the second is told, nothing is lost."""
    add(house, transfer, BIND, 0)
    other = Bind("backbone_conv.weight", Ref("left.weight"))
    edits.apply(house, transfer.id, 1, [ReplaceRule(0, statement(BIND), other)], label=LABEL)
    with pytest.raises(ConflictError, match="edit_conflict"):
        edits.apply(house, transfer.id, 1, [RemoveRule(0, statement(BIND))], label=LABEL)
    assert plan_of(house, transfer).rules == (other,)


def test_a_whole_plan_never_overwrites_what_came_since(house: House, transfer: TransferCard) -> None:
    """A plan that was imported over an older version is a conflict."""
    add(house, transfer, BIND, 0)
    with pytest.raises(ConflictError, match="edit_conflict"):
        edits.import_plan(house, transfer.id, 0, "keygraft_plan 1\n")
    assert plan_of(house, transfer).rules == (BIND,)


def test_undoing_an_import_does_not_throw_away_later_edits(house: House, transfer: TransferCard) -> None:
    """Somebody else's later edit makes the import's undo a conflict."""
    edits.import_plan(house, transfer.id, 0, 'keygraft_plan 1\n"backbone_conv.weight" = "conv.weight"\n')
    with house.database.write() as tx:
        from app.store import people

        people.ensure(tx, "ada", "Ada", house.clock())
    edits.apply(house, transfer.id, 1, [AddRule(FRESH)], label=LABEL, by="ada")
    with pytest.raises(ConflictError, match="undo_conflict"):
        edits.undo(house, transfer.id)
    assert plan_of(house, transfer).rules == (BIND, FRESH)


def test_undo_is_my_own_last_edit(house: House, transfer: TransferCard) -> None:
    """Undo leaves what others did after it."""
    with house.database.write() as tx:
        from app.store import people

        people.ensure(tx, "ada", "Ada", house.clock())
    add(house, transfer, BIND, 0)
    add(house, transfer, FRESH, 1, by="ada")
    edits.undo(house, transfer.id)
    assert plan_of(house, transfer).rules == (FRESH,)


def test_jump_and_history(house: House, transfer: TransferCard) -> None:
    """A jump makes an old version the newest, is a step itself, and can be undone."""
    add(house, transfer, BIND, 0)
    add(house, transfer, FRESH, 1)
    edits.name_version(house, transfer.id, 1, "half")
    edits.jump(house, transfer.id, 1)
    assert plan_of(house, transfer).rules == (BIND,)
    edits.undo(house, transfer.id)
    assert plan_of(house, transfer).rules == (BIND, FRESH)
    entries = edits.history(house, transfer.id)
    assert [entry.kind for entry in entries] == ["undo", "jump", "edit", "edit"]
    assert entries[-1].name == "half"
    assert entries[-1].added == (BIND,)
    assert entries[1].undone


def test_a_version_that_is_not_there(house: House, transfer: TransferCard) -> None:
    """Jumping to it, or editing it, says so."""
    with pytest.raises(NotFoundError, match="version_not_found"):
        edits.jump(house, transfer.id, 7)
    with pytest.raises(ConflictError, match="version_unknown"):
        add(house, transfer, BIND, 7)


def test_a_rule_that_does_not_hold_is_refused(house: House, transfer: TransferCard) -> None:
    """Nothing is kept of it."""
    with pytest.raises(KeygraftError):
        add(house, transfer, Bind("a.{", Ref("b")), 0)
    assert workspaces.open_workspace(house, transfer.id).version == 0


def test_no_edit_of_many_threads_is_lost(house: House, transfer: TransferCard) -> None:
    """Twelve tabs edit the same version at once; all rules are there."""
    rules = [Ignore(f"left.{number}") for number in range(12)]
    threads = [threading.Thread(target=add, args=(house, transfer, rule, 0)) for rule in rules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(plan_of(house, transfer).rules) == set(rules)
    assert workspaces.open_workspace(house, transfer.id).version == 12


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["bind", "fresh", "ignore", "undo", "redo", "remove", "jump"]), max_size=24))
def test_the_log_replayed_is_the_plan_shown(house: House, transfer: TransferCard, steps: list[str]) -> None:
    """Whatever a person does, every version's plan follows from the first one and the edits."""
    shown: dict[int, Plan] = {}
    for step in steps:
        workspace = workspaces.open_workspace(house, transfer.id)
        shown[workspace.version] = workspace.plan
        try:
            match step:
                case "undo":
                    edits.undo(house, transfer.id)
                case "redo":
                    edits.redo(house, transfer.id)
                case "jump":
                    edits.jump(house, transfer.id, workspace.version // 2)
                case "remove" if workspace.plan.rules:
                    gone = RemoveRule(0, statement(workspace.plan.rules[0]))
                    edits.apply(house, transfer.id, workspace.version, [gone], label=LABEL)
                case "bind" | "fresh" | "ignore":
                    rule = {"bind": BIND, "fresh": FRESH, "ignore": Ignore("left.weight")}[step]
                    add(house, transfer, rule, workspace.version)
        except ConflictError:
            assert step in {"undo", "redo"}
    newest = workspaces.open_workspace(house, transfer.id)
    shown[newest.version] = newest.plan
    with house.database.read() as tx:
        first = stored.snapshot_before(tx, transfer.id, 0)
        log = stored.between(tx, transfer.id, 0, newest.version)
    assert first is not None
    plan = planbook.plan_of(first.plan)
    for row in log:
        plan, _ = planbook.perform(plan, planbook.decode(row.forward))
        if row.version in shown:
            assert plan == shown[row.version]
    assert plan == newest.plan
    for version, expected in shown.items():
        assert workspaces.plan_at(house, transfer.id, version) == expected


def test_replacing_the_whole_plan_by_an_edit(house: House, transfer: TransferCard) -> None:
    """SetPlan on the newest version is an edit like any other."""
    edits.apply(house, transfer.id, 0, [SetPlan(Plan((BIND, FRESH)))], label=LABEL)
    assert plan_of(house, transfer).rules == (BIND, FRESH)
    edits.undo(house, transfer.id)
    assert plan_of(house, transfer).rules == ()
