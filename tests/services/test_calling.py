"""Who is called: whose rights changed, in whose inbox something may stand now, or no longer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from app.cli import people as commands
from app.mapping.edits import AddRule
from app.mapping.plan import Init
from app.services import (
    accounts,
    calling,
    conversing,
    edits,
    invitations,
    reviewing,
    roles,
    sessions,
    sharing,
    sides,
    teams,
    tokens,
    transfers,
)
from app.services.cards import Said
from app.services.house import House
from app.services.live import HOUSE, own
from app.services.watching import LOOK
from tests.services.keylists import keys

PASSWORD = "correct horse battery"


class Team:
    """Ada looks after it, Bob owns a transfer, Eve reviews it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids = {name: accounts.add(house, name, password=PASSWORD, admin=name == "ada").id for name in ("ada", "bob", "eve")}
        side = sides.understand(house, keys(a=(2,)), by=self.ids["bob"]).id
        self.transfer = transfers.create(house, {"": side}, side, by=self.ids["bob"]).id
        roles.give(house, self.transfer, "reviewer", login="eve")
        self.group = teams.make(house, "Vision").id
        teams.join(house, self.group, "eve")
        self.session = accounts.sign_in(house, "eve", PASSWORD)
        self.link = sharing.share(house, self.transfer).id
        self.token = tokens.make(house, "t", ["read"], days=1, by=self.ids["eve"]).id

    def events(self, deed: Callable[[], object]) -> list[tuple[str, str]]:
        """Where which events were published meanwhile."""
        before = self.house.hub._at
        deed()
        everywhere = {HOUSE, self.transfer, *(own(each) for each in self.ids.values())}
        return [(each.event.kind, each.event.transfer) for each in self.house.hub.since(everywhere, before).events]

    def called(self, deed: Callable[[], object]) -> set[str]:
        """Names of those who were called to their inbox."""
        names = {own(person): name for name, person in self.ids.items()}
        return {names[where] for kind, where in self.events(deed) if kind == "inbox"}


@pytest.fixture
def team(house: House) -> Team:
    """A house with people."""
    return Team(house)


TURNING: dict[str, Callable[[Team], object]] = {
    "a role that is given": lambda team: roles.give(team.house, team.transfer, "viewer", login="ada"),
    "a role that is taken": lambda team: roles.give(team.house, team.transfer, None, login="eve"),
    "a team's role": lambda team: roles.give(team.house, team.transfer, "editor", team=team.group),
    "a link that is taken back": lambda team: sharing.revoke(team.house, team.transfer, team.link),
    "leaving a team": lambda team: teams.leave(team.house, team.group, team.ids["eve"]),
    "joining a team": lambda team: teams.join(team.house, team.group, "bob"),
    "a team that is dissolved": lambda team: teams.delete(team.house, team.group),
    "an account that is closed": lambda team: accounts.set_disabled(team.house, team.ids["eve"], disabled=True),
    "an admin more": lambda team: accounts.set_admin(team.house, team.ids["eve"], admin=True),
    "signing out": lambda team: accounts.sign_out(team.house, team.session, team.ids["eve"]),
    "signing in instead": lambda team: accounts.sign_in(team.house, "eve", PASSWORD, instead_of=team.session),
    "one browser out": lambda team: sessions.end(team.house, _session(team), team.ids["eve"]),
    "all others out": lambda team: sessions.end_others(team.house, team.ids["eve"], ""),
    "another password": lambda team: accounts.change_password(team.house, PASSWORD, PASSWORD + "!", team.ids["eve"]),
    "a password by a link": lambda team: invitations.accept(
        team.house, invitations.reset(team.house, team.ids["eve"]).word, PASSWORD + "?"
    ),
    "a token that is taken back": lambda team: tokens.revoke(team.house, team.token, by=team.ids["eve"]),
}


def _session(team: Team) -> str:
    return sessions.listed(team.house, team.ids["eve"])[0].id


@pytest.mark.parametrize("deed", TURNING)
def test_a_change_of_rights_is_an_event(team: Team, deed: str) -> None:
    """In the transfer that it is about, or everywhere."""
    told = team.events(lambda: TURNING[deed](team))
    of_transfer = "role" in deed or deed == "a link that is taken back"
    assert ("rights", team.transfer if of_transfer else HOUSE) in told


def test_who_is_concerned_is_called(team: Team) -> None:
    """Asked and no longer asked, named and no longer named, by another's word, by an edit, by what is put away or deleted; nobody else."""
    house, transfer, ada, bob, eve = team.house, team.transfer, team.ids["ada"], team.ids["bob"], team.ids["eve"]
    assert team.called(lambda: reviewing.ask(house, transfer, eve, by=bob)) == {"bob", "eve"}
    assert team.called(lambda: _edit(house, transfer, bob)) == {"bob", "eve"}
    assert team.called(lambda: reviewing.ask(house, transfer, eve, asked=False, by=bob)) == {"bob", "eve"}
    said = ""

    def speak() -> None:
        nonlocal said
        said = conversing.say(house, transfer, "Look, @ada", by=bob)

    assert team.called(speak) == {"ada", "bob"}
    assert team.called(lambda: conversing.change(house, transfer, said, "Look", by=bob)) == {"ada", "bob"}
    assert team.called(lambda: conversing.reply(house, transfer, said, "I do", by=eve)) == {"bob", "eve"}
    assert team.called(lambda: conversing.resolve(house, transfer, said, by=bob)) == {"bob", "eve"}
    assert team.called(lambda: reviewing.decide(house, transfer, 1, "approve", by=ada)) == {"bob", "eve"}
    assert team.called(lambda: transfers.archive(house, transfer, by=bob)) == {"bob", "eve"}
    assert team.called(lambda: transfers.delete(house, transfer, by=bob)) == {"bob", "eve"}


def _edit(house: House, transfer: str, by: str) -> None:
    edits.apply(house, transfer, 0, [AddRule(Init("a"))], label=Said("edit-rules", {"count": 1}), by=by)


def test_alone_nobody_is_called(house: House) -> None:
    """There is no inbox in the head of the page where one person works alone."""
    side = sides.understand(house, keys(a=(2,))).id
    made = transfers.create(house, {"": side}, side).id
    before = house.hub._at
    conversing.say(house, made, "Look")
    assert [each.event.kind for each in house.hub.since({HOUSE, made, own("local")}, before).events] == ["review"]


def test_what_the_command_line_does_is_noticed(team: Team, tmp_path: Path) -> None:
    """On SQLite, where nobody can tell the server: it looks at the log while somebody listens."""

    async def listened() -> bool:
        async with team.house.hub.listen({HOUSE}) as listener:
            await listener.wait(5 * LOOK)  # the first look calls everybody once
            before = team.house.hub._at
            await anyio.to_thread.run_sync(lambda: commands.close("eve", data=tmp_path / "data"))
            await listener.wait(5 * LOOK)
            return team.house.hub.since({HOUSE}, before).turned

    with ThreadPoolExecutor(1) as apart:  # the thread of the tests may have a loop of its own
        assert apart.submit(lambda: anyio.run(listened)).result()


def test_an_event_may_be_of_the_house(team: Team) -> None:
    """Whoever listens to it hears it, whatever else they listen to."""
    assert team.events(lambda: calling.rights_changed(team.house)) == [("rights", HOUSE)]
