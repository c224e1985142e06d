"""Torch is asked before anything leaves: at once, by a job, and what it says decides."""

from pathlib import Path

import msgspec
import pytest

from app import bootstrap, settings
from app.checking import Disagreement
from app.errors import ConflictError
from app.sandbox import SandboxError
from app.services import checks, exports, files_out, jobs, mappings, sides, transfers
from app.services.cards import TransferCard
from app.services.checking import Checked, DisagreementError
from app.services.house import House
from app.services.jobs.asking import already
from app.services.jobs.asking_torch import ask_first
from app.services.jobs.cards import Result
from app.services.jobs.specs import spec_of
from app.services.workspaces import open_workspace
from tests.services.doing import done
from tests.services.keylists import keys

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.a = nn.Linear(n, 2)
        self.b = nn.BatchNorm1d(2)
"""
WEIGHTS = {"b__weight": (2,), "b__bias": (2,), "b__running_mean": (2,), "b__running_var": (2,)}


@pytest.fixture
def house(tmp_path: Path):
    """A house that runs no code; its jobs are done by the test."""
    made = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path,), code=False, workers=0))
    yield made
    made.close()


@pytest.fixture(scope="module")
def workshop_house(tmp_path_factory: pytest.TempPathFactory):
    """A house with a sandbox, warm."""
    folder = tmp_path_factory.mktemp("workshop")
    made = bootstrap.open_house(settings.load(data=folder / "data", roots=(folder,), workers=0))
    assert made.workshop is not None
    made.workshop.status()
    yield made
    made.close()


def transfer(house: House, target: str, **more: tuple[int, ...]) -> TransferCard:
    """From a list of keys into a target."""
    source = sides.understand(house, keys(a__weight=(2, 3), a__bias=(2,), **WEIGHTS, **more))
    return transfers.create(house, {"": source.id}, target)


def built(house: House, arguments: str = "") -> str:
    """The side of a model from code."""
    from app.services import models

    waiting = models.from_source(house, NET, "net.py")
    return models.build(house, waiting.id, models.Choice("Net", arguments)).id


def slow(house: House) -> str:
    """The side of a model that takes two seconds to build."""
    from app.services import models

    waiting = models.from_source(house, NET.replace("import torch\n", "import time\nimport torch\n") + "        time.sleep(2)\n", "net.py")
    return models.build(house, waiting.id, models.Choice("Net", "")).id


def found_of(job: jobs.Job) -> Checked:
    """What a check that has ended says."""
    found = checks.verdict_of(job)
    assert found is not None
    return found


def test_the_model_itself_is_asked(workshop_house: House) -> None:
    """It is built in the sandbox and takes what the plan writes; asked again, nothing is built anew."""
    made = transfer(workshop_house, built(workshop_house))
    job = checks.start(workshop_house, made.id)
    found = found_of(job)
    assert (job.state, found.passed, found.built, found.why, found.message) == ("done", True, True, None, "")
    assert found.tensors == 6
    assert checks.start(workshop_house, made.id).id == job.id
    assert checks.start(workshop_house, made.id, again=True).id != job.id


def test_torch_says_what_does_not_fit(workshop_house: House) -> None:
    """Its own words, and no disagreement with ours: nothing is blocked, for a person may want to finish elsewhere."""
    made = transfer(workshop_house, built(workshop_house, "n=4"), extra=(1,))
    found = found_of(checks.start(workshop_house, made.id))
    assert not found.passed
    assert "size mismatch for a.weight" in found.message
    assert (found.counts["mismatched"], found.mismatched, found.differing) == (1, ("a.weight",), 0)
    assert exports.export(workshop_house, made.id, "script").data


def test_a_changed_plan_is_asked_of_anew(workshop_house: House) -> None:
    """What torch said of an earlier version says nothing of this one; what starts fresh is counted."""
    made = transfer(workshop_house, built(workshop_house, "n=4"))
    first = checks.start(workshop_house, made.id)
    mappings.start_fresh(workshop_house, made.id, 0, ["a.weight"])
    second = checks.start(workshop_house, made.id)
    assert second.id != first.id
    assert (found_of(second).passed, found_of(second).fresh) == (True, 1)


def test_a_target_without_code_is_stood_in_for(workshop_house: House) -> None:
    """Its keys alone are loaded into, in the sandbox too, and that is said."""
    target = sides.understand(workshop_house, keys(a__weight=(2, 3), a__bias=(2,), **WEIGHTS)).id
    found = found_of(checks.start(workshop_house, transfer(workshop_house, target).id))
    assert found.passed
    assert not found.built
    assert found.why is not None
    assert found.why.message == "check-no-code"


def test_a_model_that_no_longer_builds_is_stood_in_for(workshop_house: House) -> None:
    """The reason is given."""
    from app.services import sidebook
    from app.store import sides as stored

    side = built(workshop_house)
    made = transfer(workshop_house, side)
    with workshop_house.database.write() as tx:
        row = sidebook.row_of(tx, side)
        given = msgspec.structs.replace(sidebook.given_of(row), text=NET.replace("nn.Linear(n, 2)", "nn.Absent()"))
        stored.replace(tx, msgspec.structs.replace(row, spec=msgspec.json.encode(given)))
    found = found_of(checks.start(workshop_house, made.id))
    assert found.passed
    assert found.why is not None
    assert found.why.message == "check-not-built"


def test_where_code_is_not_run_a_job_asks(house: House) -> None:
    """No sandbox: a process that may import torch loads into a stand-in; this one has not imported it for that."""
    target = sides.understand(house, keys(a__weight=(2, 3), a__bias=(2,), **WEIGHTS)).id
    job = checks.start(house, transfer(house, target).id)
    assert (job.state, checks.verdict_of(job)) == ("queued", None)
    assert checks.start(house, job.transfer).id == job.id
    ended = done(house, job)
    assert ended.state == "done", ended.problem
    assert found_of(ended).passed
    assert found_of(ended).why is not None


@pytest.mark.parametrize("kind", ["script", "timm", "pairs", "safetensors"])
def test_a_disagreement_lets_nothing_out(house: House, tmp_path: Path, kind: str) -> None:
    """It would be a defect of ours: loader, idioms and weights are held back; the plan and the report, which help to find it, are not."""
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"a": np.ones(2, np.float32)}, tmp_path / "net.safetensors")
    source = sides.understand(house, str(tmp_path / "net.safetensors"))
    made = transfers.create(house, {"": source.id}, sides.understand(house, keys(a=(2,))).id)
    workspace = open_workspace(house, made.id)
    wrong = Checked(False, 1, disagreements=(Disagreement("a", "loaded", "missing"),), differing=1)
    spec = spec_of(house, workspace, "check")
    already(house, made.id, 0, "t", spec, "job", Result(document=msgspec.Raw(msgspec.json.encode(wrong))))
    with pytest.raises(DisagreementError, match="check_disagrees"):
        exports.export(house, made.id, kind)
    with pytest.raises(DisagreementError):
        exports.script(house, made.id, taken=True)
    for allowed in ("plan", "report", "report-html"):
        assert exports.export(house, made.id, allowed).data


def test_a_job_asks_torch_before_it_writes(workshop_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch was not asked yet, the export does it first, and writes nothing where it disagrees."""
    import numpy as np
    from safetensors.numpy import save_file

    path = workshop_house.settings.roots[0] / "net.safetensors"
    save_file(
        {key.replace("__", "."): np.ones(shape, np.float32) for key, shape in {"a__weight": (2, 3), "a__bias": (2,), **WEIGHTS}.items()},
        path,
    )
    source = sides.understand(workshop_house, str(path))
    made = transfers.create(workshop_house, {"": source.id}, built(workshop_house))
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    wrong = Checked(False, 1, disagreements=(Disagreement("a", "loaded", "missing"),), differing=1)
    with monkeypatch.context() as lying:
        lying.setattr("app.services.jobs.asking_torch.asked", lambda *_: wrong)
        ended = done(workshop_house, files_out.start(workshop_house, made.id, "safetensors"))
    assert ended.problem is not None
    assert ended.problem.code == "check_disagrees"
    assert not list(jobs.path_of(workshop_house, ended.id).iterdir())
    assert done(workshop_house, files_out.start(workshop_house, made.id, "safetensors")).state == "done"


def test_a_job_takes_the_word_of_a_check(workshop_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch was asked already is not asked again."""
    made = transfer(workshop_house, built(workshop_house))
    checks.start(workshop_house, made.id)
    spec = spec_of(workshop_house, open_workspace(workshop_house, made.id), "export", "safetensors", {"dtype": "F16"}, "x.safetensors")
    monkeypatch.setattr("app.services.jobs.asking_torch.asked", lambda *_: pytest.fail("asked again"))
    ask_first(workshop_house, spec)


def test_nothing_leaves_while_torch_is_still_being_asked(workshop_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that builds slower than a download waits: a job asks, the download says which, and goes out once it has ended."""
    made = transfer(workshop_house, slow(workshop_house))
    monkeypatch.setattr(checks, "PATIENT_SECONDS", 0.5)
    with pytest.raises(ConflictError, match="check_is_job") as refused:
        exports.export(workshop_house, made.id, "script")
    with pytest.raises(ConflictError) as again:
        exports.export(workshop_house, made.id, "script")
    assert again.value.params == refused.value.params
    asked = done(workshop_house, jobs.get(workshop_house, str(refused.value.params["job"])))
    assert found_of(asked).built
    assert exports.export(workshop_house, made.id, "script").data


def test_small_weights_are_left_to_a_job_while_torch_is_still_being_asked(workshop_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job asks first, for as long as the settings allow, then writes."""
    import numpy as np
    from safetensors.numpy import save_file

    path = workshop_house.settings.roots[0] / "small.safetensors"
    save_file({"a.weight": np.ones((2, 3), np.float32), "a.bias": np.ones(2, np.float32)}, path)
    source = sides.understand(workshop_house, str(path))
    made = transfers.create(workshop_house, {"": source.id}, slow(workshop_house))
    monkeypatch.setattr(checks, "PATIENT_SECONDS", 0.5)
    job = files_out.start(workshop_house, made.id, "safetensors")
    assert job.state == "queued"
    assert done(workshop_house, job).state == "done"


def test_a_model_that_no_job_could_build_in_time_holds_nothing_back(workshop_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch cannot be asked then: the report says that it was not."""
    made = transfer(workshop_house, slow(workshop_house))
    monkeypatch.setattr(checks, "PATIENT_SECONDS", 0.5)
    with pytest.raises(ConflictError) as refused:
        exports.export(workshop_house, made.id, "script")
    job = jobs.get(workshop_house, str(refused.value.params["job"]))
    with monkeypatch.context() as hurried:
        hurried.setattr(
            "app.services.jobs.asking_torch.asked", lambda *_: (_ for _ in ()).throw(SandboxError("sandbox_timeout", seconds=60))
        )
        assert done(workshop_house, job).state == "failed"
    assert exports.export(workshop_house, made.id, "script").data
