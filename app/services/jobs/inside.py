"""What runs in the process of one job. It is loaded once, before there is any job, and forked for each: so it imports no face and no engine."""

import json
from multiprocessing.connection import Connection

from app import settings
from app.services import sandboxes
from app.services.house import House
from app.services.jobs.child import serve
from app.services.jobs.makers import maker_of
from app.sources.credentials import Secret
from app.store.database import open_database


def run(written: str, job: str, addresses: dict[str, str], end: Connection) -> None:
    """Do what the worker asks.

    written   -- the settings, as JSON
    addresses -- side -> its address with what may be secret in it
    """
    chosen = settings.load(**json.loads(written))
    house = House(chosen, open_database(chosen.database, migrated=True), **sandboxes.doors(sandboxes.workshop_of(chosen)))
    for side, address in addresses.items():
        house.addresses.put(side, Secret(address))
    serve(end, lambda: maker_of(house, job))
    house.close()
