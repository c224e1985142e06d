"""Every route, asked by everybody: what is allowed and what is refused follows from one table, and a route without a rule is found here.

The guard of the application is asked for real; behind it stands a stop, so that nothing is done however many ask.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request

from app import bootstrap, settings
from app.api import jobs as api_jobs
from app.errors import KeygraftError
from app.gate import guard, still_heard
from app.gate.rules import RULES, Rule
from app.services import accounts, roles, sharing, sides, teams, tokens, transfers, workspaces
from app.services.house import House, new_id
from app.services.jobs.specs import spec_of
from app.services.live import Event
from app.services.present import Tab
from app.services.visitors import Action
from app.store import jobs
from app.store.job_row import JobRow
from app.web import live

BASE = "http://127.0.0.1:8400"
PASSWORD = "correct horse battery"
TEXT = "a.weight: [2, 2]\n"
SAFE = {"GET", "HEAD", "OPTIONS"}


class PassedError(KeygraftError):
    """The guard let it through; the handler is not asked."""

    status = 418


class Route(NamedTuple):
    """One route: a method, a path with its parameters, the function that answers."""

    method: str
    path: str
    endpoint: Any

    @property
    def name(self) -> str:
        """The function, as the rules name it."""
        return f"{self.endpoint.__module__}.{self.endpoint.__qualname__}"


def routes_of(router: Any, prefix: str = "") -> Iterator[Route]:
    """Every route of an application, through routers in routers."""
    for each in router.routes:
        inner = getattr(each, "original_router", None)
        if inner is not None:
            yield from routes_of(inner, prefix + each.include_context.prefix)
        elif hasattr(each, "endpoint") and hasattr(each, "dependant"):
            for method in sorted(each.methods - {"HEAD"}):
                yield Route(method, prefix + each.path, each.endpoint)


class Team:
    """An application with a person in every role, and one request after another."""

    def __init__(self, folder: Path) -> None:
        self.app: FastAPI = bootstrap.create_app(settings.load(data=folder, roots=(folder,)))
        self.house: House = self.app.state.house
        self.routes = list(routes_of(self.app))
        self._people()
        self.transfer, self.side, self.job = self._transfer("owner")
        self.headers = {
            name: self._signed_in(name) for name in ("admin", "owner", "editor", "reviewer", "viewer", "member", "nobody-there")
        }
        self.headers |= {"stranger": {}, "closed": self._signed_in("closed"), "link": self._with_link()}
        for scope in ("read", "edit", "review", "admin"):
            word = tokens.make(self.house, scope, [scope], days=1, by=self.ids["owner"]).word
            self.headers[f"token {scope}"] = {"Authorization": f"Bearer {word}"}
        accounts.set_disabled(self.house, self.ids["closed"], disabled=True)
        self._roles()

    def _people(self) -> None:
        names = ("admin", "owner", "editor", "reviewer", "viewer", "member", "nobody-there", "closed")
        self.ids = {name: accounts.add(self.house, name, password=PASSWORD, admin=name == "admin").id for name in names}

    def _transfer(self, owner: str) -> tuple[str, str, str]:
        """A transfer, one of its sides, a job of it."""
        by = self.ids[owner]
        source = sides.understand(self.house, TEXT, by=by)
        target = sides.understand(self.house, TEXT, by=by)
        made = transfers.create(self.house, {"": source.id}, target.id, by=by).id
        at = self.house.clock()
        with self.house.database.write() as tx:
            jobs.add(tx, JobRow(new_id(), made, 0, "export", "", b"{}", by, at, state="done"))
            job = jobs.listed(tx, transfer=made)[0].id
        return made, source.id, job

    def _roles(self) -> None:
        for name in ("editor", "reviewer", "viewer"):
            roles.give(self.house, self.transfer, name, login=name)
        team = teams.make(self.house, "Team", "reviewer")
        teams.join(self.house, team.id, "member")
        roles.give(self.house, self.transfer, "", team=team.id)

    def _signed_in(self, name: str) -> dict[str, str]:
        word = accounts.sign_in(self.house, name, PASSWORD)
        return {"Cookie": f"keygraft-session-8400={word}"}

    def _with_link(self) -> dict[str, str]:
        return {"Cookie": f"keygraft-share-8400={sharing.share(self.house, self.transfer, by=self.ids['owner']).word}"}

    def ask(self, client: TestClient, route: Route, who: str, transfer: str = "", side: str = "", job: str = "") -> tuple[int, str]:
        """Send a request; status and code of the answer."""
        given = {"transfer": transfer or self.transfer, "side": side or self.side, "card": side or self.side, "job": job or self.job}
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: given.get(name[1], "1"), route.path)
        headers = {"X-Keygraft": "script", **self.headers[who]}
        query = {"tab": f"{given['transfer']}.tab"} if route.name in BY_TABS else {}
        answer = client.request(route.method, path, params=query, headers=headers, follow_redirects=False)
        try:
            return answer.status_code, answer.json().get("code", "")
        except ValueError:
            return answer.status_code, ""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The team; the database is made once."""
    made = Team(tmp_path_factory.mktemp("team"))

    async def stop(request: Request) -> None:
        await guard(request)
        raise PassedError("right_missing")

    made.app.dependency_overrides[guard] = stop
    yield made
    made.house.close()


@pytest.fixture(scope="module")
def client(team: Team) -> Iterator[TestClient]:
    """The team's application, asked without starting it anew."""
    made = TestClient(team.app, base_url=BASE)
    with start_blocking_portal() as made.portal:  # one loop for thousands of requests, not one for each
        yield made
    made.close()


Asked = Callable[[str], dict[Route, tuple[int, str]]]


@pytest.fixture(scope="module")
def asked(team: Team, client: TestClient) -> Asked:
    """What everybody is answered everywhere, asked once."""
    kept: dict[str, dict[Route, tuple[int, str]]] = {}

    def ask(who: str) -> dict[Route, tuple[int, str]]:
        if who not in kept:
            kept[who] = {route: team.ask(client, route, who) for route in team.routes}
        return kept[who]

    return ask


ACTIONS = {
    "admin": {"see", "review", "edit", "own", "enter", "create", "account", "administer"},
    "owner": {"see", "review", "edit", "own", "enter", "create", "account"},
    "editor": {"see", "review", "edit", "enter", "create", "account"},
    "reviewer": {"see", "review", "enter", "create", "account"},
    "viewer": {"see", "enter", "create", "account"},
    "member": {"see", "review", "enter", "create", "account"},
    "nobody-there": {"enter", "create", "account"},
    "link": {"see"},
    "token read": {"see", "enter"},
    "token edit": {"see", "edit", "enter", "create"},
    "token review": {"see", "review", "enter"},
    "token admin": {"see", "review", "edit", "own", "enter", "create", "account"},
    "stranger": set(),
    "closed": set(),
}
"""What everybody may do here, written down a second time: not read off the code."""


TOKENS = {f"token {scope}" for scope in ("read", "edit", "review", "admin")}
INSIDE = {"admin", "owner", "editor", "reviewer", "viewer", "member", "nobody-there"} | TOKENS
EVERYBODY = set(ACTIONS)
THEMSELVES = INSIDE - {"token read", "token edit", "token review"}
MAKERS = INSIDE - {"token read", "token review"}
ADMINS = {"admin"}
PEOPLE = INSIDE - {"nobody-there"}
READERS = PEOPLE | {"link"}
COPIERS = PEOPLE - {"token read", "token review"}
REVIEWERS = {"admin", "owner", "editor", "reviewer", "member", "token review", "token admin"}
EDITORS = {"admin", "owner", "editor", "token edit", "token admin"}
OWNERS = {"admin", "owner", "token admin"}

AT = "(/api/v1/transfers|/t)/{transfer}"
BY_HAND: tuple[tuple[set[str], str], ...] = (
    (EVERYBODY, "GET /livez|GET /readyz|(GET|POST) /sign-in|(GET|POST) /welcome/{word}|GET /share/{word}"),
    (ADMINS, r"\w+ (/api/v1)?/(people|teams|invitations|audit)(/.*)?|DELETE /api/v1/library/{entry}|POST /t/{transfer}/forget"),
    (THEMSELVES, r"\w+ (/api/v1)?/(account|credentials)(/.*)?|\w+ /api/v1/me/.*"),
    # giving files, beginning transfers; going on with what one gave
    (MAKERS, "POST (/api/v1)?/(sides|lent|example|transfers)|POST /sides/(project|upload)|POST /from-plan|PUT /api/v1/uploads/{name}"),
    (MAKERS, r"GET /(browse|new|slot|models)|GET /api/v1/files|\w+ (/api/v1)?/readings/{reading}(/cancel)?"),
    (READERS, "POST (/api/v1/sides|/lent)/{side}/attach"),
    (READERS, "GET (/api/v1/sides/{side}(/lent|/summary|/tree)?|/files/{side}(/.*)?|/lent/{side}|/sides/{card})"),
    (EDITORS, "POST (/api/v1/sides|/files|/lent|/sides)/({side}|{card})(/.*)?"),
    # one transfer
    (OWNERS, f"DELETE /api/v1/transfers/{{transfer}}|POST /t/{{transfer}}/(archive|delete)|GET {AT}/(audit|sharing)"),
    (OWNERS, rf"\w+ {AT}/links(/.*)?|(PUT|POST) {AT}/roles(/.*)?|(PUT|POST) {AT}/review/terms"),
    (COPIERS, f"POST {AT}/(fork|reverse)"),
    (EDITORS, f"POST {AT}/review/reviewers|POST {AT}(/review)?/comments/{{comment}}/take"),
    (REVIEWERS, rf"POST {AT}/review/.*|\w+ {AT}/comments(/.*)?"),
    (PEOPLE, f"GET {AT}/(roles|check|compose|composition(/.*)?|exports?(/.*)?|download/.*|loader.py|report.html)"),
    (PEOPLE, f"POST {AT}/(check|exports/.*|write/.*|here|gone)"),
    (PEOPLE, r"\w+ (/api/v1)?/jobs/{job}(/.*)?"),
    (EDITORS, f"GET {AT}/(import|plan-text|replace/.*)"),
    (READERS, f"POST {AT}/(view|detail|now|between|triage|table|suggest|(rules|plan)/foresee)"),
    (READERS, f"GET {AT}(/.*)?|GET /events|GET /happened"),
    (EDITORS, rf"\w+ {AT}(/.*)?"),
    # looking around in the house
    (INSIDE, "GET (/|/inbox|/inbox/count|/status|/metrics)|POST /sign-out"),
    (INSIDE, "GET /api/v1/(inbox|jobs|library|me|models|schemas/edits|status|transfers)"),
)
"""Who is let in where, written by hand and not read off the rules: the first line that a route fits is meant."""


def audience(route: Route) -> set[str]:
    """Who is meant to be let in; a route that fits no line has to be written down."""
    found = next((who for who, paths in BY_HAND if re.fullmatch(paths.replace("{", r"\{"), f"{route.method} {route.path}")), None)
    assert found is not None, f"who may {route.method} {route.path}? write it down in BY_HAND"
    return found


def expected(rule: Rule, who: str) -> set[int]:
    """Status of the answer: let through; not there; not known; not allowed."""
    may = ACTIONS[who]
    if not rule.needs:
        return {418}
    if who in {"stranger", "closed"}:
        return {401}
    if set(rule.needs) <= may:
        return {418}
    if rule.on and who == "nobody-there":
        return {404}
    return {401} if who == "link" else {403}


PARAMETERS = {"transfer": {"transfer"}, "side": {"side", "card"}, "job": {"job"}}
"""What a path names that is somebody's, and how routes call it."""


def test_every_route_has_a_rule(team: Team) -> None:
    """A route that is added without one is closed to everybody in a team; this says which."""
    assert len(team.routes) > 120
    assert sorted({route.name for route in team.routes} - set(RULES)) == []


def test_every_rule_has_a_route(team: Team) -> None:
    """A rule whose function was renamed protects nothing."""
    assert sorted(set(RULES) - {route.name for route in team.routes}) == []


def test_what_is_in_the_path_is_what_the_rule_is_about(team: Team) -> None:
    """A route to a transfer or a side asks for a right in it; only doors are open, and only to show themselves."""
    for route in team.routes:
        rule, names = RULES[route.name], set(re.findall(r"\{(\w+)", route.path))
        on = next((kind for kind, called in PARAMETERS.items() if names & called), "tabs" if route.name in BY_TABS else "")
        assert rule.on == on, route
        assert rule.needs or route.path in {"/livez", "/readyz", "/sign-in", "/welcome/{word}", "/share/{word}"}, route
        reading = bool(rule.needs) and set(rule.needs) <= {"see", "enter"}
        assert route.method in SAFE or not reading or route.name in READING_BY_POST, route


BY_TABS = {"app.web.live.events", "app.web.live.happened"}
"""Transfers are named in the query, several at once."""

READING_BY_POST = {
    "app.web.workspace.look",
    "app.web.drawer.selected",
    "app.web.edits.now",
    "app.web.rules.foresee",
    "app.api.edits.foresee",
    "app.web.triage.look",
    "app.web.table.look",
    "app.web.table.suggested",
    "app.web.between.between",
    "app.web.live.here",
    "app.web.live.gone",
    "app.api.checks.check",
    "app.api.jobs.start",
    "app.api.jobs.cancel",
    "app.api.jobs.retry",
    "app.web.exports.write",
    "app.web.jobs.cancel",
    "app.web.jobs.retry",
    "app.api.lending.attach",
    "app.web.lending.attach",
    "app.web.signing.sign_out",
}
"""Sent with a body, and nothing of a transfer is changed by them."""


@pytest.mark.parametrize("who", sorted(ACTIONS))
def test_matrix(asked: Asked, team: Team, who: str) -> None:
    """Each route, for one who asks."""
    wrong = []
    for route, (status, code) in asked(who).items():
        if status not in expected(RULES[route.name], who):
            wrong.append((route.method, route.path, status, code))
    assert wrong == []


@pytest.mark.parametrize("who", sorted(ACTIONS))
def test_by_hand(asked: Asked, who: str) -> None:
    """The same, against what is written down by hand above: a rule that was loosened, or tightened, does not agree with itself here."""
    let_in = {f"{route.method} {route.path}" for route, (status, _) in asked(who).items() if status == 418}
    wanted = {f"{route.method} {route.path}" for route in asked(who) if who in audience(route)}
    assert sorted(let_in ^ wanted) == []


def test_foreign_ids_are_not_there(team: Team, client: TestClient) -> None:
    """Somebody else's transfer or side answers, word for word, as one that does not exist."""
    foreign_ones, no_ones = team._transfer("admin"), ("0" * 16,) * 3
    for route in team.routes:
        if not RULES[route.name].on:
            continue
        for who in ("owner", "link", "token admin", "nobody-there"):
            foreign, none = team.ask(client, route, who, *foreign_ones), team.ask(client, route, who, *no_ones)
            assert foreign == none, (route, who)
            assert foreign[0] == 404, (route, who)


def test_a_route_without_a_rule_is_closed(team: Team, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgotten means refused, also for an admin."""
    monkeypatch.delitem(RULES, "app.web.status.status")
    route = next(each for each in team.routes if each.name == "app.web.status.status")
    assert team.ask(client, route, "admin") == (403, "right_missing")


def test_what_stands_beside_the_routes_is_closed_too(team: Team, client: TestClient) -> None:
    """The API's description is for those who are in; an address that is none says nothing to strangers."""
    assert client.get("/api/v1/openapi.json").status_code == 401
    assert client.get("/nothing/here", headers={"X-Keygraft": "script"}).status_code == 401
    assert client.get("/api/v1/openapi.json", headers=team.headers["viewer"]).status_code == 200


def test_a_stream_ends_with_the_right_to_hear_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that ends, a link that is taken back, a role that is taken away: the next event is not sent any more."""

    def still(who: str) -> dict[str, frozenset[Action]] | None:
        headers = [(name.lower().encode(), value.encode()) for name, value in team.headers[who].items()]
        scope = {"type": "http", "app": team.app, "headers": headers, "state": {}, "query_string": f"tab={team.transfer}.a".encode()}
        return asyncio.run(still_heard(Request({**scope, "endpoint": live.events, "path": "/events", "method": "GET"})))

    for who in ("viewer", "link", "token read", "nobody-there"):
        may = ACTIONS[who] if who != "nobody-there" else set()
        assert still(who) == ({team.transfer: may} if may else {})
    assert still("stranger") is None
    assert still("closed") is None
    roles.give(team.house, team.transfer, None, login="viewer")
    assert still("viewer") == {}
    roles.give(team.house, team.transfer, "viewer", login="viewer")

    monkeypatch.setattr(live, "ASKED_AGAIN", -1.0)
    change = Event("other", "changed", 7)
    both = {team.transfer: SEE, "other": SEE}
    assert '"kind":"changed"' in asyncio.run(_heard(team, both, both, change))
    nothing = asyncio.run(_heard(team, both, {}, change))
    assert "changed" not in nothing
    assert nothing.count('"kind":"gone"') == 2
    without = asyncio.run(_heard(team, both, {team.transfer: SEE}, change))
    assert "changed" not in without, "of one that was taken away nothing is told, though the connection stands"
    assert '{"transfer":"other","kind":"gone"' in without


SEE = frozenset[Action]({"see"})


@pytest.mark.parametrize("where", ["", "other"])
def test_who_may_do_less_hears_it_at_once(team: Team, where: str) -> None:
    """A change of rights wakes the stream, in the transfer or anywhere; it is asked again although it was asked just now, and nothing else happened."""
    both = {team.transfer: SEE, "other": SEE | {"edit"}}
    turned = Event(where, "rights", 0)
    assert asyncio.run(_heard(team, both, both, turned)).count('"kind":"rights"') == 2, "only what may be done, as said at the start"
    assert '{"transfer":"other","kind":"gone"' in asyncio.run(_heard(team, both, {team.transfer: SEE}, turned))
    less = asyncio.run(_heard(team, both, {team.transfer: SEE, "other": SEE}, turned))
    assert '{"transfer":"other","kind":"rights","version":0,"client":"","about":["see"]' in less
    assert "gone" not in less
    out = asyncio.run(_heard(team, both, None, turned))
    assert out.endswith(live.COME_AGAIN.decode()), "who is no longer known is not told what is gone, but comes again and learns why"


def test_a_job_is_told_of_while_one_may_look(team: Team) -> None:
    """Its events end with the role of who hears them, though it goes on."""
    job, spec = new_id(), msgspec.json.encode(spec_of(team.house, workspaces.open_workspace(team.house, team.transfer), "check"))
    with team.house.database.write() as tx:
        jobs.add(tx, JobRow(job, team.transfer, 0, "check", "", spec, team.ids["owner"], team.house.clock(), state="running"))
    headers = [(name.lower().encode(), value.encode()) for name, value in team.headers["viewer"].items()]
    scope = {"type": "http", "app": team.app, "headers": headers, "state": {}, "query_string": b"", "path_params": {"job": job}}
    request = Request({**scope, "endpoint": api_jobs.events, "path": f"/api/v1/jobs/{job}/events", "method": "GET"})

    async def heard() -> list[bytes]:
        told = []
        async with asyncio.timeout(20):
            async for each in api_jobs._stream(request, team.house, job):
                told.append(each)
                await asyncio.to_thread(roles.give, team.house, team.transfer, None, login="viewer")
        return told

    assert len(asyncio.run(heard())) == 1
    roles.give(team.house, team.transfer, "viewer", login="viewer")
    with team.house.database.write() as tx:
        jobs.drop(tx, [job])


def test_after_a_right_was_taken_away_nothing_more_is_told(team: Team) -> None:
    """Not even what happened in the very same moment."""
    told = asyncio.run(_heard(team, {"other": SEE}, {}, Event("other", "rights", 0), Event("other", "changed", 8)))
    assert '"kind":"gone"' in told
    assert "changed" not in told


async def _heard(team: Team, first: dict[str, frozenset[Action]], later: dict[str, frozenset[Action]] | None, *happening: Event) -> str:
    """What a stream tells when something happens, and its listener may hear this much by then."""

    async def ask() -> dict[str, frozenset[Action]] | None:
        return later

    def happen() -> None:
        for each in happening:
            team.house.hub.publish(each)

    stream = live._stream(team.house, tuple(Tab(each, each) for each in first), team.house.hub.place, first, ask, person="")
    asyncio.get_running_loop().call_later(0.1, happen)
    told = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.6):
            async for each in stream:
                told += each
    return told.decode()


def test_one_connection_tells_only_of_what_the_listener_may_see(team: Team, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's transfer among those that tabs name is told as gone, and silences no other."""
    foreign, at = team._transfer("admin")[0], team.house.hub.place
    for each in (team.transfer, foreign):
        team.house.hub.publish(Event(each, "review", 1))
    monkeypatch.delitem(team.app.dependency_overrides, guard)
    asked = {"tab": [f"{team.transfer}.a", f"{foreign}.b"], "at": at}
    for who, known in (("viewer", {foreign: "gone", team.transfer: "review"}), ("admin", {foreign: "review", team.transfer: "review"})):
        told = client.get("/happened", params=asked, headers=team.headers[who]).json()["told"]
        assert {each["transfer"]: each["kind"] for each in told} == known
