"""What can be wrong with a model definition; the sentences stand in `locales/*/definitions.ftl`."""

from app.errors import KeygraftError


class DefinitionError(KeygraftError):
    """A text, a specification or code that does not give a key tree."""


class TextError(DefinitionError):
    """Pasted text that is none of the forms we read."""


class SpecError(DefinitionError):
    """A model specification that cannot be read."""


class UploadError(DefinitionError):
    """An archive or folder that is refused."""


class BuildError(DefinitionError):
    """The model did not build.

    log        -- what it printed, cut and escaped
    traceback  -- frames of the user's own files
    parameters -- JSON rows of the constructor's parameters (name, kind, annotation, default), where arguments were wrong
    """

    log: str = ""
    traceback: str = ""
    parameters: str = ""
