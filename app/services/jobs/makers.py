"""Which maker does a job."""

from app.errors import NotFoundError
from app.services.house import House
from app.services.jobs.asking import folder_of, spec_of
from app.services.jobs.asking_torch import CheckMaker
from app.services.jobs.child import Maker
from app.services.jobs.making import FileMaker
from app.services.jobs.valuing import ValueMaker
from app.store import jobs


def maker_of(house: House, job: str) -> Maker:
    """Make what does a job's parts. Raises NotFoundError, KeygraftError."""
    with house.database.read() as tx:
        row = jobs.find(tx, job)
    if row is None:
        raise NotFoundError("job_not_found", job=job[:40])
    makers: dict[str, type[FileMaker | CheckMaker | ValueMaker]] = {"export": FileMaker, "check": CheckMaker, "values": ValueMaker}
    return makers[row.kind](house, spec_of(row), folder_of(house, row.transfer, job))
