"""What the queries give back, and take."""

from datetime import datetime

import msgspec


class SideRow(msgspec.Struct, frozen=True):
    """A side as it is kept; `spec` says how to read it again, `card` what was understood: both JSON of the services."""

    id: str
    kind: str
    label: str
    state: str
    spec: bytes
    card: bytes
    tree: str | None
    author: str
    created: datetime


class TransferRow(msgspec.Struct, frozen=True):
    """A transfer as it is kept; `plan` is the plan at `version`, `sources` maps names to sides."""

    id: str
    title: str
    version: int
    plan: bytes
    target: str
    author: str
    created: datetime
    changed: datetime
    archived: bool
    example: bool
    summary: bytes | None
    sources: dict[str, str]


class NewEdit(msgspec.Struct, frozen=True):
    """An edit to be written; `version` is the one it leads to."""

    transfer: str
    version: int
    kind: str
    author: str
    client: str
    at: datetime
    label: bytes
    forward: bytes
    inverse: bytes
    undoes: int | None = None


class EditRow(msgspec.Struct, frozen=True):
    """An edit as it is kept; `undone` says that it has been taken back since."""

    id: int
    transfer: str
    version: int
    kind: str
    author: str
    client: str
    at: datetime
    label: bytes
    forward: bytes
    inverse: bytes
    undoes: int | None
    undone: bool


class SnapshotRow(msgspec.Struct, frozen=True):
    """The plan at one version; `name` is empty for those made by themselves."""

    transfer: str
    version: int
    plan: bytes
    name: str
    author: str
    at: datetime


class LibraryRow(msgspec.Struct, frozen=True):
    """An approved plan as it is kept.

    architectures -- digest over the fingerprints of all sides
    approved      -- what the mapper replays, compressed JSON of the services; empty where only lists are made
    used          -- how many transfers it served
    """

    id: str
    architectures: str
    title: str
    plan: bytes
    approved: bytes
    keys: int
    created: datetime
    changed: datetime
    used: int = 0


class CommentRow(msgspec.Struct, frozen=True):
    """A comment as it is kept; the first of a thread has its own id as `thread`.

    anchor     -- what it speaks of, JSON of the services
    suggestion -- statement that the rule should have; empty: that it should go; None where nothing is suggested
    applied    -- version that the suggestion led to
    """

    id: str
    transfer: str
    thread: str
    version: int
    anchor: bytes
    author: str
    at: datetime
    edited: datetime | None
    body: str
    suggestion: str | None
    applied: int | None
    resolved_by: str | None
    resolved_at: datetime | None
    deleted: bool


class VerdictRow(msgspec.Struct, frozen=True):
    """What a person decided about a version."""

    transfer: str
    version: int
    author: str
    verdict: str
    body: str
    at: datetime
