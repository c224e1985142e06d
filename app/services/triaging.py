"""Triage: one open case at a time, with ranked options; a decision settles all keys of the case as one step."""

from collections.abc import Collection

import msgspec

from app import mapping
from app.errors import NotFoundError
from app.mapping.edits import AddRule
from app.services import edits, mappings, proposals, workspaces
from app.services.cards import Applied, Said
from app.services.house import LOCAL, House
from app.viewing.cases import Case, Rows, claims_alike
from app.viewing.options import Option, options
from app.viewing.scene import Scene


class Turn(msgspec.Struct, frozen=True):
    """Where a person stands: how much is open, and the case in front; None where nothing is.

    place -- number of the case among the open ones, from 1
    keys  -- of all open cases
    """

    open: int
    keys: int
    certain: int
    place: int = 0
    case: Case | None = None
    options: tuple[Option, ...] = ()


def turn(scene: Scene, *, at: str = "", key: str = "", skipped: Collection[str] = ()) -> Turn:
    """The case by name, or the one that holds a target key, or the first that was not skipped; where all were, the first."""
    listed = scene.cases
    chosen = next((case for case in listed if case.id == at), None) or next((case for case in listed if key and key in case.keys), None)
    chosen = chosen or next((case for case in listed if case.id not in skipped), None) or (listed[0] if listed else None)
    keys, certain = sum(len(case.keys) for case in listed), sum(len(case.keys) for case in listed if case.certain)
    if chosen is None:
        return Turn(0, 0, 0)
    return Turn(len(listed), keys, certain, listed.index(chosen) + 1, chosen, options(scene, chosen))


def beside(scene: Scene, case: str, step: int) -> str:
    """Name of the case that stands some places after one, going round; empty where nothing is open."""
    names = [each.id for each in scene.cases]
    if not names:
        return ""
    return names[(names.index(case) + step) % len(names)] if case in names else names[0]


def decide(
    house: House, scene: Scene, transfer: str, base_version: int, name: str, token: str, *, client: str = "", by: str = LOCAL
) -> Applied:
    """Settle a case by one of its options. Raises NotFoundError where the case or the option is no longer there as it was looked at."""
    found = next((each for each in scene.cases if each.id == name), None)
    chosen = next((option for option in options(scene, found) if option.token == token), None) if found else None
    if found is None or chosen is None:
        raise NotFoundError("case_gone")
    match chosen.kind:
        case "fresh":
            return mappings.start_fresh(house, transfer, base_version, found.keys, client=client, by=by)
        case "rules":
            changes = [AddRule(mapping.parse_rule(statement), at) for at, statement in enumerate(chosen.statements)]
            label = Said("edit-mapped", {"count": chosen.hits})
            return edits.apply(house, transfer, base_version, changes, label=label, client=client, by=by)
        case _:
            return _claimed(house, scene, transfer, base_version, found, chosen, client=client, by=by)


def _claimed(house: House, scene: Scene, transfer: str, base_version: int, case: Case, option: Option, *, client: str, by: str) -> Applied:
    claims = claims_alike(Rows(scene.sources, scene.target), case, option.number, scene.proposals)
    if option.number == 0 and all(key in scene.pending for key in claims):
        return proposals.accept(house, transfer, base_version, keys=tuple(claims), client=client, by=by)
    return mappings.claim(house, workspaces.open_workspace(house, transfer, by=by), base_version, claims, client=client, by=by)
