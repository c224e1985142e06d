"""Comments on a transfer: on a rule, a key, a family or the whole; in threads, with suggestions that the author takes with one click."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from app import mapping
from app.errors import ConflictError, KeygraftError, NotFoundError, RefusedError
from app.keys import KeyTree
from app.keys.folding import family_of
from app.mapping.edits import Edit, RemoveRule, ReplaceRule
from app.mapping.plan import Plan, Rule
from app.services import audit, calling, edits, roles, workspaces
from app.services.cards import Applied, Said
from app.services.house import LOCAL, House, new_id
from app.services.live import Event
from app.services.plain import plain
from app.services.workspaces import Workspace
from app.store import CommentRow, Transaction, accounts, comments, people

LONGEST = 20_000
"""Characters of a comment."""
_MENTION = re.compile(r"(?<![\w@])@([\w.-]{1,64})")


class Anchor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a comment speaks of.

    side -- for keys and families: "target", or "source" with the source's name in `source`
    what -- the rule's statement, the key's spelling, the family's template
    """

    kind: Literal["transfer", "rule", "key", "family"] = "transfer"
    what: str = ""
    side: Literal["target", "source"] = "target"
    source: str = ""


class Comment(msgspec.Struct, frozen=True):
    """One comment of a thread. `suggestion`: the rule's new statement; empty: the rule should go. `applied`: the version that it led to."""

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
    mine: bool


class Thread(msgspec.Struct, frozen=True):
    """A first comment and its answers. `outdated`: what it speaks of is no longer there; it is kept, and says so."""

    id: str
    anchor: Anchor
    comments: tuple[Comment, ...]
    outdated: bool
    resolved_by: str = ""
    resolved_at: datetime | None = None

    @property
    def resolved(self) -> bool:
        """Whether it is closed."""
        return self.resolved_at is not None


def threads(house: House, transfer: str, *, by: str = LOCAL) -> tuple[Thread, ...]:
    """Every thread, the oldest first. Raises NotFoundError."""
    return of(house, workspaces.open_workspace(house, transfer, by=by), by=by)


def of(house: House, workspace: Workspace, *, by: str = LOCAL) -> tuple[Thread, ...]:
    """The threads of an opened transfer."""
    with house.database.read() as tx:
        rows, names = comments.of_transfer(tx, workspace.id), people.names(tx)
    grouped: dict[str, list[CommentRow]] = {}
    for row in rows:
        grouped.setdefault(row.thread, []).append(row)
    standing = _Standing(workspace)
    return tuple(_thread(found, names, by, standing) for found in grouped.values())


def say(
    house: House,
    transfer: str,
    body: str,
    *,
    anchor: Anchor | None = None,
    suggestion: str | None = None,
    by: str = LOCAL,
    client: str = "",
) -> str:
    """Begin a thread; its id. Raises NotFoundError, KeygraftError where the text is empty or the suggestion no rule."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    about = anchor or Anchor()
    if not _Standing(workspace).holds(about):
        raise KeygraftError("comment_about_nothing", what=plain(about.what, 200))
    if suggestion is not None:
        _checked(suggestion, about)
    made = new_id()
    _keep(house, transfer, made, made, body, workspace.version, about, suggestion, by)
    calling.tell(house, Event(transfer, "review", workspace.version, client))
    return made


def reply(house: House, transfer: str, thread: str, body: str, *, suggestion: str | None = None, by: str = LOCAL, client: str = "") -> str:
    """Answer in a thread; the comment's id. Raises NotFoundError, KeygraftError."""
    with house.database.read() as tx:
        version = workspaces.row_of(tx, transfer).version
        first = _of(tx, transfer, thread)
    if first.thread != first.id:
        raise NotFoundError("comment_not_found")
    anchor = msgspec.json.decode(first.anchor, type=Anchor)
    if suggestion is not None:
        _checked(suggestion, anchor)
    made = new_id()
    _keep(house, transfer, made, thread, body, version, anchor, suggestion, by)
    calling.tell(house, Event(transfer, "review", version, client))
    return made


def change(house: House, transfer: str, comment: str, body: str, *, by: str = LOCAL, client: str = "") -> None:
    """Give my comment another text. Raises NotFoundError, RefusedError where it is another's, KeygraftError where it is empty."""
    text = _text(body)
    with house.database.write() as tx:
        row, before = _mine(tx, transfer, comment, by), calling.concerned(tx, transfer)
        comments.change(tx, row.id, text, house.clock(), _mentioned(tx, transfer, text))
        audit.record(tx, by, "comment.changed", transfer=transfer, at=house.clock())
    _tell(house, transfer, client, before)


def erase(house: House, transfer: str, comment: str, *, by: str = LOCAL, client: str = "") -> None:
    """Empty my comment; answers to it stay. Raises NotFoundError, RefusedError where it is another's."""
    with house.database.write() as tx:
        before = calling.concerned(tx, transfer)
        comments.erase(tx, _mine(tx, transfer, comment, by).id)
        audit.record(tx, by, "comment.erased", transfer=transfer, at=house.clock())
    _tell(house, transfer, client, before)


def resolve(house: House, transfer: str, thread: str, *, resolved: bool = True, by: str = LOCAL, client: str = "") -> None:
    """Close a thread, or open it again. Raises NotFoundError."""
    with house.database.write() as tx:
        row = _of(tx, transfer, thread)
        comments.resolve(tx, row.thread, by if resolved else None, house.clock() if resolved else None)
        audit.record(tx, by, "comment.resolved" if resolved else "comment.reopened", transfer=transfer, at=house.clock())
    _tell(house, transfer, client)


def take(house: House, transfer: str, comment: str, *, by: str = LOCAL, client: str = "") -> Applied:
    """Do what a comment suggests: one edit of the plan. Raises NotFoundError, ConflictError where the rule is no longer there."""
    with house.database.read() as tx:
        row = _of(tx, transfer, comment)
        version = workspaces.row_of(tx, transfer).version
    anchor = msgspec.json.decode(row.anchor, type=Anchor)
    if row.suggestion is None or row.applied is not None:
        raise ConflictError("suggestion_gone")
    plan = workspaces.plan_at(house, transfer, version)
    edit = _suggested(plan, anchor.what, row.suggestion)
    done = edits.apply(house, transfer, version, [edit], label=Said("edit-suggestion", {}), client=client, by=by)
    with house.database.write() as tx:
        comments.mark_applied(tx, comment, done.version)
        comments.resolve(tx, row.thread, by, house.clock())
        audit.record(tx, by, "comment.taken", transfer=transfer, version=done.version, at=house.clock())
    _tell(house, transfer, client)
    return done


def _suggested(plan: Plan, was: str, suggestion: str) -> Edit:
    at = next((index for index, rule in enumerate(plan.rules) if mapping.statement(rule) == was), None)
    if at is None:
        raise ConflictError("suggestion_gone")
    if not suggestion:
        return RemoveRule(at, was)
    rule = plan.rules[at]
    kept = {"note": rule.note, "author": rule.author, "enabled": rule.enabled}
    return ReplaceRule(at, was, msgspec.structs.replace(mapping.parse_rule(suggestion), **kept))


def _checked(suggestion: str, anchor: Anchor) -> Rule | None:
    """The rule that is suggested. Raises KeygraftError."""
    if anchor.kind != "rule":
        raise KeygraftError("suggestion_without_rule")
    if not suggestion:
        return None
    rule = mapping.parse_rule(suggestion)
    mapping.check_rule(rule)
    return rule


class _Standing:
    """What of a transfer is still there to speak of."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._statements = {mapping.statement(rule) for rule in workspace.plan.rules}

    def holds(self, anchor: Anchor) -> bool:
        """Whether it is there."""
        if anchor.kind == "transfer":
            return True
        if anchor.kind == "rule":
            return anchor.what in self._statements
        tree = self._tree(anchor)
        if tree is None:
            return False
        if anchor.kind == "key":
            return anchor.what in tree.tensors
        return any(family_of(key, tree.separator)[0] == anchor.what for key in tree.tensors)

    def _tree(self, anchor: Anchor) -> KeyTree | None:
        return self._workspace.target if anchor.side == "target" else self._workspace.sources.get(anchor.source)


def _thread(rows: list[CommentRow], names: Mapping[str, str], by: str, standing: _Standing) -> Thread:
    first = rows[0]
    anchor = msgspec.json.decode(first.anchor, type=Anchor)
    told = tuple(_comment(row, names, by) for row in rows)
    resolver = names.get(first.resolved_by or "", first.resolved_by or "")
    return Thread(first.id, anchor, told, not standing.holds(anchor), resolver, first.resolved_at)


def _comment(row: CommentRow, names: Mapping[str, str], by: str) -> Comment:
    return Comment(
        row.id,
        row.author,
        names.get(row.author, row.author),
        row.at,
        row.edited,
        row.version,
        row.body,
        row.suggestion,
        row.applied,
        row.deleted,
        row.author == by,
    )


def _keep(
    house: House, transfer: str, name: str, thread: str, body: str, version: int, anchor: Anchor, suggestion: str | None, by: str
) -> None:
    text = _text(body) if suggestion is None else plain(body.strip(), LONGEST)
    with house.database.write() as tx:
        workspaces.row_of(tx, transfer)
        row = CommentRow(
            name,
            transfer,
            thread,
            version,
            msgspec.json.encode(anchor),
            by,
            house.clock(),
            None,
            text,
            suggestion,
            None,
            None,
            None,
            deleted=False,
        )
        comments.add(tx, row, _mentioned(tx, transfer, text))
        audit.record(tx, by, "comment.made", transfer=transfer, version=version, at=row.at)


def _text(body: str) -> str:
    text = plain(body.strip())
    if not text:
        raise KeygraftError("comment_empty")
    if len(text) > LONGEST:
        raise KeygraftError("comment_long", most=LONGEST)
    return text


def handle(name: str) -> str:
    """What is written after @ to name a person: the name without spaces and marks, in small letters."""
    bare = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in bare if letter.isalnum() or letter in "_.-")


def _mentioned(tx: Transaction, transfer: str, text: str) -> set[str]:
    """Those who are named, as they are shown or as they sign in, and may look at the transfer."""
    named = {found.casefold().rstrip(".-") for found in _MENTION.findall(text)}
    if not named:
        return set()
    logins = {row.person: row.login for row in accounts.listed(tx)}
    return {person for person, name in roles.members(tx, transfer).items() if not named.isdisjoint((handle(name), logins.get(person)))}


def _of(tx: Transaction, transfer: str, comment: str) -> CommentRow:
    row = comments.find(tx, comment)
    if row is None or row.transfer != transfer or row.deleted:
        raise NotFoundError("comment_not_found")
    return row


def _mine(tx: Transaction, transfer: str, comment: str, by: str) -> CommentRow:
    row = _of(tx, transfer, comment)
    if row.author != by:
        raise RefusedError("comment_of_another")
    return row


def _tell(house: House, transfer: str, client: str, before: Collection[str] = ()) -> None:
    with house.database.read() as tx:
        version = workspaces.row_of(tx, transfer).version
    calling.tell(house, Event(transfer, "review", version, client), before=before)
