"""In front of every route: may this visitor do this here? What is not allowed by a rule is refused."""

from collections.abc import Iterable

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from app.errors import KeygraftError, NotFoundError, RefusedError
from app.gate.doorkeeper import Doorkeeper
from app.gate.entry import EntryError, StrangerError
from app.gate.rules import Rule, rule_of
from app.services import roles
from app.services.house import LOCAL, House
from app.services.live import HOUSE
from app.services.plain import plain
from app.services.present import Tab
from app.services.visitors import ACTIONS, Action, Role, Visitor, rights

MOST_TABS = 64
"""Tabs of one browser that are listened for; those after them see what is new when they ask for something."""


async def guard(request: Request) -> None:
    """Refuse, or note what the visitor may do here, so that the page shows nothing else. Raises KeygraftError."""
    visitor: Visitor = request.state.visitor
    rule = rule_of(request.scope.get("endpoint"))
    if rule is not None and rule.on == "tabs":
        await _guard_tabs(request, visitor, rule)
        return
    if visitor.person == LOCAL:
        request.state.rights = ACTIONS
        return
    if rule is None:
        raise RefusedError("right_missing")
    role = await run_in_threadpool(_role, request, visitor, rule) if rule.on else None
    request.state.rights = rights(visitor, role)
    missing = set(rule.needs) - request.state.rights
    if missing:
        raise _refusal(request, visitor, rule, role, missing)


async def _guard_tabs(request: Request, visitor: Visitor, rule: Rule) -> None:
    """Note which of the transfers that tabs show the visitor may hear of, and what they may do to each.

    What they may not hear of is left out, so that one tab does not silence all. A tab that shows none hears of the house: people may.
    """
    tabs = tabs_of(request)
    found = await run_in_threadpool(_roles, request, visitor, tabs)
    held = {transfer: rights(visitor, role) for transfer, role in found.items()}
    request.state.heard = {transfer: may for transfer, may in held.items() if set(rule.needs) <= may}
    of_house = any(tab.transfer == HOUSE for tab in tabs)
    if of_house and visitor.known:
        request.state.heard[HOUSE] = rights(visitor, None)
    if not found and not of_house:
        raise NotFoundError("transfer_not_found", transfer=tabs[0].transfer if tabs else "")
    if not request.state.heard:
        raise _refusal(request, visitor, rule, next(iter(found.values()), None), set(rule.needs))


def _roles(request: Request, visitor: Visitor, tabs: Iterable[Tab]) -> dict[str, Role]:
    """Transfers that are there for this visitor, with the visitor's role in each."""
    house: House = request.app.state.house
    with house.database.read() as tx:
        named = {tab.transfer for tab in tabs} - {HOUSE}
        found = {transfer: roles.in_transfer(tx, visitor, transfer) for transfer in named}
    return {transfer: role for transfer, role in found.items() if role is not None}


def tabs_of(request: Request) -> tuple[Tab, ...]:
    """The tabs that a connection is to carry: `?tab=transfer.client`, several times; one that shows no transfer is `.client`."""
    named = (each.partition(".") for each in request.query_params.getlist("tab")[:MOST_TABS])
    return tuple(Tab(plain(transfer, 40), plain(client, 64)) for transfer, _, client in named)


async def still_heard(request: Request) -> dict[str, frozenset[Action]] | None:
    """What who opened a stream may hear of now, and do to it: while it runs, sessions end, links run out, roles are taken away.

    None where nobody of that kind is let in any more.
    """
    if not await _recognised(request):
        return None
    try:
        await guard(request)
    except KeygraftError:
        return {}
    heard: dict[str, frozenset[Action]] = request.state.heard
    return heard


async def still_admitted(request: Request) -> bool:
    """Whether who asked for something that takes a while may have it still."""
    if not await _recognised(request):
        return False
    try:
        await guard(request)
    except KeygraftError:
        return False
    return True


async def _recognised(request: Request) -> bool:
    """Find out anew who it is; whether it is anybody."""
    keeper: Doorkeeper = request.app.state.keeper
    team = await keeper.team()
    visitor = await keeper.who(request.headers, team=team)
    request.scope["state"].update(visitor=visitor, team=team)
    return visitor.known or bool(visitor.shared)


def _role(request: Request, visitor: Visitor, rule: Rule) -> Role | None:
    house: House = request.app.state.house
    with house.database.read() as tx:
        if rule.on == "transfer":
            return roles.in_transfer(tx, visitor, _named(request, "transfer"))
        if rule.on == "job":
            return roles.in_job(tx, visitor, _named(request, "job"))
        return roles.in_side(tx, visitor, _named(request, "side", "card"))


def _named(request: Request, *names: str) -> str:
    """The id in the path. A rule that names what the path has not lets nobody in."""
    return next((str(request.path_params[name]) for name in names if name in request.path_params), "")


def _refusal(request: Request, visitor: Visitor, rule: Rule, role: Role | None, missing: set[Action]) -> KeygraftError:
    """What is somebody else's is not there; what a token was not made for is said; a stranger is asked to sign in."""
    if rule.on == "transfer" and role is None:
        return NotFoundError("transfer_not_found", transfer=_named(request, "transfer")[:40])
    if rule.on == "job" and role is None:
        return NotFoundError("job_not_found", job=_named(request, "job")[:40])
    if rule.on == "side" and role is None:
        return NotFoundError("side_not_found", side=_named(request, "side", "card")[:40])
    if not visitor.known:
        return StrangerError("sign_in_needed") if request.state.team else EntryError("link_needed")
    if missing - visitor.allowed:
        return RefusedError("scope_missing")
    return RefusedError("right_missing")
