"""The plan: an ordered list of rules, as values. Its two spellings stand in `text` and `documents`."""

from typing import Any, Literal, TypeAlias

import msgspec

FORMAT_VERSION = 1

Arg: TypeAlias = int | float | bool | str | None | list[Any] | dict[str, Any]
"""An op's argument: a literal, integer arithmetic over placeholders (`"{3*i+j}"`), or a name."""


class Ref(msgspec.Struct, frozen=True, tag="ref", omit_defaults=True):
    """Keys of one source: a pattern over working names, or over names in the file where `raw`."""

    pattern: str
    source: str = ""
    raw: bool = False


class Call(msgspec.Struct, frozen=True, tag="call", omit_defaults=True):
    """An op over expressions; `index` picks one of its results (`chunk(x, 3)[1]`)."""

    op: str
    inputs: tuple["Expr", ...]
    args: dict[str, Arg] = {}
    index: int | str | None = None


Expr: TypeAlias = Ref | Call


class _Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every rule may carry."""

    note: str = ""
    author: str = ""
    confidence: float | None = None
    enabled: bool = True


class Bind(_Rule, frozen=True, tag="bind", omit_defaults=True):
    """Target keys take the value of an expression over source keys."""

    target: str
    value: Expr


class Rename(_Rule, frozen=True, tag="rename", omit_defaults=True):
    """File keys of a source (all sources where None) get other working names."""

    how: Literal["strip_prefix", "add_prefix", "replace", "regex"]
    find: str
    to: str = ""
    source: str | None = None


class Ignore(_Rule, frozen=True, tag="ignore", omit_defaults=True):
    """Source keys that are left behind on purpose; a pattern over working names, or over names in the file where `raw`."""

    pattern: str
    source: str | None = None
    raw: bool = False


class Init(_Rule, frozen=True, tag="init", omit_defaults=True):
    """Target keys that start fresh: `model`, `zeros`, `ones`, `constant`, or a named scheme with arguments and a seed."""

    pattern: str
    policy: str = "model"
    args: dict[str, Arg] = {}


Rule: TypeAlias = Bind | Rename | Ignore | Init


class SourceExpectation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a plan expects of one source: format, nesting and a digest of keys, shapes and dtypes."""

    digest: str
    tensors: int
    nesting: tuple[str, ...] = ()


class FrozenTensor(msgspec.Struct, frozen=True, array_like=True):
    """Shape and dtype of a target key."""

    shape: tuple[int, ...] | None
    dtype: str


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """The mapping document.

    rules   -- in order; identity of a rule is its statement (see `edits`)
    sources -- source name ("" where there is one) -> expectation; empty while a plan is being worked on
    target  -- frozen target, key -> shape and dtype; empty while a plan is being worked on
    benign  -- target patterns that may be missing without harm (None: the built-in list)
    """

    rules: tuple[Rule, ...] = ()
    version: int = FORMAT_VERSION
    sources: dict[str, SourceExpectation] = {}
    target: dict[str, FrozenTensor] = {}
    benign: tuple[str, ...] | None = None
