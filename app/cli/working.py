"""A process that does jobs: beside the page, or on a machine of its own."""

import json
import os
import signal
import sys
import threading

import msgspec

from app import bootstrap, jobs, logs
from app.jobs import Engine, Work
from app.services.house import House
from app.services.jobs.asking import spec_of
from app.services.jobs.child import Child, Nursery
from app.services.jobs.hands import Told
from app.services.jobs.work import Steps
from app.services.jobs.worker import Worker
from app.settings import Settings, load
from app.sources.credentials import Secret
from app.store import JobRow

_IDLE_SECONDS = 120.0
_told = msgspec.json.Decoder(Told)


def run(settings: Settings, *, idle: float | None = None) -> None:
    """Do jobs until stopped."""
    logs.configure(settings.log)
    house = bootstrap.open_house(settings, alone=True)
    _worker(house, idle).run()
    house.close()


def run_attached() -> None:
    """Do jobs for the page whose process holds the other end of standard input; end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = load(**json.loads(_told.decode(sys.stdin.buffer.readline()).settings))
    logs.configure(settings.log)
    house = bootstrap.open_house(settings, alone=True)
    worker = _worker(house, _IDLE_SECONDS)
    threading.Thread(target=_listen, args=(house, worker), daemon=True).start()
    worker.run()
    os._exit(0)


def _listen(house: House, worker: Worker) -> None:
    for line in sys.stdin.buffer:
        for side, address in _told.decode(line).addresses.items():
            house.addresses.put(side, Secret(address))
        worker.wake()
    os._exit(0)  # the page is gone; each job's process sees that this one is


def _worker(house: House, idle: float | None) -> Worker:
    executor = jobs.own_name()
    written = house.settings.model_dump_json(exclude={"token"})

    processes = Nursery("app.services.jobs.inside")

    def begin(row: JobRow) -> Child:
        sides = [side for side, _ in spec_of(row).sources.values()]
        known = {side: found.reveal() for side in sides if (found := house.addresses.get(side)) is not None}
        return Child(processes, written, row.id, known)

    def engine(work: Work) -> Engine:
        from app.jobs.dbos_engine import DbosEngine

        return DbosEngine(house.settings.engine, work, executor=executor, at_once=house.settings.jobs_at_once)

    return Worker(house, Steps(house, begin, executor), engine, executor, idle=idle)
