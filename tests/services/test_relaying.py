"""Two processes on one PostgreSQL: what happens in one is heard in the other."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from app import bootstrap, settings
from app.services import accounts, presence, roles, sides, transfers
from app.services.house import House
from app.services.live import HOUSE, Event
from app.services.present import Present, Tab
from tests.services.keylists import keys
from tests.store.cluster import Cluster

SECONDS = 60


@pytest.fixture
def replicas(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[House, House]]:
    """Two houses that share a database."""
    url = cluster.url()
    made = [
        bootstrap.open_house(settings.load(data=tmp_path / name, database_url=url, code=False, workers=0, token=SecretStr("x" * 20)))
        for name in ("one", "two")
    ]
    yield made[0], made[1]
    for house in made:
        house.close()


def until(holds, what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_an_event_reaches_the_listeners_of_the_other_process_once(replicas: tuple[House, House]) -> None:
    """Published in one, heard in the other within the second that is promised; not heard twice where it was published."""
    one, two = replicas

    async def listened() -> tuple[list[Event], list[Event]]:
        async with two.hub.listen({"t"}) as there:
            for _ in range(20):  # the other may not listen yet when the first is told
                one.hub.publish(Event("t", "changed", 7, "tab"))
                if await there.wait(0.5):
                    break
            await asyncio.sleep(0.3)
            return heard(one), heard(two)

    def heard(house: House) -> list[Event]:
        return [each.event for each in house.hub.since({"t"}, 0).events]

    with ThreadPoolExecutor(1) as apart:  # the thread of the tests may have a loop of its own
        here, there = apart.submit(lambda: asyncio.run(listened())).result()
    assert set(here) == set(there) == {Event("t", "changed", 7, "tab")}
    assert len(there) <= len(here)


def test_who_is_here_is_known_on_every_replica(replicas: tuple[House, House]) -> None:
    """A tab that speaks to one process is seen by tabs of the other, and gone there when it leaves."""
    one, two = replicas
    side = sides.understand(one, keys(a=(2,))).id
    transfer = transfers.create(one, {"": side}, side).id
    tab = Present("tab", "ada", "Ada", "map", "t", (3,))

    def told() -> bool:
        presence.come(one, transfer, tab)
        presence.leave(one, [Tab(transfer, "tab")], "ada")
        presence.come(one, transfer, tab)
        return two.presence.there(transfer, two.clock()) == (tab,)

    until(told, "the other process never heard of the tab")
    presence.leave(one, [Tab(transfer, "tab")], "ada")
    until(lambda: two.presence.there(transfer, two.clock()) == (), "the other process never heard that it left")


def test_a_right_that_is_taken_away_is_known_on_every_replica(replicas: tuple[House, House], tmp_path: Path) -> None:
    """In one process, or on the command line, which does one thing and is gone: who listens to another process is woken."""
    one, two = replicas
    side = sides.understand(one, keys(a=(2,))).id
    transfer = transfers.create(one, {"": side}, side).id
    for name in ("ada", "eve"):
        accounts.add(one, name, password="correct horse battery", admin=name == "ada")
    roles.give(one, transfer, "viewer", login="eve")
    until(lambda: two.hub.since({transfer, HOUSE}, 0).turned, "the other process never heard of the role")

    def turned_by(deed: Callable[[], object], where: str) -> None:
        before = two.hub._at
        deed()
        until(lambda: two.hub.since({where}, before).turned, "the other process never heard of it")

    turned_by(lambda: roles.give(one, transfer, None, login="eve"), transfer)
    alone = bootstrap.open_house(one.settings, alone=True)
    turned_by(lambda: accounts.set_disabled(alone, accounts.by_login(alone, "eve").id, disabled=True), HOUSE)
    alone.close()
