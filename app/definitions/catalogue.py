"""Search over the models that installed libraries offer."""

import re
from collections.abc import Sequence

import msgspec

from app.sandbox import Sandbox, SandboxError

LIBRARIES = ("timm", "torchvision", "transformers", "diffusers")
PRELOAD = ("timm", "torchvision.models", "transformers.modeling_utils", "transformers.models.auto.modeling_auto")
"""What a worker may import before its first job, so that library models build in a fraction of a second."""


class Offered(msgspec.Struct, frozen=True):
    """A library model: its specification is `door:name`."""

    door: str
    name: str
    version: str

    @property
    def spec(self) -> str:
        """How it is written."""
        return f"{self.door}:{self.name}"


class _Library(msgspec.Struct, frozen=True):
    names: list[str] = []
    version: str = ""
    error: str = ""


def offered(sandbox: Sandbox, libraries: Sequence[str] = LIBRARIES) -> tuple[Offered, ...]:
    """List what is installed where the sandbox's worker runs (a second or two: cache it). Libraries that are not there offer nothing."""
    outcome = sandbox.run("catalogue", {"libraries": list(libraries)})
    try:
        found = msgspec.json.decode(outcome.result, type=dict[str, _Library])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SandboxError("sandbox_answer_invalid").with_log(outcome.log) from None
    return tuple(Offered(door, name, library.version) for door, library in found.items() if door in libraries for name in library.names)


def search(query: str, models: Sequence[Offered], *, limit: int = 50) -> list[Offered]:
    """Models whose name holds all words of a query, the closest first: equal, starting so, shortest."""
    words = [word for word in re.split(r"[\s_\-:.]+", query.casefold()) if word]
    plain = "".join(words)

    def rank(model: Offered) -> tuple[bool, bool, int, str]:
        name = re.sub(r"[_\-.]", "", model.name.casefold())
        return (name != plain, not name.startswith(plain), len(name), model.name)

    hits = [model for model in models if all(word in f"{model.door} {model.name}".casefold() for word in words)]
    return sorted(hits, key=rank)[:limit]
