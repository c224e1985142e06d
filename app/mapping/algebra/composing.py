"""Two plans, one after the other, as one."""

from collections.abc import Mapping

from app.keys import KeyTree
from app.mapping.algebra.simplifying import simplified
from app.mapping.algebra.spelling import expression_from
from app.mapping.evaluation import evaluate
from app.mapping.induction.freshness import fresh_rules
from app.mapping.induction.inducing import induce_expressions
from app.mapping.outcomes import Leaf, Recipe, Step
from app.mapping.plan import Expr, Plan


def compose(first: Plan, second: Plan, sources: Mapping[str, KeyTree], middle: KeyTree, target: KeyTree) -> Plan:
    """Write the plan that does what `first` (sources to middle) and then `second` (middle to target) do.

    Keys that either of them leaves unfilled stay so: they start fresh.
    """
    made = {key: outcome.recipe for key, outcome in evaluate(first, sources, middle).targets.items() if outcome.state == "loaded"}
    expressions: dict[str, Expr] = {}
    fresh: list[str] = []
    for key, outcome in evaluate(second, {"": middle}, target).targets.items():
        recipe = _replaced(outcome.recipe, made) if outcome.state == "loaded" and outcome.recipe is not None else None
        if recipe is not None:
            expressions[key] = expression_from(simplified(recipe, sources))
        elif outcome.state != "missing" or not outcome.benign:
            fresh.append(key)
    return Plan((*fresh_rules(fresh, expressions, target), *induce_expressions(expressions, sources, target)))


def _replaced(recipe: Recipe, made: Mapping[str, Recipe | None]) -> Recipe | None:
    """Put what a middle key is made of in its place; None where one is not made."""
    if isinstance(recipe, Leaf):
        return made.get(recipe.key)
    inputs = [_replaced(inner, made) for inner in recipe.inputs]
    if any(inner is None for inner in inputs):
        return None
    return Step(recipe.op, tuple(inner for inner in inputs if inner is not None), recipe.args, recipe.shape, recipe.dtype)
