"""Mappings of other programs, taken over into a transfer."""

import json

from app.services import edits, imports, sides, transfers, workspaces


def _transfer(house):
    def side(*keys):
        return sides.upload(house, "keys.json", json.dumps({key: {"shape": [2], "dtype": "F32"} for key in keys}).encode()).id

    return transfers.create(house, {"": side("a.0", "a.1", "c")}, side("b.0", "b.1", "c")).id


def test_pairs_come_as_one_step_that_can_be_undone(house):
    """A look changes nothing; the taking is one version; what is left out says why."""
    made = _transfer(house)
    text = '[["a.0", "b.0"], ["a.1", "b.1"], ["nowhere", "c"]]'
    seen = imports.look(house, made, text)
    assert (seen.kind, seen.applied, len(seen.skipped)) == ("pairs", None, 1)
    assert seen.skipped[0].why == "There is no “nowhere”."
    assert workspaces.open_workspace(house, made).version == 0
    done = imports.take(house, made, 0, text)
    assert done.applied is not None
    assert done.applied.version == 1
    assert workspaces.open_workspace(house, made).evaluation.clean
    assert [entry.kind for entry in edits.history(house, made)] == ["import"]
    edits.undo(house, made)
    assert workspaces.open_workspace(house, made).plan.rules == ()


def test_rules_stand_in_front_or_in_place(house):
    """Imported rules win over those that are there, or replace them; a plan always does."""
    made = _transfer(house)
    edits.import_plan(house, made, 0, 'keygraft_plan 1\ninit "b.{i}" with zeros\n')
    imports.take(house, made, 1, "re.sub('^a', 'b', key)")
    assert len(workspaces.open_workspace(house, made).plan.rules) == 2
    imports.take(house, made, 2, "re.sub('^a', 'b', key)", replace=True)
    assert len(workspaces.open_workspace(house, made).plan.rules) == 1
    imports.take(house, made, 3, 'keygraft_plan 1\nignore "c"\n"b.0" = "a.0"\n')
    assert len(workspaces.open_workspace(house, made).plan.rules) == 2


def test_nothing_understood_changes_nothing(house):
    """Where each entry is left out, there is no step."""
    made = _transfer(house)
    done = imports.take(house, made, 0, "re.sub('(?=x)', 'y', key)")
    assert done.applied is None
    assert len(done.skipped) == 1
