"""What the back room is asked, and what it answers: values that travel as msgpack. Trees are named by digest and sent once."""

from typing import TypeAlias

import msgspec

from app.exporting import ScriptOptions
from app.mapping import Finding
from app.mapping.claims import Claim
from app.mapping.outcomes import Reason


class Case(msgspec.Struct, frozen=True):
    """A transfer as it stands: digests of its trees, and its plan as it is kept."""

    sources: dict[str, str]
    target: str
    plan: bytes

    @property
    def digests(self) -> tuple[str, ...]:
        """Every tree that is needed."""
        return (*self.sources.values(), self.target)


class Propose(msgspec.Struct, frozen=True, tag="propose"):
    """Run the mapper, the plan's decisions taken as facts.

    approved -- a plan from the library, packed; have -- family -> digest of its proposals that the asker holds
    """

    case: Case
    approved: bytes | None
    have: dict[int, bytes]


class Induce(msgspec.Struct, frozen=True, tag="induce"):
    """Find few rules for claims, to be put in front of the rule `at`; None: at the end."""

    case: Case
    claims: dict[str, Claim]
    at: int | None = None


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Look over a plan for what is odd."""

    case: Case


class Write(msgspec.Struct, frozen=True, tag="write"):
    """Write the loader script."""

    case: Case
    options: ScriptOptions


Task: TypeAlias = Propose | Induce | Look | Write


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One proposal; `why` is the place of its reasons in the table of its part."""

    target: str
    claim: Claim
    confidence: float
    accepted: bool
    why: int
    alternatives: tuple[tuple[Claim, float], ...] = ()


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Proposals of one family. Rows are packed by the thousand, so that whoever reads them can be interrupted."""

    digest: bytes
    reasons: tuple[tuple[Reason, ...], ...] = ()
    rows: tuple[bytes, ...] = ()


class Proposed(msgspec.Struct, frozen=True, tag="proposed"):
    """Family -> its proposals, families without one left out; a part without rows is the one that the asker holds."""

    parts: dict[int, Part]


class Induced(msgspec.Struct, frozen=True, tag="induced"):
    """Rules as text, in order."""

    rules: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """What is odd."""

    findings: tuple[Finding, ...]


class Written(msgspec.Struct, frozen=True, tag="written"):
    """A script."""

    text: str


class Wanted(msgspec.Struct, frozen=True, tag="wanted"):
    """Trees that have to be sent first, by digest."""

    trees: tuple[str, ...]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The work could not be done: a defect, named without what it held."""

    kind: str
    code: str = ""


Answer: TypeAlias = Proposed | Induced | Seen | Written | Wanted | Failed


class Trees(msgspec.Struct, frozen=True, tag="trees"):
    """Trees by digest, as the store keeps them."""

    packed: dict[str, bytes]


Message: TypeAlias = Propose | Induce | Look | Write | Trees
