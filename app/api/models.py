"""What the API gives, as OpenAPI describes it; what it takes stands in `bodies`."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Given(BaseModel):
    """Base of what is read off the services' values."""

    model_config = ConfigDict(from_attributes=True)


class Sentence(Given):
    """A message of the catalogue and its parameters."""

    message: str
    params: dict[str, str | int | float] = {}


class RangeOut(Given):
    """Bytes of a lent file that are wanted."""

    file: str
    offset: int
    length: int


class WantedOut(Given):
    """Send all of these at once to `POST /sides/{id}/ranges`."""

    round: int
    bytes: int
    ranges: list[RangeOut]


class FieldOut(Given):
    """One constructor argument."""

    name: str
    default: str = ""
    required: bool = False
    annotation: str = ""
    given: str = ""


class CandidateOut(Given):
    """A class or factory that may be the model."""

    name: str
    kind: str
    line: int
    base: str = ""
    module: str = ""
    fields: list[FieldOut] = []
    root: bool = True
    parts: list[str] = []
    place: str = ""
    others: int = 0


class MissingOut(Given):
    """A package that the code imports and that is not installed."""

    package: str
    file: str = ""
    line: int = 0


class OfferOut(Given):
    """One of several trees in a file; `POST /sides/{id}/nesting` takes its nesting."""

    nesting: list[str]
    tensors: int
    parameters: int = 0
    role: str


class WarningOut(Given):
    """Something odd that did not stop the reading."""

    code: str
    params: dict[str, str | int | float | bool | None] = {}


class GlobalOut(Given):
    """A class or function that a pickle names; it was not called."""

    name: str
    count: int = 1
    verdict: str = "unknown"


class FileOut(Given):
    """A lent file."""

    name: str
    size: int
    modified: int = 0


class Side(Given):
    """What was given as source or target, and what was understood."""

    id: str
    kind: str
    label: str
    state: Literal["ready", "wanted", "choose"]
    understood: Sentence
    format: str = ""
    tensors: int = 0
    parameters: int = 0
    bytes: int = 0
    sent: int = 0
    holds: bool = False
    nesting: list[str] = []
    offers: list[OfferOut] = []
    warnings: list[WarningOut] = []
    globals: list[GlobalOut] = []
    files: list[FileOut] = []
    wanted: WantedOut | None = None
    candidates: list[CandidateOut] = []
    path: str = ""
    missing: list[MissingOut] = []
    versions: dict[str, str] = {}


class PreviewOut(Given):
    """The keys of a model, told without running it. `complete`: they are certain, and `preview` can be taken as the side."""

    complete: bool
    tensors: int
    reasons: list[str]
    tree: dict[str, Any] | None = None


class LayerOut(Given):
    """One wall of the sandbox."""

    name: str
    title: str
    holds: bool
    detail: str = ""


class StatusOut(Given):
    """How this server does: whether code may be built, by which walls, and what is installed."""

    version: str
    code: bool
    reason: str = ""
    layers: list[LayerOut]
    versions: dict[str, str]
    database: bool
    data: str


class ModelOut(Given):
    """A library model that is installed; its text is understood as a side."""

    spec: str
    version: str


class HeldFileOut(Given):
    """One file of a checkpoint."""

    name: str
    size: int
    header_hash: str = ""


class ShareOut(Given):
    """Tensors of one element type; tied ones count once in parameters and bytes."""

    dtype: str
    tensors: int
    parameters: int
    nbytes: int


class FamilyOut(Given):
    """Keys that are equal but for integers."""

    template: str
    keys: int
    shapes: list[list[int] | None]
    dtypes: list[str]
    parameters: int
    nbytes: int


class TreeOut(Given):
    """Another tree of the same file."""

    nesting: list[str | int | float | bool | None]
    tensors: int
    parameters: int = 0
    role: str = "weights"


class SummaryOut(Given):
    """One side at a glance."""

    format: str
    tensors: int
    parameters: int
    nbytes: int
    files: list[HeldFileOut]
    bytes_read: int
    dtypes: list[ShareOut]
    aliases: list[list[str]] = Field(description="Keys that are one tensor each")
    families: list[FamilyOut]
    verdict: str = Field(description="file-verdict-data, -known, -unknown or -dangerous")
    globals: list[GlobalOut] = Field(description="Classes and functions that a pickle names, the dangerous first; none was called")
    other: list[tuple[str, str]] = Field(description="Leaves that are no tensors: key, short description")
    metadata: list[tuple[str, str]]
    offers: list[TreeOut] = Field(description="Other trees of the same file")
    warnings: list[WarningOut]
    dense: bool = Field(description="Whether all tensors are contiguous and strided")


class EntryOut(Given):
    """A folder or file."""

    name: str
    path: str
    folder: bool
    size: int = 0
    modified: datetime | None = None
    checkpoint: bool = False


class ListingOut(Given):
    """A folder under an allowed root."""

    path: str
    parent: str | None
    entries: list[EntryOut]
    shortened: bool = False


class CoverageOut(Given):
    """Totals over keys in one state."""

    keys: int
    parameters: int
    bytes: int


class Transfer(Given):
    """A transfer."""

    id: str
    title: str
    version: int
    created: datetime
    changed: datetime
    author: str
    sources: dict[str, Side]
    target: Side
    archived: bool = False
    example: bool = False
    coverage: CoverageOut | None = None
    total: CoverageOut | None = None
    review: str = Field("", description="In lists: open, changes_requested, approved or stale; empty where nobody decided or was asked.")
    waits: bool = Field(default=False, description="In lists: somebody who was asked has not decided about the newest version.")


class AppliedOut(Given):
    """What an edit led to."""

    transfer: str
    version: int
    label: Sentence
    client: str
    rebased: bool
    can_undo: bool
    can_redo: bool


class SkippedOut(Given):
    """An entry that could not be taken over, and why."""

    entry: str
    why: str


class TakenOut(Given):
    """What an import understood; `applied` is null where nothing was done."""

    kind: Literal["plan", "pairs", "substitutions", "transformers"]
    rules: list[str]
    skipped: list[SkippedOut]
    applied: AppliedOut | None


class SampleOut(Given):
    """A target key, how it stands and how it would stand."""

    key: str
    before: str
    after: str


class ForeseenOut(Given):
    """What a rule would do: source keys it renames, target keys it fills, empties and breaks, and the first of each."""

    statement: str
    renamed: int
    renames: list[tuple[str, str]]
    gained: int
    lost: int
    failing: int
    changed: int
    samples: list[SampleOut]


class LostKeyOut(Given):
    """A source key that the way back does not give back as it was, and why."""

    key: str
    why: str
    degraded: bool


class ReversedOut(Given):
    """A transfer turned round: the new one, and what it loses."""

    transfer: Transfer
    lost: list[LostKeyOut]
    said: str


class Step(Given):
    """One step of a transfer's history."""

    version: int
    author: str
    at: datetime
    label: Sentence
    kind: str
    undone: bool = False
    name: str = ""
    added: list[str] = Field(default=[], description="Rules that came, as text")
    removed: list[str] = Field(default=[], description="Rules that went, as text")


class OddityOut(Given):
    """Something odd about a plan."""

    code: str
    severity: Literal["error", "warning", "notice"]
    text: str
    rule: int | None = None
    other: int | None = None
    keys: list[str] = []
    hint: str = ""


class Group(Given):
    """Proposals that belong together."""

    id: str
    target: str
    sources: list[str]
    op: str
    keys: list[str]
    confidence: float
    accepted: bool


class ExportKindOut(Given):
    """A way out."""

    kind: str
    title: str
    filename: str
    media_type: str
    available: bool
    why_not: Sentence | None = None
    previewed: bool = True
    group: str = ""
    about: str = ""
    use: str = ""
