"""What the ways to look at a transfer give, as OpenAPI describes it."""

from typing import Literal

from pydantic import Field

from app.api.bodies import OnVersion
from app.api.models import Given


class FacetValueOut(Given):
    """One value of a facet."""

    word: str
    term: str = Field(description="What asks for it in a filter")
    keys: int
    index: int | None = Field(default=None, description="Of a rule: its place in the plan")


class FacetOut(Given):
    """One kind of fact about keys; `more` values were left off."""

    name: Literal["is", "dtype", "shape", "class", "rule"]
    values: list[FacetValueOut]
    more: int


class CaseOut(Given):
    """Keys that one decision settles."""

    id: str
    state: Literal["proposed", "missing", "mismatched", "conflicting"]
    keys: list[str]
    certain: bool = Field(description="Whether all may be taken without a person")


class OptionOut(Given):
    """One way to settle a case. `token` is what `decide` takes."""

    kind: Literal["claim", "rules", "fresh"]
    token: str
    sources: list[str] = Field(description="Rows of the source, equal blocks folded")
    chip: str = Field(description="What is done on the way; empty: the tensor goes as it is")
    given: str = Field(description="Shape of the first source")
    confidence: float | None
    words: str = Field(description="Kind of the way that makes a shape fit")
    params: dict[str, str | int]
    statements: list[str] = Field(description="Rules that would be added")
    hits: int
    misses: int
    collisions: int


class TurnOut(Given):
    """Where a person stands: open cases and their keys, the case in front and its options, best first."""

    open: int
    keys: int
    certain: int
    place: int
    case: CaseOut | None
    options: list[OptionOut]


class Decide(OnVersion):
    """An option of a case, taken."""

    token: str
    source: str = ""


class MappingOut(Given):
    """One row of the table; without `target` it is left over in the source, without `source` nothing fills it."""

    target: str
    source: str
    more: int = Field(description="Further source rows that take part")
    op: str
    state: str
    keys: int
    target_shape: str
    source_shape: str
    confidence: float | None
    rule: int | None


class MappingsOut(Given):
    """A stretch of the table."""

    total: int
    first: int
    rows: list[MappingOut]
