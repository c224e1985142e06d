"""The message catalogue: every sentence a person sees, by id, in Fluent files under `locales/<language>/`.

Source of the format: Project Fluent, https://projectfluent.org
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fluent.runtime import FluentBundle, FluentResource

from app.errors import KeygraftError
from app.paths import LOCALES

DEFAULT_LANGUAGE = "en"


def languages() -> tuple[str, ...]:
    """Every language that has a folder of messages."""
    return tuple(sorted(folder.name for folder in LOCALES.iterdir() if folder.is_dir()))


@lru_cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted((LOCALES / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text("utf-8")))
    return bundle


def has(message: str, language: str = DEFAULT_LANGUAGE) -> bool:
    """Whether the catalogue holds this message."""
    return bool(_bundle(language).has_message(message))


def _pattern(message: str, attribute: str | None, language: str) -> tuple[FluentBundle, Any]:
    for candidate in dict.fromkeys((language, DEFAULT_LANGUAGE)):
        bundle = _bundle(candidate)
        if bundle.has_message(message):
            entry = bundle.get_message(message)
            pattern = entry.attributes.get(attribute) if attribute else entry.value
            if pattern is not None:
                return bundle, pattern
    return _bundle(DEFAULT_LANGUAGE), None


def text(message: str, /, language: str = DEFAULT_LANGUAGE, attribute: str | None = None, **params: Any) -> str:
    """Return the sentence `message` filled with `params`.

    Raises LookupError where the catalogue lacks it, ValueError where a parameter is missing: both are defects of ours.
    """
    bundle, pattern = _pattern(message, attribute, language)
    if pattern is None:
        raise LookupError(message if attribute is None else f"{message}.{attribute}")
    formatted, problems = bundle.format_pattern(pattern, params)
    if problems:
        raise ValueError(message, problems)
    return str(formatted)


def error_id(code: str) -> str:
    """Id of an error's message."""
    return "error-" + code.replace("_", "-")


def error_text(error: KeygraftError, language: str = DEFAULT_LANGUAGE) -> str:
    """What happened."""
    return text(error_id(error.code), language, None, **error.params)


def error_hint(error: KeygraftError, language: str = DEFAULT_LANGUAGE) -> str:
    """What to do about it."""
    return text(error_id(error.code), language, "hint", **error.params)


def describe(error: KeygraftError, language: str = DEFAULT_LANGUAGE) -> Mapping[str, object]:
    """Return the JSON face of an error: code, message, hint and parameters."""
    return {
        "code": error.code,
        "message": error_text(error, language),
        "hint": error_hint(error, language),
        "params": dict(error.params),
    }
