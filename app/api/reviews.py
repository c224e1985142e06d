"""Review of a transfer: what changed, threads, verdicts, and what waits for whom."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from app.api import bodies, models
from app.api.house import House, Visitor
from app.services import conversing, inbox, reviewing
from app.services.conversing import Anchor

router = APIRouter(tags=["review"])


class SpokenOut(models.Given):
    """A rule of one version: its place, its statement, and how many keys it touches."""

    index: int
    statement: str
    keys: int
    note: str
    enabled: bool


class RuleChangeOut(models.Given):
    """A rule that is not what it was."""

    kind: Literal["added", "removed", "changed", "moved", "carried"]
    before: SpokenOut | None
    after: SpokenOut | None


class OutcomeChangeOut(models.Given):
    """Keys of one family whose outcome is another now; `origin`: loaded before and after, but from elsewhere."""

    side: Literal["target", "source"]
    family: str
    before: str
    after: str
    keys: int
    samples: list[str]
    origin: bool


class SideChangeOut(models.Given):
    """A side that was replaced since the version that is compared with: what stood there, and what does now."""

    side: Literal["target", "source"]
    name: str
    before: str
    after: str
    tensors_before: int
    tensors_after: int


class ChangesOut(models.Given):
    """What differs between two versions."""

    rules: list[RuleChangeOut]
    outcomes: list[OutcomeChangeOut]


class VerdictOut(models.Given):
    """A person's last decision; `counts`: towards the approvals that are needed."""

    person: str
    name: str
    verdict: Literal["approve", "request_changes", "comment"]
    version: int
    body: str
    at: datetime
    stale: bool
    counts: bool


class AskedOut(models.Given):
    """A person who was asked; `waits`: has not decided about the newest version."""

    person: str
    name: str
    at: datetime
    waits: bool


class CheckOut(models.Given):
    """A check; `holds` is null where it was not run on this version."""

    name: str
    holds: bool | None
    said: models.Sentence


class TermsOut(models.Given):
    """What an approval takes."""

    approvals: int
    checks: list[str]


class StandingOut(models.Given):
    """Where a transfer stands."""

    state: Literal["open", "changes_requested", "approved", "stale"]
    version: int
    approved: int | None
    missing: int
    may_go: bool
    verdicts: list[VerdictOut]
    asked: list[AskedOut]
    terms: TermsOut
    checks: list[CheckOut]


class AnchorOut(models.Given):
    """What a thread speaks of."""

    kind: Literal["transfer", "rule", "key", "family"]
    what: str
    side: Literal["target", "source"]
    source: str


class CommentOut(models.Given):
    """One comment; `suggestion`: the rule's new statement, empty where it should go."""

    id: str
    author: str
    name: str
    at: datetime
    edited: datetime | None
    version: int
    body: str
    suggestion: str | None
    applied: int | None
    deleted: bool


class ThreadOut(models.Given):
    """A first comment and its answers; `outdated`: what it speaks of is no longer there."""

    id: str
    anchor: AnchorOut
    comments: list[CommentOut]
    outdated: bool
    resolved: bool
    resolved_by: str


class ReviewOut(models.Given):
    """Everything the review page shows."""

    transfer: str
    title: str
    version: int
    since: int
    sides: list[SideChangeOut]
    changes: ChangesOut
    standing: StandingOut
    threads: list[ThreadOut]


class WaitingOut(models.Given):
    """One thing that waits for me."""

    kind: Literal["asked", "changes_requested", "mention", "thread"]
    transfer: str
    title: str
    at: datetime
    person: str
    name: str
    thread: str
    excerpt: str


class AskedAnchor(bodies.Asked):
    """What a new comment speaks of."""

    kind: Literal["transfer", "rule", "key", "family"] = "transfer"
    what: str = ""
    side: Literal["target", "source"] = "target"
    source: str = ""


class Say(bodies.Asked):
    """A new comment: the first of a thread on `anchor`, or with `thread` an answer."""

    body: str = ""
    anchor: AskedAnchor = AskedAnchor()
    thread: str = ""
    suggestion: str | None = None
    client: str = ""


class ChangeComment(bodies.Asked):
    """Another text for my comment."""

    body: str
    client: str = ""


class Resolve(bodies.Asked):
    """Close a thread, or open it again."""

    resolved: bool = True
    client: str = ""


class Decide(bodies.Asked):
    """A verdict on a version."""

    version: bodies.VersionNumber
    verdict: Literal["approve", "request_changes", "comment"]
    body: str = ""
    client: str = ""


class AskPerson(bodies.Asked):
    """Ask a person for a verdict, or no longer."""

    person: str
    asked: bool = True
    client: str = ""


class SetTerms(bodies.Asked):
    """What an approval of this transfer takes."""

    approvals: Annotated[int, Field(ge=0, le=99)]
    checks: list[str]
    client: str = ""


class Made(models.Given):
    """Id of what was made."""

    id: str


@router.get("/inbox", response_model=list[WaitingOut])
def waiting(house: House, visitor: Visitor) -> object:
    """List what waits for me, the newest first."""
    return inbox.waiting(house, by=visitor.person)


@router.get("/transfers/{transfer}/review", response_model=ReviewOut)
def review(
    house: House, visitor: Visitor, transfer: str, since: Annotated[int | None, Query(ge=0, le=bodies.MOST_VERSIONS)] = None
) -> object:
    """Compare the newest version with the approved one, or with `since`; with verdicts and threads."""
    return reviewing.review(house, transfer, since=since, by=visitor.person)


@router.post("/transfers/{transfer}/review/verdict", response_model=StandingOut)
def decide(house: House, visitor: Visitor, transfer: str, asked: Decide) -> object:
    """Approve, request changes, or comment. 409 where the version is not the newest."""
    return reviewing.decide(house, transfer, asked.version, asked.verdict, asked.body, by=visitor.person, client=asked.client)


@router.post("/transfers/{transfer}/review/reviewers", status_code=204)
def ask(house: House, visitor: Visitor, transfer: str, asked: AskPerson) -> None:
    """Ask a person for a verdict."""
    reviewing.ask(house, transfer, asked.person, asked=asked.asked, by=visitor.person, client=asked.client)


@router.put("/transfers/{transfer}/review/terms", status_code=204)
def set_terms(house: House, visitor: Visitor, transfer: str, asked: SetTerms) -> None:
    """Set what an approval takes."""
    reviewing.set_terms(house, transfer, asked.approvals, asked.checks, by=visitor.person, client=asked.client)


@router.post("/transfers/{transfer}/comments", response_model=Made, status_code=201)
def say(house: House, visitor: Visitor, transfer: str, asked: Say) -> object:
    """Comment on a rule, a key, a family or the whole; or answer in a thread."""
    if asked.thread:
        made = conversing.reply(
            house, transfer, asked.thread, asked.body, suggestion=asked.suggestion, by=visitor.person, client=asked.client
        )
    else:
        anchor = Anchor(asked.anchor.kind, asked.anchor.what, asked.anchor.side, asked.anchor.source)
        made = conversing.say(
            house, transfer, asked.body, anchor=anchor, suggestion=asked.suggestion, by=visitor.person, client=asked.client
        )
    return {"id": made}


@router.put("/transfers/{transfer}/comments/{comment}", status_code=204)
def change(house: House, visitor: Visitor, transfer: str, comment: str, asked: ChangeComment) -> None:
    """Give my comment another text."""
    conversing.change(house, transfer, comment, asked.body, by=visitor.person, client=asked.client)


@router.delete("/transfers/{transfer}/comments/{comment}", status_code=204)
def erase(house: House, visitor: Visitor, transfer: str, comment: str) -> None:
    """Empty my comment; answers stay."""
    conversing.erase(house, transfer, comment, by=visitor.person)


@router.post("/transfers/{transfer}/comments/{comment}/resolve", status_code=204)
def resolve(house: House, visitor: Visitor, transfer: str, comment: str, asked: Resolve) -> None:
    """Close a thread, or open it again."""
    conversing.resolve(house, transfer, comment, resolved=asked.resolved, by=visitor.person, client=asked.client)


@router.post("/transfers/{transfer}/comments/{comment}/take", response_model=models.AppliedOut)
def take(house: House, visitor: Visitor, transfer: str, comment: str, asked: bodies.Client) -> object:
    """Do what a comment suggests: one edit of the plan."""
    return conversing.take(house, transfer, comment, by=visitor.person, client=asked.client)
