"""The rules of a plan as a person reads them: in words, in code, with what each does."""

from collections import Counter

import msgspec

from app.mapping import statement
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Bind, Call, Expr, Ignore, Init, Plan, Ref, Rename, Rule


class RuleLine(msgspec.Struct, frozen=True):
    """One rule.

    words       -- message `rule-<words>` with its parameters
    hits        -- target keys that it fills, or source keys that it leaves behind
    failing     -- target keys that it reaches but does not fill: shape, conflict
    """

    index: int
    statement: str
    words: str
    params: dict[str, str | int]
    enabled: bool
    hits: int
    failing: int
    note: str = ""
    author: str = ""
    confidence: str = ""


def rulebook(plan: Plan, evaluation: Evaluation) -> tuple[RuleLine, ...]:
    """List the rules in their order."""
    hits: Counter[int] = Counter()
    failing: Counter[int] = Counter()
    for (rule, state), count in evaluation.targets.decided().items():
        (hits if state in {"loaded", "initialised"} else failing)[rule] += count
    for keys in evaluation.sources.values():
        hits.update(rule for key, rule in keys.ignored.items() if key not in keys.used)
    return tuple(_line(index, rule, hits[index], failing[index]) for index, rule in enumerate(plan.rules))


def _line(index: int, rule: Rule, hits: int, failing: int) -> RuleLine:
    words, params = in_words(rule)
    confidence = "" if rule.confidence is None else f"{rule.confidence:.2f}"
    return RuleLine(index, statement(rule), words, params, rule.enabled, hits, failing, rule.note, rule.author, confidence)


def in_words(rule: Rule) -> tuple[str, dict[str, str | int]]:
    """Name the message that says a rule in plain words."""
    match rule:
        case Bind():
            op = rule.value.op if isinstance(rule.value, Call) else ""
            sources = ", ".join(dict.fromkeys(_refs(rule.value)))
            return ("bind-op" if op else "bind"), {"target": rule.target, "source": sources, "op": op.replace("_", " ")}
        case Rename():
            return "rename-" + rule.how.replace("_", "-"), {"find": rule.find, "to": rule.to}
        case Ignore():
            return "ignore", {"pattern": rule.pattern}
        case Init():
            return "init", {"pattern": rule.pattern, "policy": rule.policy}


def _refs(value: Expr) -> list[str]:
    if isinstance(value, Ref):
        return [f"{value.source}:{value.pattern}" if value.source else value.pattern]
    return [name for part in value.inputs for name in _refs(part)]
