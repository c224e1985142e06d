"""The house: what every service needs, wired by `bootstrap`."""

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from app.definitions.definition import Definition
from app.keys import KeyTree
from app.mapping import Evaluator, Finding
from app.mapping.claims import Proposal
from app.mapping.offers import FamilyOffers, Offers
from app.services.backroom import BackRoom
from app.services.live import Hub
from app.services.mode import Mode
from app.services.present import Presence
from app.services.recent import Recent
from app.services.sandboxes import Workshop
from app.settings import Settings
from app.sources.credentials import Secret
from app.store import Database
from app.store.people import LOCAL

if TYPE_CHECKING:
    from app.services.jobs.hands import Hands
    from app.services.lent import Conversation
    from app.services.remote import Reading
    from app.services.sidebook import Understood
    from app.services.workspaces import Evaluated

__all__ = ["LOCAL", "House"]

_TREES = 24
_SIDES = 256
_FAMILIES = 512
_PROPOSALS = 16
_EVALUATORS = 6
_CONVERSATIONS = 8
_READINGS = 64
_ADDRESSES = 256
_TURNS = 1024
_ARCHITECTURES = 256


class Builder(Protocol):
    """Builds a model from code, somewhere safe, and returns its keys."""

    def __call__(self, definition: Definition, python: str = "") -> KeyTree:
        """Build in the usual environment, or in that of the interpreter `python`."""


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """A name nobody can guess."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class House:
    """One running program: its settings, its database, what it remembers.

    builder    -- makes a key tree from model code in the sandbox; None where code is not run here
    warm       -- makes the sandbox ready before it is asked to build
    workshop   -- the sandboxes behind these two, to ask how they do
    hands      -- the worker's process; None where jobs are done elsewhere
    closing    -- what else ends with the house
    trees      -- digest -> tree
    understood -- side -> its card and the digest of its tree, once it has one
    evaluated  -- (transfer, digest of a plan) -> evaluation: what was undone need not be worked out again
    proposed   -- (digests of the sources and the target, digest of the decisions) -> proposals
    opened     -- (transfer, version) -> proposals that are still open
    last_proposed -- transfer -> the mapper's last answer; last_parts -- digests of its families
    parts      -- (transfer, place of a family) -> digest -> the proposals that it had lately: what is worked out of them still holds after an undo
    evaluators -- digests of the sides -> what evaluates plans on them
    refused    -- (transfer, version) -> proposals that were refused: target key, digest of its claim
    unfolded   -- transfer -> whether its trees were unfolded ahead of time
    cancelled  -- tab -> whether the person no longer waits for its edit
    backroom   -- processes for what takes seconds
    proposing  -- (transfer, version) -> the mapper's run in the background
    looking    -- (transfer, version) -> the look for what is odd about its plan
    written    -- (transfer, version, names in it) -> its loader script; writing -- the same where it is written in the back room
    lent       -- side -> the conversation about a lent file that has not ended yet
    readings   -- name that a page gave -> the remote reading that is under way
    addresses  -- side -> its address with what may be secret in it: never written anywhere
    found      -- (transfer, version) -> what is odd about its plan
    architectures -- digest of a tree -> fingerprint of its keys and shapes
    turns      -- transfer -> the lock of those who change it
    mode       -- whether one person works here, or people with accounts
    presence   -- who looks at which transfer
    background -- one thread for what nobody waits for
    """

    settings: Settings
    database: Database
    hub: Hub = field(default_factory=Hub)
    clock: Callable[[], datetime] = now
    builder: Builder | None = None
    warm: Callable[[], object] | None = None
    workshop: Workshop | None = None
    closing: tuple[Callable[[], object], ...] = ()
    hands: "Hands | None" = None
    trees: Recent[str, KeyTree] = field(default_factory=lambda: Recent(_TREES))
    understood: "Recent[str, Understood]" = field(default_factory=lambda: Recent(_SIDES))
    evaluated: "Recent[tuple[str, str], Evaluated]" = field(default_factory=lambda: Recent(8))
    proposed: Recent[tuple[str, ...], Mapping[str, Proposal]] = field(default_factory=lambda: Recent(_PROPOSALS))
    opened: Recent[tuple[str, int], Offers] = field(default_factory=lambda: Recent(_PROPOSALS))
    last_proposed: Recent[str, Offers] = field(default_factory=lambda: Recent(_PROPOSALS))
    last_parts: Recent[str, dict[int, bytes]] = field(default_factory=lambda: Recent(_PROPOSALS))
    parts: Recent[tuple[str, int], Recent[bytes, FamilyOffers]] = field(default_factory=lambda: Recent(_FAMILIES))
    evaluators: Recent[object, Evaluator] = field(default_factory=lambda: Recent(_EVALUATORS))
    proposing: "Recent[tuple[str, int], Future[None]]" = field(default_factory=lambda: Recent(_PROPOSALS))
    looking: "Recent[tuple[str, int], Future[tuple[Finding, ...]]]" = field(default_factory=lambda: Recent(_PROPOSALS))
    written: Recent[tuple[str, int, str], str] = field(default_factory=lambda: Recent(_PROPOSALS))
    writing: "Recent[tuple[str, int, str], Future[str]]" = field(default_factory=lambda: Recent(4))
    lent: "Recent[str, Conversation]" = field(default_factory=lambda: Recent(_CONVERSATIONS))
    readings: "Recent[str, Reading]" = field(default_factory=lambda: Recent(_READINGS))
    addresses: Recent[str, Secret] = field(default_factory=lambda: Recent(_ADDRESSES))
    found: Recent[tuple[str, int], tuple[Finding, ...]] = field(default_factory=lambda: Recent(_PROPOSALS))
    architectures: Recent[str, str] = field(default_factory=lambda: Recent(_ARCHITECTURES))
    turns: Recent[str, Lock] = field(default_factory=lambda: Recent(_TURNS))
    refused: Recent[tuple[str, int], frozenset[tuple[str, str]]] = field(default_factory=lambda: Recent(_PROPOSALS))
    unfolded: Recent[str, bool] = field(default_factory=lambda: Recent(_PROPOSALS))
    cancelled: Recent[str, bool] = field(default_factory=lambda: Recent(_CONVERSATIONS))
    backroom: BackRoom = field(default_factory=BackRoom)
    mode: Mode = field(default_factory=Mode)
    presence: Presence = field(default_factory=Presence)
    background: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="background"))

    @property
    def team(self) -> bool:
        """Whether people with accounts work here."""
        return self.mode.team(self.database)

    @property
    def alone(self) -> bool:
        """Whether whoever asks is the one who started it: only then may what is theirs on this machine serve."""
        return self.settings.loopback and not self.settings.allowed_hosts and not self.team

    def turn(self, transfer: str) -> Lock:
        """Whose turn it is to change a transfer, inside this process; between processes the version decides."""
        return self.turns.get_or_make(transfer, Lock)

    def folder(self, *parts: str) -> Path:
        """A folder inside the data folder, made where missing; nobody else may look in."""
        path = self.settings.data.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def close(self) -> None:
        """Stop what runs."""
        self.hub.close()
        if self.hands is not None:
            self.hands.close()
        self.backroom.close()
        for close in self.closing:
            close()
        self.background.shutdown(wait=False, cancel_futures=True)
        self.database.close()
