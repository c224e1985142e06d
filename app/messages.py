"""The message catalogue: every sentence a person sees, by id, in Fluent files under `locales/<language>/`.

Source of the format: Project Fluent, https://projectfluent.org
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

from fluent.runtime import FluentBundle, FluentResource

from app.errors import KeygraftError
from app.paths import LOCALES

DEFAULT_LANGUAGE = "en"
_LATELY = 4096
"""Sentences that are remembered, filled."""


def languages() -> tuple[str, ...]:
    """Every language that has a folder of messages."""
    return tuple(sorted(folder.name for folder in LOCALES.iterdir() if folder.is_dir()))


_NAMES = re.compile(r"^([a-zA-Z][\w-]*) *=", re.MULTILINE)
_REFERENCES = re.compile(r"\{ *([a-zA-Z][\w-]*) *\}")


class _Catalogue:
    """The messages of a language; a file is parsed when one of its messages is wanted for the first time: parsing all takes half a second."""

    def __init__(self, language: str) -> None:
        self._bundle = FluentBundle([language], use_isolating=False)
        self._texts = {path: path.read_text("utf-8") for path in sorted((LOCALES / language).glob("*.ftl"))}
        self._files = {name: path for path, text in self._texts.items() for name in _NAMES.findall(text)}
        self._parsed: set[Path] = set()
        self._turn = RLock()

    def holding(self, message: str) -> FluentBundle | None:
        """The bundle with this message and those that it is made of; None where there is no such message."""
        path = self._files.get(message)
        if path is None:
            return None
        if path not in self._parsed:
            with self._turn:
                self._parse(path)
        return self._bundle

    def one_of_each(self) -> list[str]:
        """One message of each file."""
        return list({path: name for name, path in self._files.items()}.values())

    def _parse(self, path: Path) -> None:
        if path in self._parsed:
            return
        text = self._texts[path]
        self._bundle.add_resource(FluentResource(text))
        needed = {self._files[name] for name in _REFERENCES.findall(text) if name in self._files}
        for other in sorted(needed - self._parsed - {path}):
            self._parse(other)
        self._parsed.add(path)


@lru_cache
def _catalogue(language: str) -> _Catalogue:
    return _Catalogue(language)


def has(message: str, language: str = DEFAULT_LANGUAGE) -> bool:
    """Whether the catalogue holds this message."""
    return _catalogue(language).holding(message) is not None


def parse_ahead(pause: Callable[[], object], language: str = DEFAULT_LANGUAGE) -> None:
    """Parse every file, with a pause before each for whoever waits: the first who needs a sentence of it need not."""
    for name in _catalogue(language).one_of_each():
        pause()
        has(name, language)


def _pattern(message: str, attribute: str | None, language: str) -> tuple[FluentBundle | None, Any]:
    for candidate in dict.fromkeys((language, DEFAULT_LANGUAGE)):
        bundle = _catalogue(candidate).holding(message)
        if bundle is not None:
            entry = bundle.get_message(message)
            pattern = entry.attributes.get(attribute) if attribute else entry.value
            if pattern is not None:
                return bundle, pattern
    return None, None


def text(message: str, /, language: str = DEFAULT_LANGUAGE, attribute: str | None = None, **params: Any) -> str:
    """Return the sentence `message` filled with `params`.

    Raises LookupError where the catalogue lacks it, ValueError where a parameter is missing: both are defects of ours.
    """
    given = tuple((name, type(value), value) for name, value in params.items())
    try:
        return _filled(message, language, attribute, given)
    except TypeError:  # a parameter that cannot be remembered
        return _filled.__wrapped__(message, language, attribute, given)


@lru_cache(maxsize=_LATELY)
def _filled(message: str, language: str, attribute: str | None, given: tuple[tuple[str, type, Any], ...]) -> str:
    """The sentence of `text`; the same few are said over and over, in every row of a page."""
    bundle, pattern = _pattern(message, attribute, language)
    if bundle is None or pattern is None:
        raise LookupError(message if attribute is None else f"{message}.{attribute}")
    formatted, problems = bundle.format_pattern(pattern, {name: value for name, _, value in given})
    if problems:
        raise ValueError(message, problems)
    return str(formatted)


def error_id(code: str) -> str:
    """Id of an error's message."""
    return "error-" + code.replace("_", "-")


def error_text(error: KeygraftError, language: str = DEFAULT_LANGUAGE) -> str:
    """What happened; names and keys are a stranger's text, and lose what would break a line or turn its direction."""
    return text(error_id(error.code), language, None, **_harmless(error.params))


def error_hint(error: KeygraftError, language: str = DEFAULT_LANGUAGE) -> str:
    """What to do about it."""
    return text(error_id(error.code), language, "hint", **_harmless(error.params))


def _harmless(params: Mapping[str, object]) -> dict[str, object]:
    return {name: _printable(value) if isinstance(value, str) and not value.isprintable() else value for name, value in params.items()}


def _printable(value: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in value)


def describe(error: KeygraftError, language: str = DEFAULT_LANGUAGE) -> Mapping[str, object]:
    """Return the JSON face of an error: code, message, hint and parameters."""
    return {
        "code": error.code,
        "message": error_text(error, language),
        "hint": error_hint(error, language),
        "params": dict(error.params),
    }
