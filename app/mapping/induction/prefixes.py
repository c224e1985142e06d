"""A wrapper's prefix taken off by a rename instead of being said in every rule."""

from collections.abc import Sequence

import msgspec

from app.mapping.plan import Bind, Call, Expr, Ref, Rename, Rule
from app.mapping.validation import refs


def without_prefix(rules: Sequence[Rule]) -> list[Rule] | None:
    """Return the rules with binds like `"l.{rest*}" = "prefix.l.{rest*}"` as one rename, and the prefix taken off all others.

    None where no bind is of that kind, or another one speaks of keys without the prefix.
    """
    found = next((prefix for prefix in map(_prefix, rules) if prefix is not None), None)
    if found is None or not all(_starts(rule, *found) for rule in rules):
        return None
    prefix, source = found
    return [Rename("strip_prefix", prefix, "", source or None), *(_stripped(rule, *found) for rule in rules if _prefix(rule) != found)]


def _prefix(rule: Rule) -> tuple[str, str] | None:
    if not isinstance(rule, Bind) or not isinstance(rule.value, Ref) or "*" not in rule.target:
        return None
    pattern, source = rule.value.pattern, rule.value.source
    prefix = pattern.removesuffix(rule.target)
    plain = prefix not in {pattern, ""} and prefix.endswith((".", "/")) and not set(prefix) & set("{}*\\|")
    return (prefix, source) if plain else None


def _starts(rule: Rule, prefix: str, source: str) -> bool:
    if not isinstance(rule, Bind):
        return True
    return all(ref.source == source and ref.pattern.startswith(prefix) and len(ref.pattern) > len(prefix) for ref in refs(rule.value))


def _stripped(rule: Rule, prefix: str, source: str) -> Rule:
    if not isinstance(rule, Bind):
        return rule
    return msgspec.structs.replace(rule, value=_without(rule.value, prefix, source))


def _without(expr: Expr, prefix: str, source: str) -> Expr:
    if isinstance(expr, Ref):
        return Ref(expr.pattern.removeprefix(prefix), source)
    return Call(expr.op, tuple(_without(inner, prefix, source) for inner in expr.inputs), expr.args, expr.index)
