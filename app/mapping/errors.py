"""What can be wrong with a plan: one family, each code with the place where it stands."""

from app.errors import ConflictError, KeygraftError


class PlanError(KeygraftError):
    """A plan, rule, pattern or expression that cannot be read or does not make sense.

    Carries `line` and `column` (both from 1) where it was read from text.
    """


class PatternError(PlanError):
    """A pattern that cannot be read; `column` counts within the pattern."""


class RegexError(PlanError):
    """A regular expression outside of what RE2 and Python's `re` read alike."""


class OpError(PlanError):
    """An op whose inputs or arguments do not fit; becomes the reason of a mismatched key."""


class EditError(ConflictError):
    """An edit speaks of a rule that is not there any more."""


def placed(error: PlanError, line: int, column: int) -> PlanError:
    """Return the same error with the place in the text where it stands."""
    params = {name: value for name, value in error.params.items() if name not in {"line", "column"}}
    return type(error)(error.code, **params, line=line, column=column)
