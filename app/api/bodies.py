"""What requests to the API carry, as OpenAPI describes it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

MOST_VERSIONS = 2**31 - 1
VersionNumber = Annotated[int, Field(ge=0, le=MOST_VERSIONS)]
"""Number of a version, as the database can keep it."""


class Asked(BaseModel):
    """Base of what requests carry; a misspelt field is refused."""

    model_config = ConfigDict(extra="forbid")


class Understand(Asked):
    """Text to be understood: a path, a model, Python source, a list of keys, an error message."""

    text: str
    against: str | None = Field(default=None, description="The other side, for error messages")
    reading: str = Field(
        default="", description="A name of 8 to 64 letters, digits and dashes, by which reading an address can be cancelled"
    )


class LentFileIn(Asked):
    """A file that stays where it is."""

    name: str
    size: int = Field(ge=0)
    modified: int = 0


class Lend(Asked):
    """Files that stay where they are: names and sizes."""

    files: list[LentFileIn]
    folder: str = Field(default="", description="Name of the folder that they lie in: the side is called by it.")


class RangeIn(Asked):
    """Bytes of a lent file."""

    file: str
    offset: int = Field(ge=0)
    data: str = Field(description="base64")


class Feed(Asked):
    """The ranges of one round."""

    ranges: list[RangeIn]


class Build(Asked):
    """Which class or factory, with which arguments, written as Python expressions.

    edits are statements on `net` after building; python is an interpreter of an environment of one's own.
    """

    candidate: str
    arguments: str = ""
    edits: str = ""
    module: str = ""
    python: str = ""


class Nest(Asked):
    """Path inside the file, tokens as spelt."""

    nesting: list[str]


class Create(Asked):
    """A new transfer."""

    sources: dict[str, str] = Field(description="Name of the source (empty where there is one) to its side")
    target: str | None = Field(default=None, description="Side; may be left out where `plan` carries a frozen target")
    title: str = ""
    plan: str = Field(default="", description="A plan to begin with, text or JSON")


class Change(Asked):
    """What may be changed of a transfer itself."""

    title: str | None = None
    archived: bool | None = None


class OnVersion(Asked):
    """Base of edits: the version that was looked at, and the tab or program that edits."""

    base_version: VersionNumber
    client: str = ""


class Edits(OnVersion):
    """Edits of the plan, done as one step."""

    edits: list[dict[str, Any]] = Field(description="As `GET /schemas/edits` describes them")


class ImportPlan(OnVersion):
    """A plan that takes the place of the one that is there, text or JSON."""

    plan: str


class Foresee(Asked):
    """A rule to try: in front of the others, or in the place of rule `index`."""

    statement: str
    index: int | None = None


class ImportMapping(OnVersion):
    """A plan, a pair list, a `re.sub` list or a conversion list of transformers; recognised by its content.

    replace -- whether its rules take the place of those that are there; else they stand in front. A plan always does.
    apply   -- false: only say what is understood
    """

    text: str
    replace: bool = False
    apply: bool = True


class Accept(OnVersion):
    """Which proposals are taken: by key, by group, by confidence, or all that need no person."""

    keys: list[str] = []
    groups: list[str] = []
    at_least: float | None = None
    certain: bool = False


class Reject(OnVersion):
    """Which proposals are refused."""

    keys: list[str] = []
    groups: list[str] = []


class Draw(OnVersion):
    """Pairs of source key and target key."""

    pairs: list[tuple[str, str]]
    source: str = ""


class Targets(OnVersion):
    """Target keys."""

    targets: list[str]


class Fresh(Targets):
    """Target keys that start fresh."""

    policy: str = Field("model", description="model, zeros, ones, constant, normal, uniform, truncated_normal, kaiming_…, xavier_…")
    args: dict[str, int | float | str] = Field(
        {}, description="The policy's arguments: value, mean, std, low, high, gain, mode, nonlinearity, seed"
    )


class LeaveBehind(OnVersion):
    """Source keys that are left behind."""

    keys: list[str]
    source: str = ""


class Client(Asked):
    """Who undoes."""

    client: str = ""


class VersionName(Asked):
    """A name for a version."""

    name: str
