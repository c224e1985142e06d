"""One root exception; each format and each subsystem has its family below it.

An error is a *code* with *parameters*, never a sentence: the sentence stands in the message catalogue (`locales/*/errors.ftl`) under
``error-<code with dashes>``, with what to do about it in the attribute ``.hint``. One handler in each face turns the pair into a page, JSON or a line.
"""

from collections.abc import Mapping
from typing import ClassVar

Parameter = str | int | float


class KeygraftError(Exception):
    """Something a person can understand and usually mend.

    code      -- stable name of what happened, `snake_case`; scripts may match on it
    params    -- what the catalogue's sentence is filled with: the file, the key, the limit
    status    -- HTTP status that a web face answers with
    exit_code -- what the command line ends with: 1 a check does not hold, 2 wrong use or unreadable input
    """

    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, **params: Parameter) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, Parameter] = params

    def __str__(self) -> str:
        detail = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({detail})"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, dict(self.params))


def _rebuild(kind: type[KeygraftError], code: str, params: dict[str, Parameter]) -> KeygraftError:
    return kind(code, **params)


class NotFoundError(KeygraftError):
    """What was asked for is not here, or not for this person."""

    status = 404


class ConflictError(KeygraftError):
    """Somebody else changed it in the meantime."""

    status = 409


class LimitError(KeygraftError):
    """A limit of the settings was reached."""

    status = 413


class RefusedError(KeygraftError):
    """Not allowed here: a path outside the roots, code without a sandbox."""

    status = 403
