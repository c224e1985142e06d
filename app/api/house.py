"""How a handler gets the house."""

from typing import Annotated

from fastapi import Depends, Request

from app.services.house import House as TheHouse


def _house(request: Request) -> TheHouse:
    found: TheHouse = request.app.state.house
    return found


House = Annotated[TheHouse, Depends(_house)]
