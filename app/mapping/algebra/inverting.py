"""The inverse of a plan on given trees: a plan from the target back to one source."""

from collections.abc import Mapping

import msgspec

from app.keys import KeyTree
from app.mapping.algebra.undoing import undo, widens
from app.mapping.block import leaves
from app.mapping.evaluation import evaluate
from app.mapping.induction.freshness import fresh_rules
from app.mapping.induction.inducing import induce_expressions
from app.mapping.outcomes import Leaf, Reason, Recipe
from app.mapping.plan import Expr, Ignore, Plan, Rule


class Loss(msgspec.Struct, frozen=True):
    """A source key that the inverse cannot give back, and why: message `reason-<code>`."""

    key: str
    reason: Reason


class Inversion(msgspec.Struct, frozen=True):
    """An inverse plan, and the source keys that it cannot give back."""

    plan: Plan
    lost: tuple[Loss, ...]


def inverse(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, *, source: str = "") -> Inversion:
    """Write the plan that makes one source's keys from the target's.

    The target becomes the unnamed source. Source keys that cannot be had back start fresh there and are listed; target keys that give nothing back
    are left behind.
    """
    recipes, cast = _recipes(plan, sources, target)
    undone = undo(recipes, sources)
    tree = sources[source]
    expressions: dict[str, Expr] = {}
    lost: list[Loss] = []
    for key in tree.tensors:
        leaf = Leaf(key, source)
        expr = undone.values.get(leaf)
        if expr is not None:
            expressions[key] = expr
            if leaf in cast:
                lost.append(Loss(key, Reason("lost_precision", {"dtype": cast[leaf]})))
        elif leaf in undone.stuck:
            lost.append(Loss(key, Reason("lost_op", {"op": undone.stuck[leaf]})))
        else:
            lost.append(Loss(key, Reason("lost_unused")))
    rules = induce_expressions(expressions, {"": target}, tree)
    gone = [loss.key for loss in lost if loss.reason.code != "lost_precision"]
    return Inversion(Plan((*fresh_rules(gone, expressions, tree), *rules, *_ignored(recipes, target))), tuple(lost))


def _recipes(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree) -> tuple[dict[str, Recipe], dict[Leaf, str]]:
    """Return what fills each target, and the source keys that loading narrows to another dtype."""
    recipes: dict[str, Recipe] = {}
    narrowed: dict[Leaf, str] = {}
    for key, outcome in evaluate(plan, sources, target).targets.items():
        if outcome.state != "loaded" or outcome.recipe is None:
            continue
        recipes[key] = outcome.recipe
        reason = outcome.reason
        if reason is not None and reason.code == "dtype_cast" and not widens(str(reason.params["found"]), str(reason.params["wanted"])):
            for leaf in leaves(outcome.recipe):
                narrowed[leaf] = target.tensors[key].dtype
    return recipes, narrowed


def _ignored(recipes: Mapping[str, Recipe], target: KeyTree) -> list[Rule]:
    left = [key for key in target.tensors if key not in recipes]
    return [Ignore(rule.pattern) for rule in fresh_rules(left, recipes, target)]
