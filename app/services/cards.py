"""What the services hand to the faces: frozen values, ready to be shown or to become JSON."""

from datetime import datetime
from typing import Literal

import msgspec

from app.keys import ForeignGlobal, Warned
from app.mapping.outcomes import Coverage
from app.mapping.plan import Rule

SideKind = Literal["path", "remote", "lent", "upload", "text", "code", "model", "plan"]
SideState = Literal["ready", "wanted", "choose"]


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of the catalogue, by id, with its parameters; `messages.text(said.message, **said.params)` is the sentence."""

    message: str
    params: dict[str, str | int | float] = {}


class WantedRange(msgspec.Struct, frozen=True):
    """Bytes of a lent file that the reader asks for."""

    file: str
    offset: int
    length: int


class Wanted(msgspec.Struct, frozen=True):
    """One round of the conversation about a lent file: send all of these at once."""

    round: int
    ranges: tuple[WantedRange, ...]
    bytes: int


class FormField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One constructor argument of a candidate: a Python literal as text, its default filled in.

    given -- what a configuration of the project has for it
    """

    name: str
    default: str = ""
    required: bool = False
    annotation: str = ""
    given: str = ""


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class or factory in pasted or uploaded code that may be the model; the best first.

    root  -- no other candidate is made of it
    parts -- candidates that it is made of
    place -- where the configuration stands that its fields are filled from: a file, or a line as `:12`
    others -- how many configurations fit too, with other arguments
    """

    name: str
    kind: str = "class"
    line: int = 0
    fields: tuple[FormField, ...] = ()
    base: str = ""
    module: str = ""
    root: bool = True
    parts: tuple[str, ...] = ()
    place: str = ""
    others: int = 0


class MissingPackage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A package that code imports and that is not installed where it would be built."""

    package: str
    file: str = ""
    line: int = 0


class LentFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that stays in the person's browser."""

    name: str
    size: int
    modified: int = 0


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of several trees that nest in a file; `nesting` holds tokens as spelt, `sides.nest` takes it.

    role -- "weights", "ema", "optimizer", "other"
    """

    nesting: tuple[str, ...]
    tensors: int
    parameters: int = 0
    role: str = "weights"


class SideCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person gave as source or target, and what was understood.

    state      -- ready: has a tree · wanted: a lent file, send `wanted` · choose: code, pick one of `candidates`
    understood -- the sentence that says what it is
    nesting    -- path inside the file to the tree in use, tokens as spelt
    offers     -- all trees of the file, this one included; more than one: the person may choose (`sides.nest`)
    sent       -- bytes of the file that were read (lent: sent)
    versions   -- of the libraries that a built model came from, and of Python
    missing    -- packages that the code imports and that are not installed here
    holds      -- whether the server can read the tensors' bytes, so that a remapped file can be written here
    """

    id: str
    kind: SideKind
    label: str
    state: SideState
    understood: Said
    format: str = ""
    tensors: int = 0
    parameters: int = 0
    bytes: int = 0
    sent: int = 0
    holds: bool = False
    nesting: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    warnings: tuple[Warned, ...] = ()
    globals: tuple[ForeignGlobal, ...] = ()
    files: tuple[LentFile, ...] = ()
    wanted: Wanted | None = None
    candidates: tuple[Candidate, ...] = ()
    path: str = ""
    missing: tuple[MissingPackage, ...] = ()
    versions: dict[str, str] = {}


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the file picker."""

    name: str
    path: str
    folder: bool
    size: int = 0
    modified: datetime | None = None
    checkpoint: bool = False


class Listing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A folder under an allowed root; `parent` is None at a root, `path` is "" for the list of roots."""

    path: str
    parent: str | None
    entries: tuple[Entry, ...]
    shortened: bool = False


class TransferCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transfer as the home page lists it.

    review -- in lists: where its review stands; empty where nobody decided anything or was asked to
    waits  -- in lists: somebody who was asked has not decided about the newest version
    """

    id: str
    title: str
    version: int
    created: datetime
    changed: datetime
    author: str
    sources: dict[str, SideCard]
    target: SideCard
    archived: bool = False
    example: bool = False
    coverage: Coverage | None = None
    total: Coverage | None = None
    review: Literal["", "open", "changes_requested", "approved", "stale"] = ""
    waits: bool = False


class Applied(msgspec.Struct, frozen=True):
    """What an edit led to: the new version, and the sentence for the status line.

    rebased -- the edit was made on an older version and still applied to the newer one
    """

    transfer: str
    version: int
    label: Said
    client: str = ""
    rebased: bool = False
    can_undo: bool = True
    can_redo: bool = False


class HistoryEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a transfer: who, when, what; `undone` steps have been taken back since."""

    version: int
    author: str
    at: datetime
    label: Said
    kind: Literal["edit", "undo", "redo", "jump", "import", "replace", "start"]
    undone: bool = False
    name: str = ""
    added: tuple[Rule, ...] = ()
    removed: tuple[Rule, ...] = ()


class ProposalGroup(msgspec.Struct, frozen=True):
    """Proposals that are taken or refused together: one family of target keys filled in one way.

    id         -- stable as long as the group's content is
    target     -- template of the target keys, `layers.{}.attn.q_proj.weight`
    sources    -- templates of the source keys
    keys       -- the target keys
    confidence -- the lowest of the group
    accepted   -- whether all of them may be taken without a person
    """

    id: str
    target: str
    sources: tuple[str, ...]
    op: str
    keys: tuple[str, ...]
    confidence: float
    accepted: bool


class ExportKind(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way out. `why_not` says what stands in the way where it is not available.

    group -- code, weights, frameworks, plan, report
    about -- what it is good for; `use`: one line that says how it is used
    """

    kind: str
    title: str
    filename: str
    media_type: str
    available: bool = True
    why_not: Said | None = None
    previewed: bool = True
    group: str = ""
    about: str = ""
    use: str = ""


class Exported(msgspec.Struct, frozen=True):
    """Something to download: `data`, or a file at `path` on the server."""

    filename: str
    media_type: str
    data: bytes = b""
    path: str = ""


class Oddity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something odd about a plan, in words: the rule it speaks of, another that takes part, keys that show it, what to do."""

    code: str
    severity: str
    text: str
    rule: int | None = None
    other: int | None = None
    keys: tuple[str, ...] = ()
    hint: str = ""
