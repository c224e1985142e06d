"""How a handler gets the house, and learns who asks."""

from typing import Annotated

from fastapi import Depends, Request

from app.errors import RefusedError
from app.services.house import House as TheHouse
from app.services.visitors import Action
from app.services.visitors import Visitor as TheVisitor


def _house(request: Request) -> TheHouse:
    found: TheHouse = request.app.state.house
    return found


House = Annotated[TheHouse, Depends(_house)]


async def _visitor(request: Request) -> TheVisitor:
    found: TheVisitor = request.state.visitor
    return found


async def _rights(request: Request) -> frozenset[Action]:
    found: frozenset[Action] = request.state.rights
    return found


Rights = Annotated[frozenset[Action], Depends(_rights)]
"""What the visitor may do here, as the guard found it."""


def need(rights: frozenset[Action], action: Action) -> None:
    """For what only some bodies ask for, beyond the rule of the route. Raises RefusedError."""
    if action not in rights:
        raise RefusedError("right_missing")


Visitor = Annotated[TheVisitor, Depends(_visitor)]
"""Who asks; `visitor.person` is the `by` of every service that writes."""
