"""What shapes cannot tell: squares that may have to be transposed, fused tensors in an order that may be another."""

from collections.abc import Iterator, Mapping

from app.keys import KeyTree
from app.mapping.linting.finding import SHOWN, Finding
from app.mapping.outcomes import Evaluation, Leaf, Recipe, Step
from app.mapping.plan import Bind, Call, Expr, Plan
from app.mapping.text import statement

_FUSED = 3
_NAMES = ("qkv", "query_key_value", "in_proj", "c_attn", "kv", "gate_up", "w12", "fc1_gate")


def lint_layouts(plan: Plan, sources: Mapping[str, KeyTree], evaluation: Evaluation) -> Iterator[Finding]:
    """Look for what only names, values or a person can decide."""
    yield from _squares(sources, evaluation)
    for index, rule in enumerate(plan.rules):
        if rule.enabled and isinstance(rule, Bind):
            keys = [key for key, outcome in evaluation.targets.items() if outcome.rule == index]
            call = _fused(rule.value)
            if keys and call is not None and any(name in _said(rule) for name in _NAMES):
                yield Finding("layout_unknown", "notice", index, None, {"op": call.op}, tuple(keys[:SHOWN]))


def _said(rule: Bind) -> str:
    return statement(rule).lower()


def _fused(expr: Expr) -> Call | None:
    """Return a cut into, or a join of, equal parts that names no layout."""
    if not isinstance(expr, Call):
        return None
    if (expr.op == "chunk" and expr.args.get("chunks") in {2, _FUSED}) or expr.op in {"slice", "split"}:
        return expr
    if expr.op == "concat" and len(expr.inputs) in {2, _FUSED}:
        return expr
    return next((found for inner in expr.inputs if (found := _fused(inner)) is not None), None)


def _squares(sources: Mapping[str, KeyTree], evaluation: Evaluation) -> Iterator[Finding]:
    """Square matrices that pass as they are, in a plan that transposes others."""
    turned: list[str] = []
    plain: dict[int | None, list[str]] = {}
    for key, outcome in evaluation.targets.items():
        recipe = outcome.recipe
        if outcome.state != "loaded" or recipe is None:
            continue
        if _turns(recipe):
            turned.append(key)
        elif isinstance(recipe, Leaf):
            shape = sources[recipe.source].tensors[recipe.key].shape
            if shape is not None and len(shape) == 2 and shape[0] == shape[1] and shape[0] > 1:
                plain.setdefault(outcome.rule, []).append(key)
    if not turned:
        return
    for rule, keys in plain.items():
        yield Finding("square", "warning", rule, None, {"key": keys[0], "turned": turned[0], "count": len(keys)}, tuple(keys[:SHOWN]))


def _turns(recipe: Recipe) -> bool:
    return isinstance(recipe, Step) and (recipe.op == "transpose" or any(_turns(inner) for inner in recipe.inputs))
