"""The heart: plans, their rules and ops, what they do to trees, and how they are edited."""

from app.mapping.algebra import compose, diff, inverse, merge, rebase
from app.mapping.benign import BENIGN
from app.mapping.block import leaves
from app.mapping.claims import Claim, Proposal
from app.mapping.demands import Demands, demands
from app.mapping.documents import plan_from_json, plan_schema, plan_to_json
from app.mapping.edits import AddRule, Edit, EnableRule, MoveRule, RemoveRule, ReplaceRule, SetPlan, Several, apply, invert, touched
from app.mapping.errors import EditError, OpError, PatternError, PlanError, RegexError
from app.mapping.evaluation import Evaluator, evaluate
from app.mapping.freezing import digest, freeze, thaw, unmet
from app.mapping.induction import induce
from app.mapping.linting import Finding, lint
from app.mapping.matching import matcher
from app.mapping.offers import Offers, offers
from app.mapping.ops import ops_table
from app.mapping.outcomes import Coverage, Evaluation, Leaf, Reason, Recipe, SourceOutcome, Step, TargetOutcome
from app.mapping.patterns import escape
from app.mapping.plan import (
    Arg,
    Bind,
    Call,
    Expr,
    FrozenTensor,
    Ignore,
    Init,
    Plan,
    Ref,
    Rename,
    Rule,
    SourceExpectation,
)
from app.mapping.regexes import compile_regex
from app.mapping.text import parse_plan, parse_rule, print_plan, print_rule, statement
from app.mapping.validation import check_rule, refs
from app.mapping.wording import claim_of, expression_of
from app.mapping.working import renamer, working_names

__all__ = [
    "BENIGN",
    "AddRule",
    "Arg",
    "Bind",
    "Call",
    "Claim",
    "Coverage",
    "Demands",
    "Edit",
    "EditError",
    "EnableRule",
    "Evaluation",
    "Evaluator",
    "Expr",
    "Finding",
    "FrozenTensor",
    "Ignore",
    "Init",
    "Leaf",
    "MoveRule",
    "Offers",
    "OpError",
    "PatternError",
    "Plan",
    "PlanError",
    "Proposal",
    "Reason",
    "Recipe",
    "Ref",
    "RegexError",
    "RemoveRule",
    "Rename",
    "ReplaceRule",
    "Rule",
    "SetPlan",
    "Several",
    "SourceExpectation",
    "SourceOutcome",
    "Step",
    "TargetOutcome",
    "apply",
    "check_rule",
    "claim_of",
    "compile_regex",
    "compose",
    "demands",
    "diff",
    "digest",
    "escape",
    "evaluate",
    "expression_of",
    "freeze",
    "induce",
    "inverse",
    "invert",
    "leaves",
    "lint",
    "matcher",
    "merge",
    "offers",
    "ops_table",
    "parse_plan",
    "parse_rule",
    "plan_from_json",
    "plan_schema",
    "plan_to_json",
    "print_plan",
    "print_rule",
    "rebase",
    "refs",
    "renamer",
    "statement",
    "thaw",
    "touched",
    "unmet",
    "working_names",
]
