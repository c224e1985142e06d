"""Formats that are recognised and not read: what they are, and what makes them readable."""

from app.readers.errors import UnknownFormatError


def refused(form: str, name: str) -> UnknownFormatError:
    """Return the error that names the format."""
    return UnknownFormatError("unsupported_format", file=name, format=form)
