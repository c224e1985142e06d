"""Model definitions as key trees: pasted text, specifications, scanned source, code built in the sandbox."""

from app.definitions.errors import BuildError, DefinitionError, SpecError, TextError, UploadError
from app.definitions.live import SNIPPET
from app.definitions.text import from_text

__all__ = ["SNIPPET", "BuildError", "DefinitionError", "SpecError", "TextError", "UploadError", "from_text"]
