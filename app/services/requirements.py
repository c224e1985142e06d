"""What must hold before a transfer may be approved: each check by name, with what it found in words."""

from collections.abc import Callable, Iterable

import msgspec

from app.services import checks as torch_checks
from app.services import findings
from app.services.cards import Said
from app.services.house import House
from app.services.workspaces import Workspace
from app.settings import CHECKS


class Check(msgspec.Struct, frozen=True):
    """A check and its answer; `holds` is None where nobody has run it on this version yet."""

    name: str
    holds: bool | None
    said: Said


def _coverage(_house: House, workspace: Workspace) -> Check:
    """Nothing is missing, mismatched or conflicting that no rule allows."""
    coverage = workspace.evaluation.coverage
    counts = {state: coverage[state].keys if state in coverage else 0 for state in ("missing", "mismatched", "conflicting", "benign")}
    open_ones = counts["missing"] - counts["benign"] + counts["mismatched"] + counts["conflicting"]
    clean = workspace.evaluation.clean
    return Check("coverage", clean, Said("required-coverage-holds" if clean else "required-coverage-fails", {"count": open_ones}))


def _lint(house: House, workspace: Workspace) -> Check:
    """The plan has no finding that is an error or a warning."""
    odd = [each for each in findings.settled(house, workspace) if each.severity != "notice"]
    return Check("lint", not odd, Said("required-lint-holds" if not odd else "required-lint-fails", {"count": len(odd)}))


def _loads(house: House, workspace: Workspace) -> Check:
    """Torch was asked of this very version, and took it."""
    found = torch_checks.known_of(house, workspace)
    if found is None:
        return Check("loads", None, Said("required-loads-unknown"))
    return Check("loads", found.passed, Said("required-loads-holds" if found.passed else "required-loads-fails"))


_CHECKS: dict[str, Callable[[House, Workspace], Check]] = {"coverage": _coverage, "lint": _lint, "loads": _loads}
NAMES = CHECKS


def checks(house: House, workspace: Workspace, names: Iterable[str]) -> tuple[Check, ...]:
    """The answers of these checks."""
    return tuple(_CHECKS[name](house, workspace) for name in names if name in _CHECKS)
