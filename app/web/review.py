"""REVIEW: what changed since the approved version, by rule; what is said about it; who decided what."""

import difflib
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app import mapping
from app.services import conversing, reviewing, workspaces
from app.services.conversing import Anchor
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page
from app.web.reviewed import reviewed

router = APIRouter(prefix="/t/{transfer}/review")
_DIFF_LINES = 4000

Text = Annotated[str, Form()]
Tick = Annotated[bool, Form()]
_MOST = 2**31 - 1
Since = Annotated[int | None, Form(ge=0, le=_MOST)]
Against = Annotated[int | None, Query(ge=0, le=_MOST)]


class RawDiff(Context, frozen=True):
    """Both plans as text, line by line; `more` lines were left off."""

    lines: tuple[str, ...]
    more: int


@router.get("")
def show(request: Request, house: House, visitor: Visitor, transfer: str, since: Against = None, about: str = "") -> Response:
    """Show the review; `about` is what a comment that is begun elsewhere speaks of: `target:key`, `source:name:key`."""
    return page(request, "review/review.html", reviewed(house, visitor, transfer, since=since, about=about))


@router.get("/part")
def part(request: Request, house: House, visitor: Visitor, transfer: str, since: Against = None) -> Response:
    """Show it anew where somebody else did something."""
    return page(request, "review/_review.html", reviewed(house, visitor, transfer, since=since))


@router.get("/diff")
def diff(request: Request, house: House, transfer: str, since: Annotated[int, Query(ge=0, le=_MOST)] = 0) -> Response:
    """Show what changed in the plan's text."""
    workspace = workspaces.open_workspace(house, transfer)
    then = reviewing.plan_before(house, transfer, since, reviewing.of(house, workspace).approved)
    before, after = (mapping.print_plan(plan).splitlines() for plan in (then, workspace.plan))
    lines = list(difflib.unified_diff(before, after, f"v{since}", f"v{workspace.version}", lineterm=""))
    return page(request, "review/_diff.html", RawDiff(tuple(lines[:_DIFF_LINES]), max(0, len(lines) - _DIFF_LINES)))


class Act(msgspec.Struct, frozen=True):
    """Something that a person does on the page: to which transfer, and what they compare with while they do it."""

    request: Request
    house: House
    visitor: Visitor
    transfer: str
    since: int | None

    @property
    def by(self) -> str:
        """Who does it."""
        return self.visitor.person

    def done(self) -> Response:
        """Show the review anew; without scripts, by going there."""
        if not self.request.headers.get("HX-Request"):
            query = "" if self.since is None else f"?since={self.since}"
            return RedirectResponse(f"{base_of(self.request)}/t/{self.transfer}/review{query}", 303)
        return page(self.request, "review/_review.html", reviewed(self.house, self.visitor, self.transfer, since=self.since))


async def _act(request: Request, house: House, visitor: Visitor, transfer: str, since: Since = None) -> Act:
    return Act(request, house, visitor, transfer, since)


Doing = Annotated[Act, Depends(_act)]


@router.post("/verdict")
def decide(
    act: Doing,
    version: Annotated[int, Form()],
    verdict: Annotated[Literal["approve", "request_changes", "comment"], Form()],
    body: Text = "",
) -> Response:
    """Approve, request changes, or only say something about a version."""
    reviewing.decide(act.house, act.transfer, version, verdict, body, by=act.by)
    return act.done()


@router.post("/reviewers")
def ask(act: Doing, person: Text, asked: Tick = True) -> Response:
    """Ask a person for a verdict, or no longer."""
    reviewing.ask(act.house, act.transfer, person, asked=asked, by=act.by)
    return act.done()


@router.post("/terms")
def terms(act: Doing, approvals: Annotated[int, Form(ge=0, le=99)], checks: Annotated[tuple[str, ...], Form()] = ()) -> Response:
    """Set what an approval takes."""
    reviewing.set_terms(act.house, act.transfer, approvals, checks, by=act.by)
    return act.done()


@router.post("/tick")
def tick(act: Doing, change: Text, seen: Tick = False) -> Response:
    """Note that I looked at a change."""
    reviewing.tick(act.house, act.transfer, change, seen=seen, by=act.by)
    return act.done()


@router.post("/comments")
def say(
    act: Doing,
    body: Text = "",
    kind: Annotated[Literal["transfer", "rule", "key", "family"], Form()] = "transfer",
    what: Text = "",
    side: Annotated[Literal["target", "source"], Form()] = "target",
    source: Text = "",
    thread: Text = "",
    suggest: Annotated[Literal["", "change", "remove"], Form()] = "",
    suggestion: Text = "",
) -> Response:
    """Begin a thread, or answer in one; with another wording for its rule where one is suggested."""
    offered = None if not suggest else (suggestion if suggest == "change" else "")
    if thread:
        conversing.reply(act.house, act.transfer, thread, body, suggestion=offered, by=act.by)
    else:
        conversing.say(act.house, act.transfer, body, anchor=Anchor(kind, what, side, source), suggestion=offered, by=act.by)
    return act.done()


@router.post("/comments/{comment}")
def change(act: Doing, comment: str, body: Text) -> Response:
    """Give my comment another text."""
    conversing.change(act.house, act.transfer, comment, body, by=act.by)
    return act.done()


@router.post("/comments/{comment}/erase")
def erase(act: Doing, comment: str) -> Response:
    """Empty my comment."""
    conversing.erase(act.house, act.transfer, comment, by=act.by)
    return act.done()


@router.post("/comments/{comment}/resolve")
def resolve(act: Doing, comment: str, resolved: Tick = True) -> Response:
    """Close a thread, or open it again."""
    conversing.resolve(act.house, act.transfer, comment, resolved=resolved, by=act.by)
    return act.done()


@router.post("/comments/{comment}/take")
def take(act: Doing, comment: str) -> Response:
    """Do what a comment suggests."""
    conversing.take(act.house, act.transfer, comment, by=act.by)
    return act.done()
