"""What may be chosen about an export, as fields of a form."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from app.dialects import DIALECTS


class Option(msgspec.Struct, frozen=True):
    """A field: its name, how it is given, its value, and what may be chosen where that is a list."""

    name: str
    form: Literal["text", "choice", "switch"]
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()


_DTYPES = (("", "option-dtype-keep"), ("target", "option-dtype-target"), ("F32", ""), ("F16", ""), ("BF16", ""))
_FILE = (
    Option("dtype", "choice", choices=_DTYPES),
    Option("dtypes", "text"),
    Option("max_shard_size", "text"),
    Option("shards", "text"),
    Option("shared", "choice", choices=(("", "option-shared-clone"), ("alias", "option-shared-alias"))),
    Option("provenance", "switch"),
    Option("approval", "switch"),
)
_FIELDS: Mapping[str, tuple[Option, ...]] = {
    "script": (Option("only", "text"), Option("min_coverage", "text")),
    "safetensors": _FILE,
    "torch": _FILE,
    "torch-legacy": _FILE,
    "report-html": (Option("approval", "switch"),),
    "report-markdown": (Option("approval", "switch"),),
}
_REVERSIBLE = frozenset(
    {"script", "safetensors", "torch", "torch-legacy", "plan", "plan-text", "report", "report-markdown", "report-html", *DIALECTS}
)


def options_of(kind: str, given: Mapping[str, str], *, reversible: bool) -> tuple[Option, ...]:
    """The fields of a kind, with what was given."""
    fields = _FIELDS.get(kind, ())
    if reversible and kind in _REVERSIBLE:
        fields = (*fields, Option("inverse", "switch"))
    return tuple(msgspec.structs.replace(field, value=given.get(field.name, "")) for field in fields)


def told_of(kind: str, given: Mapping[str, str]) -> tuple[Option, ...]:
    """The options of a kind that were given and are no default: with their value, a choice in its words' code."""
    return tuple(field for field in options_of(kind, given, reversible=True) if field.value)


def alike(kind: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two sets of options ask for the same file; a switch is on whatever it says."""
    return _asked(kind, one) == _asked(kind, other)


def _asked(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    return {field.name: "" if field.form == "switch" else field.value.strip() for field in told_of(kind, given)}


def chosen_of(given: Mapping[str, str], kind: str) -> dict[str, str]:
    """What a form or an address says of a kind's options; anything else, and what is left at its default, is dropped."""
    names = [field.name for field in options_of(kind, {}, reversible=True)]
    return {name: given[name].strip()[:2000] for name in names if given.get(name, "").strip()}
