"""By value, as the services offer it: a job compares, its finds stand beside the plan and become rules."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app import bootstrap, settings
from app.errors import ConflictError, KeygraftError
from app.services import jobs, mappings, sides, transfers, values, workspaces
from app.services.cards import TransferCard
from app.services.house import House
from app.services.jobs import asking, makers
from app.store import jobs as table
from tests.services.keylists import keys


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose jobs are done by the test."""
    (tmp_path / "root").mkdir()
    made = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path / "root",), code=False, workers=0))
    yield made
    made.close()


def file(house: House, name: str, tensors: dict[str, np.ndarray]) -> str:
    """Write tensors and give them as a side."""
    from safetensors.numpy import save_file

    path = house.settings.roots[0] / f"{name}.safetensors"
    save_file({key: np.ascontiguousarray(array) for key, array in tensors.items()}, path)
    return sides.understand(house, str(path)).id


@pytest.fixture
def transfer(house: House) -> TransferCard:
    """Two files whose names say nothing: moved, transposed, rows reordered, and one that stands nowhere."""
    made = np.random.default_rng(7)
    a, b, c = (made.normal(size=(4, 4)).astype(np.float32) for _ in range(3))
    source = file(house, "from", {"one": a, "two": b, "three": c})
    goal = file(house, "into", {"x": b, "y": a.T, "z": c[[2, 0, 3, 1]], "w": made.normal(size=(4, 4)).astype(np.float32)})
    return transfers.create(house, {"": source}, goal)


def compared(house: House, transfer: str) -> jobs.Job:
    """Do the job as its process would."""
    job = values.start(house, transfer)
    maker = makers.maker_of(house, job.id)
    told: list[int] = []
    for number in range(len(maker.prepare().sizes)):
        maker.part(number, told.append)
    result = maker.finish()
    assert sum(told) == sum(maker.prepare().sizes) > 0
    with house.database.write() as tx:
        table.claim(tx, job.id, "here", house.clock())
        table.end(tx, job.id, "here", "done", house.clock(), result=asking.msgspec.json.encode(result))
    return jobs.get(house, job.id)


def test_what_was_found_becomes_rules(house: House, transfer: TransferCard) -> None:
    """Moved, transposed and reordered tensors are found; taken, they load; the one that stands nowhere stays open."""
    compared(house, transfer.id)
    found = values.found(house, transfer.id)
    assert {(find.family, find.way) for find in found.finds} == {("x", "equal"), ("y", "transposed"), ("z", "reordered")}
    assert found.count("new") == 3
    applied = values.take(house, transfer.id, transfer.version, "new")
    outcomes = workspaces.open_workspace(house, transfer.id).evaluation.targets
    assert {key: outcome.state for key, outcome in outcomes.items()} == {"x": "loaded", "y": "loaded", "z": "loaded", "w": "missing"}
    assert applied.label.message == "edit-by-value"
    assert values.found(house, transfer.id).count("same") == 3


def test_a_wrong_rule_is_shown_and_corrected(house: House, transfer: TransferCard) -> None:
    """Keys that the plan fills with other values than the file holds stand out, and one answer puts them right."""
    mappings.draw(house, transfer.id, transfer.version, [("one", "x")])
    compared(house, transfer.id)
    found = values.found(house, transfer.id)
    assert [find.family for find in found.finds if find.standing == "other"] == ["x"]
    values.take(house, transfer.id, workspaces.open_workspace(house, transfer.id).version, "other")
    recipe = workspaces.open_workspace(house, transfer.id).evaluation.targets["x"].recipe
    assert recipe is not None
    assert values.found(house, transfer.id).count("other") == 0


def test_finds_of_other_sides_are_not_taken(house: House, transfer: TransferCard) -> None:
    """Nothing is taken before a comparison has ended."""
    with pytest.raises(ConflictError):
        values.take(house, transfer.id, transfer.version, "new")


def test_key_lists_cannot_be_compared(house: House) -> None:
    """A side without tensors says why."""
    source = file(house, "alone", {"a": np.arange(4, dtype=np.float32)})
    made = transfers.create(house, {"": source}, sides.understand(house, keys(a=(4,))).id)
    assert values.found(house, made.id).why_not is not None
    with pytest.raises(KeygraftError):
        values.start(house, made.id)
