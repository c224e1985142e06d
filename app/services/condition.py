"""How the house does: walls of the sandbox, versions, database, data folder; and which library models are there."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import msgspec

from app import __version__, definitions, messages
from app.definitions import Offered
from app.errors import KeygraftError, RefusedError
from app.services.house import House
from app.services.sandboxes import library_versions

_SHOWN = ("torch", "fastapi", "sqlalchemy", "msgspec")


class Wall(msgspec.Struct, frozen=True):
    """One layer of the sandbox, in words; `detail` is what was seen, in technical ones."""

    name: str
    title: str
    holds: bool
    detail: str = ""


class Condition(msgspec.Struct, frozen=True):
    """What the status page shows.

    code   -- whether model code may be built
    reason -- what stands in the way, empty where nothing does
    data   -- the data folder; empty where it cannot be written
    """

    version: str
    code: bool
    reason: str
    layers: tuple[Wall, ...]
    versions: dict[str, str]
    database: bool
    data: str


def condition(house: House) -> Condition:
    """Try everything once and say how it is."""
    walls, reason = _walls(house)
    folder = house.settings.data
    return Condition(
        version=__version__,
        code=not reason,
        reason=reason,
        layers=walls,
        versions=_versions(house),
        database=house.database.ready(),
        data=str(folder) if os.access(folder, os.W_OK) else "",
    )


def _walls(house: House) -> tuple[tuple[Wall, ...], str]:
    if house.workshop is None:
        return (), messages.error_text(RefusedError("code_refused"))
    found = house.workshop.status()
    walls = tuple(Wall(each.name, messages.text(f"sandbox-layer-{each.name}"), each.holds, each.detail) for each in found.layers)
    if found.holds:
        return walls, ""
    if found.reason:
        return walls, messages.error_text(KeygraftError(found.reason, **found.params))
    lacking = ", ".join(wall.title for wall in walls if not wall.holds)
    return walls, messages.error_text(RefusedError("sandbox_unavailable", layer=lacking))


def _versions(house: House) -> dict[str, str]:
    found = {
        "keygraft": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "database": house.settings.database.partition(":")[0],
    }
    for package in _SHOWN:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | library_versions()


def models(house: House, query: str, limit: int = 50) -> list[Offered]:
    """Library models whose names hold the words of a query, `timm:resnet` those of one library; none where code is not run.

    Raises KeygraftError.
    """
    if house.workshop is None:
        return []
    known = house.workshop.offered()
    door, colon, words = query[:200].strip().partition(":")
    if colon and door in definitions.LIBRARIES:
        return definitions.search(words, [each for each in known if each.door == door], limit=limit)
    return definitions.search(query[:200], known, limit=limit)
