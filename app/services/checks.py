"""Asking torch before anything leaves the house: at once where the sandbox is warm, by a job where that takes longer."""

import contextlib

import msgspec

from app.errors import ConflictError, KeygraftError
from app.sandbox import SandboxError
from app.services import jobs, sidebook, workspaces
from app.services.checking import Checked, examine, refuse
from app.services.house import LOCAL, House, new_id
from app.services.jobs import Job, Spec
from app.services.jobs.asking import already, with_specs
from app.services.jobs.cards import Result
from app.services.jobs.specs import spec_of
from app.services.workspaces import Workspace

QUICK_SECONDS = 1.0
PATIENT_SECONDS = 10.0
"""Of a check on which a download waits; one that takes longer is left to a job."""

_checked = msgspec.json.Decoder(Checked)


def start(house: House, transfer: str, *, again: bool = False, inverse: bool = False, by: str = LOCAL) -> Job:
    """Check a transfer as it stands. The job is done already where torch answered within a second, or had been asked before.

    again -- ask once more
    Raises NotFoundError, KeygraftError.
    """
    workspace = workspaces.open_subject(house, transfer, inverse=inverse)
    spec = spec_of(house, workspace, "check")
    known = None if again else _known(house, transfer, spec)
    if known is not None:
        return known
    if house.workshop is not None and house.workshop.warm:
        with contextlib.suppress(SandboxError):  # it takes longer than a second
            return _at_once(house, workspace, spec, QUICK_SECONDS, by)
    elif house.warm is not None:
        house.background.submit(house.warm)
    return jobs.submit(house, transfer, workspace.version, workspace.title, spec, by=by)


def verdict_of(job: Job) -> Checked | None:
    """What came of a check; None while nothing has."""
    return _checked.decode(job.document) if job.kind == "check" and job.state == "done" else None


def known_of(house: House, workspace: Workspace) -> Checked | None:
    """What torch said of this version; None where it was not asked."""
    job = _known(house, workspace.id, spec_of(house, workspace, "check"))
    return None if job is None else verdict_of(job)


def answered(house: House, workspace: Workspace) -> bool:
    """Ask torch before something leaves the house; whether there is nothing more to wait for. Raises DisagreementError.

    False where the model takes longer to build than anyone waits for a download: a job has the time that the settings give it. Where no model
    can be built here torch is not waited for; nor is a sandbox started for a stand-in alone.
    """
    spec = spec_of(house, workspace, "check")
    found = known_of(house, workspace)
    if found is None and house.workshop is not None and (house.workshop.warm or workspace.target_card.kind in {"code", "model"}):
        try:
            found = verdict_of(_at_once(house, workspace, spec, PATIENT_SECONDS, LOCAL))
        except KeygraftError as error:
            if error.code == "sandbox_timeout" and _takes_longer(house, workspace.id, spec):
                return False
    if found is not None:
        refuse(found)
    return True


def require(house: House, workspace: Workspace) -> None:
    """Let nothing out of which torch says something else than we do, or has not said anything yet.

    Raises DisagreementError; ConflictError where a job has to ask it first.
    """
    if answered(house, workspace):
        return
    spec = spec_of(house, workspace, "check")
    job = _known(house, workspace.id, spec) or jobs.submit(house, workspace.id, workspace.version, workspace.title, spec)
    raise ConflictError("check_is_job", job=job.id)


def _takes_longer(house: House, transfer: str, spec: Spec) -> bool:
    """Whether a job would wait longer than was waited, and none has done so in vain."""
    tried = any(asked == spec and job.state == "failed" for job, asked in with_specs(house, transfer))
    return not tried and house.settings.build_seconds > PATIENT_SECONDS


def _known(house: House, transfer: str, spec: Spec) -> Job | None:
    return next((job for job, asked in with_specs(house, transfer) if asked == spec and (job.active or job.state == "done")), None)


def _at_once(house: House, workspace: Workspace, spec: Spec, seconds: float, by: str) -> Job:
    with house.database.read() as tx:
        given = sidebook.given_of(sidebook.row_of(tx, spec.target[0]))
    found = examine(house, given, workspace.evaluation, workspace.sources, workspace.target, seconds=seconds)
    result = Result(document=msgspec.Raw(msgspec.json.encode(found)))
    return already(house, workspace.id, workspace.version, workspace.title, spec, new_id(), result, by=by)
