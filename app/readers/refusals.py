"""Formats that are recognised and not read: what they are, and what makes them readable."""

from app.readers.errors import UnknownFormatError

_STRANGE = frozenset({"compressed", "pdf", "json", "zip_behind"})
"""What may hold anything: no format of checkpoints."""


def refused(form: str, name: str) -> UnknownFormatError:
    """Return the error that names the format."""
    if form in _STRANGE:
        return UnknownFormatError("unknown_format", file=name, detail=form)
    return UnknownFormatError("unsupported_format", file=name, format=form)
