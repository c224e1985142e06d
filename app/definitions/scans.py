"""What a scan of source code finds: candidates, their constructors, imports."""

from typing import Literal

import msgspec


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One parameter of a constructor or factory, as written: the form on the page has a field for it.

    kind       -- "plain" (by position or name), "keyword", "positional", "args" (`*`), "kwargs" (`**`)
    annotation -- source of the type; empty where there is none
    default    -- source of the default; None where the parameter is required
    """

    name: str
    kind: Literal["plain", "keyword", "positional", "args", "kwargs"] = "plain"
    annotation: str = ""
    default: str | None = None

    @property
    def required(self) -> bool:
        """Whether a call must name it."""
        return self.default is None and self.kind not in {"args", "kwargs"}


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class or factory that may be the model.

    module -- dotted module in the project; empty for a single pasted file
    root   -- no other candidate uses it
    sure   -- a torch.nn base was found; otherwise a base comes from elsewhere, or only a `forward` speaks for it
    uses   -- candidates it is made of
    given  -- source of its arguments, as a configuration has them, which stands at `place`: a file, or a line as `:12`
    others -- places of configurations that fit too and have other arguments
    """

    name: str
    kind: Literal["class", "factory"]
    line: int
    module: str = ""
    bases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    summary: str = ""
    root: bool = True
    sure: bool = True
    uses: tuple[str, ...] = ()
    given: dict[str, str] = {}
    place: str = ""
    others: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """How it is called, in short: `Net(backbone, classes=10)`."""
        stars = {"args": "*", "kwargs": "**"}
        words = [
            f"{stars.get(each.kind, '')}{each.name}" if each.default is None else f"{each.name}={each.default}" for each in self.parameters
        ]
        short = ", ".join(word for word in words[:6] if len(word) < 60)
        return f"{self.name}({short}{', …' if len(words) > 6 else ''})"

    @property
    def ready(self) -> bool:
        """Whether it can be called without arguments."""
        return not any(parameter.required for parameter in self.parameters)


class Import(msgspec.Struct, frozen=True, omit_defaults=True):
    """One import statement's module: a top-level package, or a relative one (`level` dots)."""

    module: str
    line: int
    file: str = ""
    level: int = 0

    @property
    def package(self) -> str:
        """Top-level name."""
        return self.module.partition(".")[0]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Source that cannot be parsed: file, line and Python's word for it."""

    text: str
    line: int
    file: str = ""


class Scan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a definition before anything runs; candidates are ranked, best first.

    missing -- imports of packages that are neither in the project nor installed where it would run
    """

    candidates: tuple[Candidate, ...] = ()
    imports: tuple[Import, ...] = ()
    missing: tuple[Import, ...] = ()
    problems: tuple[Problem, ...] = ()

    def find(self, name: str) -> Candidate | None:
        """Candidate of this name; None where there is none."""
        return next((candidate for candidate in self.candidates if candidate.name == name), None)
