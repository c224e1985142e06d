"""FILE: one checkpoint alone. Its tree, its modules by size, its types, what is tied, what its pickle names."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFoundError
from app.keys import KeyTree
from app.services import sides
from app.services.cards import Offer, SideCard
from app.services.recent import Recent
from app.viewing.branches import OPENED, Branches, Lines
from app.viewing.map import Square, squares, trail, within
from app.viewing.outline import outline
from app.viewing.summary import Summary, summarise
from app.viewing.treemap import Measure
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page

router = APIRouter(prefix="/files")
KEPT = 12
LISTED = 200
"""Entries of each list beside the tree."""


class Look:
    """One tree, or one module of it, as it is looked at."""

    def __init__(self, tree: KeyTree, path: str) -> None:
        self.tree = within(tree, path)
        if path and not self.tree.tensors:
            raise NotFoundError("module_not_found", path=path[:200])
        self.branches = Branches(self.tree, outline(self.tree))
        self.summary = summarise(tree) if not path else None
        self._drawn: dict[Measure, tuple[Square, ...]] = {}

    def drawn(self, measure: Measure) -> tuple[Square, ...]:
        """Return the treemap."""
        if measure not in self._drawn:
            self._drawn[measure] = squares(self.tree, measure)
        return self._drawn[measure]


class Looks:
    """What was looked at last, by side and path."""

    def __init__(self) -> None:
        self._kept: Recent[tuple[str, str], Look] = Recent(KEPT)

    def of(self, house: House, side: str, path: str = "") -> Look:
        """Return a look. Raises NotFoundError, KeygraftError where the side has no tree yet."""
        return self._kept.get_or_make((side, path), lambda: Look(sides.tree(house, side), path))


class KeyList(Context, frozen=True):
    """The tree, or what was found in it."""

    side: str
    at: str
    query: str
    shown: Lines
    searched: bool


class FilePage(Context, frozen=True):
    """The page `/files/{side}`."""

    side: str
    card: SideCard
    summary: Summary
    measure: Measure
    at: str
    trail: tuple[tuple[str, str], ...]
    squares: tuple[Square, ...]
    query: str
    shown: Lines
    searched: bool
    offers: tuple[Offer, ...]
    listed: int


@router.get("/{side}")
def file(
    request: Request, house: House, side: str, by: Literal["bytes", "parameters"] = "bytes", at: str = "", q: Annotated[str, Query()] = ""
) -> Response:
    """Show a checkpoint; `at` shows one module of it, `q` what a search finds."""
    looks: Looks = request.app.state.looks
    whole, part = looks.of(house, side), looks.of(house, side, at)
    card = sides.card(house, side)
    found = part.branches.found(q)
    context = FilePage(
        side,
        card,
        whole.summary or summarise(whole.tree),
        by,
        at,
        trail(at, whole.tree.separator),
        part.drawn(by),
        q,
        found or part.branches.below(0, OPENED),
        found is not None,
        card.offers if len(card.offers) > 1 else (),
        LISTED,
    )
    return page(request, "files/file.html", context)


@router.get("/{side}/keys")
def keys(request: Request, house: House, side: str, at: str = "", q: str = "") -> Response:
    """Show what a search finds; the tree where it asks for nothing."""
    branches = _branches(request, house, side, at)
    found = branches.found(q)
    return page(request, "files/_keys.html", KeyList(side, at, q, found or branches.below(0, OPENED), found is not None))


@router.get("/{side}/below/{node}")
def below(request: Request, house: House, side: str, node: int, at: str = "") -> Response:
    """Show the lines below a module."""
    branches = _branches(request, house, side, at)
    try:
        shown = branches.below(node)
    except IndexError as error:
        raise NotFoundError("module_not_found", path=str(node)) from error
    return page(request, "files/_lines.html", KeyList(side, at, "", shown, searched=False))


@router.post("/{side}/nest")
def nest(request: Request, house: House, visitor: Visitor, side: str, nesting: Annotated[Sequence[str] | None, Form()] = None) -> Response:
    """Look at another tree of the same file."""
    return RedirectResponse(f"{base_of(request)}/files/{sides.nest(house, side, nesting or [], by=visitor.person).id}", 303)


def _branches(request: Request, house: House, side: str, at: str) -> Branches:
    looks: Looks = request.app.state.looks
    return looks.of(house, side, at).branches
