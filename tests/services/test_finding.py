"""Who can be looked for on the start page."""

from app.services import accounts, finding, roles, sides, teams, transfers
from app.services.finding import Sought
from app.services.house import House
from app.services.visitors import Visitor
from tests.services.keylists import keys


def test_people_of_transfers_one_sees_can_be_looked_for(house: House) -> None:
    """Who made one, who has a role in one, who has it through a team; nobody of a transfer that is somebody else's."""
    ids = {
        name: accounts.add(house, name, password="correct horse battery", admin=name == "ada").id
        for name in ("ada", "bob", "eve", "mia", "zoe")
    }
    made = {}
    for owner in ("bob", "zoe"):
        side = sides.understand(house, keys(a=(2,)), by=ids[owner]).id
        made[owner] = transfers.create(house, {"": side}, side, by=ids[owner]).id
    roles.give(house, made["bob"], "reviewer", login="eve")
    team = teams.make(house, "Vision").id
    teams.join(house, team, "mia")
    roles.give(house, made["bob"], "viewer", team=team)
    for visitor in ("bob", "eve", "mia"):
        assert [each.name for each in finding.people(house, Visitor(ids[visitor], visitor))] == ["bob", "eve", "mia"]
    assert [each.name for each in finding.people(house, Visitor(ids["ada"], "ada", admin=True))] == ["bob", "eve", "mia", "zoe"]


def test_letters_of_every_language_are_found(house: House) -> None:
    """Large or small, in titles and in names; SQLite by itself knows the English ones alone."""
    side = sides.understand(house, keys(a=(2,))).id
    made = transfers.create(
        house, {"": side}, side, title="\N{LATIN CAPITAL LETTER O WITH DIAERESIS}fter BLAU \N{CYRILLIC CAPITAL LETTER ZHE}"
    ).id
    me = Visitor("local", "", admin=True)
    for words in (
        "\N{LATIN CAPITAL LETTER O WITH DIAERESIS}FTER",
        "\N{LATIN SMALL LETTER O WITH DIAERESIS}fter blau",
        "\N{CYRILLIC SMALL LETTER ZHE}",
    ):
        assert [each.id for each in finding.find(house, me, Sought(words))] == [made]
