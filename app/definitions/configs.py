"""Configurations that say how a model is made: `model = dict(type="Net", depth=2)` in the source, `_target_` and its like in JSON or YAML beside it.

They are read, never run; what stands in them becomes the text of a call, which the person sees before anything is built.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import yaml

MAX_CONFIG = 256 * 1024
_MOST_TEXT = 512 * 1024
_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where it came with the package, is five times as fast."""
_MOST_CONFIGS = 400
_DEEPEST = 12
_MOST_PARTS = 5_000
_MADE = ("_target_", "class_path")
"""Keys of configurations in which parts are made before the whole: hydra, Lightning's command line."""
_NAMING = (*_MADE, "target", "type", "name", "class_name", "class", "arch", "architecture", "model_name", "model")
_INNER = ("init_args", "params", "args", "kwargs", "arguments", "model_args", "model_kwargs", "model_params")
_REFERENCE = re.compile(r"\$\{([\w.]+)\}\Z")


class Config(msgspec.Struct, frozen=True):
    """How one class is made.

    arguments -- source of each argument
    parts     -- other classes that it names
    place     -- where it stands: a file, or a line of the source
    """

    name: str
    arguments: dict[str, str]
    parts: frozenset[str]
    place: str


class _UncertainError(Exception):
    """A value that is known only when something runs."""


def configs(parsed: Mapping[str, ast.Module], texts: Mapping[str, str], aliases: Mapping[str, str]) -> list[Config]:
    """Everything that says how one of the classes is made, the source's own first.

    texts   -- JSON and YAML of the project, by path
    aliases -- word -> class that it means
    """
    found: list[Config] = []
    for place, document in (*_written(parsed), *_loaded(texts)):
        for part in _maps(document):
            config = _Reading(document, aliases).config(part, place)
            if config is not None:
                found.append(config)
            if len(found) >= _MOST_CONFIGS:
                return found
    return found


def _written(parsed: Mapping[str, ast.Module]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Dictionaries at the top level of sources, each with its line."""
    for file, tree in parsed.items():
        known: dict[str, Any] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                try:
                    value = _value(node.value, known, 0)
                except (_UncertainError, ValueError, TypeError):
                    known.pop(node.targets[0].id, None)
                    continue
                known[node.targets[0].id] = value
                if isinstance(value, dict):
                    yield f"{file}:{node.lineno}" if file else f":{node.lineno}", value


def _value(node: ast.expr, known: Mapping[str, Any], depth: int) -> Any:
    """Read a literal, a `dict(...)` of literals, or a name that was given one before."""
    if depth > _DEEPEST:
        raise _UncertainError
    match node:
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words):
            if any(word.arg is None for word in words):
                raise _UncertainError
            return {word.arg: _value(word.value, known, depth + 1) for word in words}
        case ast.Dict(keys=keys, values=values):
            if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys):
                raise _UncertainError
            return {key.value: _value(each, known, depth + 1) for key, each in zip(keys, values, strict=True)}  # type: ignore[union-attr]
        case ast.List(elts=parts):
            return [_value(part, known, depth + 1) for part in parts]
        case ast.Tuple(elts=parts):
            return tuple(_value(part, known, depth + 1) for part in parts)
        case ast.Name(id=name) if name in known:
            return known[name]
        case _:
            return ast.literal_eval(node)


def _loaded(texts: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents of a project, those nearest to its root first, as long as they are not too much to read while somebody waits."""
    left = _MOST_TEXT
    for path, text in sorted(texts.items(), key=lambda each: (each[0].count("/"), each[0])):
        if len(text) > min(MAX_CONFIG, left):
            continue
        left -= len(text)
        try:
            document = json.loads(text) if path.lower().endswith(".json") else yaml.load(text, _SAFE)  # noqa: S506 -- both are safe ones
        except (ValueError, RecursionError, yaml.YAMLError, TypeError):
            continue
        if isinstance(document, dict):
            yield path, document


def _maps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A document's maps, the outer ones first; YAML may lead in circles."""
    pending: list[Any] = [document]
    for _ in range(_MOST_PARTS):
        if not pending:
            return
        part = pending.pop(0)
        if isinstance(part, dict):
            yield part
        inner = part.values() if isinstance(part, dict) else part
        pending += [each for each in inner if isinstance(each, dict | list | tuple)]


class _Reading:
    """Reads the maps of one document as calls."""

    def __init__(self, document: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
        self._document, self._aliases = document, aliases
        self._parts: set[str] = set()
        self._left = _MOST_PARTS

    def config(self, part: Mapping[str, Any], place: str) -> Config | None:
        """The call that a map stands for; None where it names none of the classes, or something is known only at run time."""
        key = next((key for key in _NAMING if isinstance(part.get(key), str) and self._class(part[key])), None)
        if key is None:
            return None
        name = self._class(part[key])
        try:
            arguments = {word: self._source(value, key in _MADE, 0) for word, value in _arguments(part, key).items()}
        except _UncertainError:
            return None
        return Config(name, arguments, frozenset(self._parts - {name}), place)

    def _class(self, word: str) -> str:
        return self._aliases.get(word) or self._aliases.get(word.rsplit(".", 1)[-1], "")

    def _source(self, value: Any, made: bool, depth: int) -> str:
        """Python source of a value; where parts are made first, a map that names a class is a call of it."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise _UncertainError
        if isinstance(value, str) and (reference := _REFERENCE.match(value)):
            return self._source(self._referred(reference[1]), made, depth + 1)
        if isinstance(value, dict):
            return self._map(value, made, depth)
        if isinstance(value, list | tuple):
            inner = [self._source(each, made, depth + 1) for each in value]
            return f"[{', '.join(inner)}]" if isinstance(value, list) else f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
        if (isinstance(value, str) and "${" in value) or not isinstance(value, str | int | float | bool | None):
            raise _UncertainError
        return repr(value) if not isinstance(value, float) or value - value == 0 else f'float("{value}")'

    def _map(self, value: dict[Any, Any], made: bool, depth: int) -> str:
        key = next((key for key in _NAMING if isinstance(value.get(key), str) and self._class(value[key])), None)
        if key is not None:
            self._parts.add(self._class(value[key]))
        target = next((value[key] for key in _MADE if isinstance(value.get(key), str)), None)
        if made and target is not None:
            named = next(key for key in _MADE if key in value)
            words = {word: self._source(each, made, depth + 1) for word, each in _arguments(value, named).items()}
            if value.get("_partial_") or not all(part.isidentifier() for part in (*words, *target.split("."))):
                raise _UncertainError
            return f"{_reached(target)}({', '.join(f'{word}={each}' for word, each in words.items())})"
        return f"{{{', '.join(f'{word!r}: {self._source(each, made, depth + 1)}' for word, each in value.items())}}}"

    def _referred(self, path: str) -> Any:
        """What hydra's `${a.b}` stands for, in the same document."""
        value: Any = self._document
        for step in path.split("."):
            if not isinstance(value, dict) or step not in value:
                raise _UncertainError
            value = value[step]
        return value


def _reached(target: str) -> str:
    """Source of a class by its dotted name."""
    module, _, name = target.rpartition(".")
    return f"__import__('importlib').import_module({module!r}).{name}" if module else name


def _arguments(part: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The words of a call: those of an inner map where there is one, else all others."""
    inner = next((part[word] for word in _INNER if isinstance(part.get(word), dict)), None)
    chosen = {word: value for word, value in part.items() if word != key} if inner is None else inner
    return {str(word): value for word, value in chosen.items() if not str(word).startswith("_")}
