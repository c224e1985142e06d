"""What the sandbox's program says when a model does not build; checked, for it comes from where foreign code ran."""

from typing import Literal

import msgspec

from app.definitions.errors import BuildError
from app.definitions.live import LiveModel

PARAMS: dict[str, tuple[str, ...]] = {
    "build_argument": ("text", "kind", "detail"),
    "build_argument_text": ("name", "detail"),
    "build_arguments": ("detail", "signature"),
    "build_broken_library": ("library", "detail"),
    "build_cuda": ("file", "line", "detail"),
    "build_edit": ("text", "kind", "detail"),
    "build_exits": ("file", "line", "detail"),
    "build_failed": ("file", "line", "kind", "detail"),
    "build_file_missing": ("file", "line", "path"),
    "build_library_lacks": ("library", "package"),
    "build_memory": ("file", "line"),
    "build_missing_library": ("library", "package"),
    "build_missing_package": ("package", "file", "line"),
    "build_name": ("name", "names"),
    "build_network": ("file", "line", "detail"),
    "build_no_model": (),
    "build_not_allowed": ("file", "line", "path"),
    "build_not_model": ("kind",),
    "build_relative_import": ("file", "line"),
    "build_syntax": ("file", "line", "detail"),
    "build_unknown_architecture": ("library", "name", "detail"),
    "build_unknown_model": ("library", "name", "close"),
}
"""Code -> parameters that its sentence needs."""

_MAX = 500


class Failure(msgspec.Struct, frozen=True):
    """Why a build failed; `retry`: another rung of the ladder may do; `want`: what should be pretended."""

    code: str
    params: dict[str, str | int | float | bool | None] = {}
    retry: bool = False
    want: Literal["", "alone", "cuda", "load"] = ""
    traceback: str = ""

    def error(self, log: str) -> BuildError:
        """Return the error to raise, with every parameter its sentence needs and no other."""
        code = self.code if self.code in PARAMS else "build_failed"
        params: dict[str, str | int | float] = {}
        for name in PARAMS[code]:
            value = self.params.get(name, "")
            params[name] = value if isinstance(value, int | float) else _plain(str(value))
        error = BuildError(code, **params)
        error.log, error.traceback = log, self.traceback[:16_000]
        error.parameters = str(self.params.get("parameters", ""))[:20_000]
        return error


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What torch says of a load: the keys that it names, and its message where `strict=True` raises."""

    loaded: bool
    message: str = ""
    missing: list[str] = []
    unexpected: list[str] = []
    mismatched: list[str] = []


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The program's answer: one of these."""

    model: LiveModel | None = None
    load: Load | None = None
    failure: Failure | None = None


def _plain(text: str) -> str:
    """Cut, and without control characters."""
    return "".join(char if char.isprintable() else " " for char in text[:_MAX])
