"""Replaying the log: the steps of a transfer, done again from the first plan, are the plan; taken back one by one, they are the first plan."""

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import bootstrap
from app import settings as program
from app.errors import KeygraftError
from app.mapping import AddRule, EnableRule, MoveRule, RemoveRule, parse_rule, statement
from app.mapping.edits import Edit
from app.mapping.plan import Plan
from app.services import edits, mappings, planbook, proposals, sides, transfers, workspaces
from app.services.cards import Said
from app.services.house import House
from app.store import edits as stored
from tests.services.keylists import keys

SOURCE = {f"h{i}__{part}": (4, 4) for i in range(3) for part in ("q", "k")} | {"left__over": (2,)}
TARGET = {f"l{i}__{part}": (4, 4) for i in range(3) for part in ("q", "k")} | {"head__weight": (3, 4)}
RULES = ('"l{i}.q" = "h{i}.q"', 'init "head.*" with zeros', 'ignore "left.*"', 'rename replace "h" -> "l"', '"l0.k" = "h1.k"')
STEP = st.tuples(
    st.sampled_from(
        ["draw", "fresh", "leave", "unmap", "accept", "reject", "undo", "redo", "jump", "add", "remove", "move", "switch", "name"]
    ),
    st.integers(0, 9),
    st.integers(0, 9),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all examples; each makes a transfer of its own."""
    made = bootstrap.open_house(program.load(data=tmp_path_factory.mktemp("replay"), code=False, snapshot_every=3))
    yield made
    made.close()


@given(st.lists(STEP, min_size=1, max_size=10))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_log_replayed_is_the_plan(home: House, steps: list[tuple[str, int, int]]) -> None:
    """Whatever was done, undone and gone back to: every version's plan follows from the steps alone, in both directions."""
    source, target = (sides.understand(home, keys(**given)) for given in (SOURCE, TARGET))
    transfer = transfers.create(home, {"": source.id}, target.id).id
    shown = [Plan()]
    for step in steps:
        with contextlib.suppress(KeygraftError):
            _do(home, transfer, *step)
        workspace = workspaces.open_workspace(home, transfer)
        if workspace.version == len(shown):
            shown.append(workspace.plan)
    with home.database.read() as tx:
        log = stored.between(tx, transfer, 0, len(shown))
    assert [each.version for each in log] == list(range(1, len(shown)))
    plan = Plan()
    for each in log:
        plan, _ = planbook.perform(plan, planbook.decode(each.forward))
        assert plan == shown[each.version]
        assert workspaces.plan_at(home, transfer, each.version) == plan
    for each in reversed(log):
        plan, _ = planbook.perform(plan, planbook.decode(each.inverse))
        assert plan == shown[each.version - 1]


def _do(house: House, transfer: str, what: str, one: int, other: int) -> None:
    """One step; some cannot be done as things stand, and are refused."""
    workspace = workspaces.open_workspace(house, transfer)
    version, wanted, given = workspace.version, list(workspace.target.tensors), list(workspace.sources[""].tensors)
    key, source = wanted[one % len(wanted)], given[other % len(given)]
    match what:
        case "draw":
            mappings.draw(house, transfer, version, [(source, key)])
        case "fresh":
            mappings.start_fresh(house, transfer, version, [key], policy="constant", args={"value": other})
        case "leave":
            mappings.leave_behind(house, transfer, version, [source])
        case "unmap":
            mappings.unmap(house, transfer, version, [key])
        case "accept":
            proposals.accept(house, transfer, version, at_least=other / 10)
        case "reject":
            proposals.reject(house, transfer, version, keys=list(workspace.proposals)[: one + 1])
        case "undo":
            edits.undo(house, transfer)
        case "redo":
            edits.redo(house, transfer)
        case "jump":
            edits.jump(house, transfer, one % (version + 1))
        case "name":
            edits.name_version(house, transfer, version, f"at {one}")
        case _:
            change = _change(workspace.plan, what, one, other)
            edits.apply(house, transfer, version, [change], label=Said("edit-rules", {"count": 1}))


def _change(plan: Plan, what: str, one: int, other: int) -> Edit:
    if what == "add" or not plan.rules:
        return AddRule(parse_rule(RULES[one % len(RULES)]), other % (len(plan.rules) + 1))
    at = one % len(plan.rules)
    said = statement(plan.rules[at])
    if what == "remove":
        return RemoveRule(at, said)
    return MoveRule(at, said, other % len(plan.rules)) if what == "move" else EnableRule(at, said, not plan.rules[at].enabled)
