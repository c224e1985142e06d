"""When a plan is looked over."""

from app.services import edits, findings, sides, transfers, workspaces
from tests.services.keylists import keys


def test_large_plans_are_looked_over_when_asked(house, monkeypatch):
    """Small ones are counted at once; of large ones nothing is said until somebody looks."""
    source, target = sides.understand(house, keys(a=(2,))), sides.understand(house, keys(b=(2,)))
    made = transfers.create(house, {"": source.id}, target.id)
    edits.import_plan(house, made.id, 0, 'keygraft_plan 1\nrename replace "nowhere" -> "x"\n')
    workspace = workspaces.open_workspace(house, made.id)
    monkeypatch.setattr(findings, "AT_ONCE", 1)
    assert findings.count(house, workspace) is None
    found = findings.findings(house, made.id)
    assert findings.count(house, workspace) == len(found)
    assert "rename_dead" in {each.code for each in found}
