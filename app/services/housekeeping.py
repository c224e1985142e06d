"""What nobody needs any more is put out: sides that were given and never used, trees without a side, jobs that ended long ago and their files."""

import shutil
from datetime import timedelta
from pathlib import Path

from app.services import sidebook
from app.services.house import House
from app.store import jobs, sides, trees

KEPT = timedelta(days=7)


def tidy(house: House) -> int:
    """Put out what is older than a week; return how many sides went."""
    moment = house.clock() - KEPT
    with house.database.write() as tx:
        old = sides.unused_before(tx, moment)
        givens = {side: sidebook.given_of(row) for side, row in sides.several(tx, old).items()}
        gone = sides.drop_unused(tx, old)
        trees.drop_unused(tx)
        old_jobs = jobs.ended_before(tx, moment)
        jobs.drop(tx, [job.id for job in old_jobs])
    for side in gone:
        sidebook.drop_files(house, side, givens[side])
    for job in old_jobs:
        shutil.rmtree(house.folder("exports") / job.transfer / job.id, ignore_errors=True)
    _put_out(house.folder("exports"), moment.timestamp())
    return len(gone)


def _put_out(folder: Path, before: float) -> None:
    for path in folder.iterdir():
        newest = max((part.stat().st_mtime for part in path.rglob("*")), default=path.stat().st_mtime)
        if newest < before:
            shutil.rmtree(path, ignore_errors=True)
