"""What a rule has to hold by itself, whatever the trees: checked when a plan is read and when an edit is made."""

import re
from collections.abc import Iterator

from app.mapping.arithmetic import parse_formula, variables
from app.mapping.errors import PatternError, PlanError
from app.mapping.expressions import is_formula
from app.mapping.ops import op_named
from app.mapping.patterns import Kind, Part, Rest, Slot, Star, bare_names, kinds_of, parse_pattern, used_names
from app.mapping.plan import Arg, Bind, Call, Expr, Ignore, Init, Ref, Rename, Rule
from app.mapping.policies import check_policy
from app.mapping.regexes import compile_regex

_NAME = re.compile(r"(?!raw\Z)[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_DEEPEST = 24


def check_rule(rule: Rule) -> None:
    """Raise PlanError where a rule cannot be read or contradicts itself."""
    if rule.confidence is not None and not 0 <= rule.confidence <= 1:
        raise PlanError("rule_confidence", confidence=rule.confidence)
    match rule:
        case Bind():
            check_bind(rule)
        case Rename():
            check_source(rule.source or "")
            _check_rename(rule)
        case Ignore():
            check_source(rule.source or "")
            _no_formula(parse_pattern(rule.pattern), rule.pattern)
        case Init():
            _no_formula(parse_pattern(rule.pattern), rule.pattern)
            check_policy(rule.policy, rule.args)


def check_source(name: str) -> None:
    """Raise PlanError where a source has a name that the text could not spell."""
    if name and not _NAME.match(name):
        raise PlanError("source_name", source=name)


def _check_rename(rule: Rename) -> None:
    if rule.how == "regex":
        compile_regex(rule.find, rule.to)
    elif not rule.find:
        raise PlanError("rename_empty", how=rule.how)
    elif rule.how in {"strip_prefix", "add_prefix"} and rule.to:
        raise PlanError("rename_to", how=rule.how)


def _no_formula(parts: tuple[Part, ...], pattern: str) -> None:
    if any(isinstance(part, Slot) for part in parts):
        raise PatternError("pattern_formula_alone", pattern=pattern, column=1)


def refs(expr: Expr) -> Iterator[Ref]:
    """All references of an expression, from left to right."""
    if isinstance(expr, Ref):
        yield expr
    else:
        for inner in expr.inputs:
            yield from refs(inner)


def rule_kinds(rule: Bind) -> dict[str, Kind]:
    """Kinds of the placeholders of a bind, both sides together."""
    return kinds_of(parse_pattern(rule.target), *(parse_pattern(ref.pattern) for ref in refs(rule.value)))


def check_bind(rule: Bind) -> None:
    """Raise PlanError where the two sides of a bind do not belong together."""
    left = parse_pattern(rule.target)
    sides = [(ref, parse_pattern(ref.pattern)) for ref in refs(rule.value)]
    if not sides:
        raise PlanError("bind_without_source", target=rule.target)
    for pattern, parts in ((rule.target, left), *((ref.pattern, parts) for ref, parts in sides)):
        if any(isinstance(part, Star) for part in parts):
            raise PatternError("bind_star", pattern=pattern, column=1)
    on_left, kinds = set(used_names(left)), rule_kinds(rule)
    bare = set(bare_names(left)).union(*(bare_names(parts) for _, parts in sides))
    for name in sorted(on_left.union(*(used_names(parts) for _, parts in sides))):
        if name not in bare:
            raise PlanError("bind_never_bare", placeholder=name, target=rule.target)
    for ref, parts in sides:
        check_source(ref.source)
        _check_gather(ref, parts, on_left, kinds)
    _check_expression(rule.value, on_left, 0)


def _check_gather(ref: Ref, parts: tuple[Part, ...], on_left: set[str], kinds: dict[str, Kind]) -> None:
    gathered = [name for name in used_names(parts) if name not in on_left]
    for part in parts:
        if isinstance(part, Rest) and part.name not in on_left:
            raise PatternError("gather_rest", pattern=ref.pattern, placeholder=part.name, column=1)
        if isinstance(part, Slot) and any(name in gathered for name in variables(part.formula)):
            raise PatternError("gather_formula", pattern=ref.pattern, column=1)
    if len(gathered) > 1:
        raise PatternError("gather_two", pattern=ref.pattern, first=gathered[0], second=gathered[1], column=1)
    if gathered and not kinds[gathered[0]].integer:
        raise PatternError("gather_text", pattern=ref.pattern, placeholder=gathered[0], column=1)


def gathers(expr: Expr, on_left: frozenset[str]) -> bool:
    """Whether an expression is a reference that stands for several keys."""
    return isinstance(expr, Ref) and any(name not in on_left for name in used_names(parse_pattern(expr.pattern)))


def _check_expression(expr: Expr, on_left: set[str], depth: int) -> None:
    if depth > _DEEPEST:
        raise PlanError("expression_deep")
    if isinstance(expr, Ref):
        if depth == 0 and gathers(expr, frozenset(on_left)):
            raise PlanError("gather_alone", pattern=expr.pattern)
        return
    op = op_named(expr.op)
    many = any(gathers(inner, frozenset(on_left)) for inner in expr.inputs)
    if many and op.most is not None:
        raise PlanError("gather_single", op=expr.op)
    if not many and (len(expr.inputs) < op.least or (op.most is not None and len(expr.inputs) > op.most)):
        raise PlanError("op_inputs", op=op.name, found=len(expr.inputs), least=op.least, most="any" if op.most is None else op.most)
    if expr.index is not None and not op.results:
        raise PlanError("op_no_results", op=op.name)
    op.filled(expr.args)
    for value in (*expr.args.values(), expr.index):
        _check_argument(value, on_left, expr)
    for inner in expr.inputs:
        _check_expression(inner, on_left, depth + 1)


def _check_argument(value: Arg, on_left: set[str], call: Call) -> None:
    if isinstance(value, list):
        for item in value:
            _check_argument(item, on_left, call)
    elif isinstance(value, str) and is_formula(value):
        for name in variables(parse_formula(value[1:-1])):
            if name not in on_left:
                raise PlanError("op_argument_placeholder", op=call.op, placeholder=name)
