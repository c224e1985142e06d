"""A pair of rows that a person drew together becomes rules: family on family, module on module, one key on one key.

Rows fold indices, so a row is a set of keys that share their first segments but for integers. Indices of the two sides are paired in order, and
may be shifted (`blocks.0` onto `layers.1`). What a rule would really do is counted by evaluating it alone on both trees.
"""

from collections.abc import Iterable, Sequence

import msgspec

from app.errors import KeygraftError
from app.keys import KeyTree
from app.keys.folding import is_index
from app.mapping.errors import OpError, PatternError, PlanError
from app.mapping.evaluation import evaluate
from app.mapping.folds import HOLE, fold_tree
from app.mapping.outcomes import Evaluation
from app.mapping.patterns import escape
from app.mapping.plan import Bind, Expr, Init, Plan, Ref, Rule
from app.mapping.shapefit import ways_to_fit
from app.mapping.text import parse_rule

_NAMES = "ijklmn"
_MOST_COUNTED = 30_000
"""Keys of a tree up to which a rule is tried on the whole of it; above, on the drawn rows."""

_MOST_IN_ORDER = 64
"""Leaves of a module up to which children with other names are offered in their order."""


class DrawingError(KeygraftError):
    """Two rows that cannot be mapped onto each other."""


class Drawn(msgspec.Struct, frozen=True):
    """One row: its keys, and how many segments its own path has (all of them for a leaf)."""

    keys: tuple[str, ...]
    depth: int


class Suggestion(msgspec.Struct, frozen=True):
    """Rules that a drawn pair could mean.

    code       -- message `suggestion-<code>`: what they do, in words
    hits       -- target keys that would be loaded
    misses     -- drawn target keys that would not be
    collisions -- target keys that are loaded in another way now
    shape      -- of the result, where an op makes it fit
    """

    rules: tuple[Rule, ...]
    code: str
    hits: tuple[str, ...]
    misses: tuple[str, ...] = ()
    collisions: tuple[str, ...] = ()
    params: dict[str, str | int] = {}
    shape: tuple[int, ...] | None = None

    @property
    def plain(self) -> bool:
        """Whether it does just what was drawn: everything is hit, nothing else changes."""
        return bool(self.hits) and not self.misses and not self.collisions and self.code in {"identity", "module"}


class _Side(msgspec.Struct, frozen=True):
    """A row with its first segments apart: None where an index stands."""

    head: tuple[str | None, ...]
    values: tuple[tuple[int, ...], ...]
    rests: tuple[tuple[str, ...], ...]
    separator: str


class _Pair(msgspec.Struct, frozen=True):
    """Both sides of one drawing, and the trees they come from."""

    source: KeyTree
    target: KeyTree
    name: str
    drawn: Drawn
    onto: Drawn
    now: Evaluation | None


def draw(
    source: KeyTree, target: KeyTree, drawn: Drawn, onto: Drawn, *, name: str = "", now: Evaluation | None = None
) -> tuple[Suggestion, ...]:
    """Suggest rules for a row of `source` drawn onto a row of `target`, best first. Raises DrawingError where nothing can be meant."""
    if not drawn.keys or not onto.keys:
        raise DrawingError("drawn_nothing")
    pair = _Pair(source, target, name, drawn, onto, now)
    from_side, to_side = _side(drawn, source), _side(onto, target)
    if any(to_side.rests) and any(from_side.rests):
        found = [*_modules(pair, from_side, to_side)]
    elif any(to_side.rests) or any(from_side.rests):
        raise DrawingError("drawn_leaf_on_module", source=drawn.keys[0], target=onto.keys[0])
    else:
        found = [*_leaves(pair, from_side, to_side)]
    if not found:
        raise DrawingError("drawn_no_names_agree", source=drawn.keys[0], target=onto.keys[0])
    return tuple(found)


def generalise(
    source: KeyTree, target: KeyTree, drawn: Drawn, onto: Drawn, *, name: str = "", now: Evaluation | None = None
) -> Suggestion | None:
    """Suggest the rule that does for all equal blocks what was drawn for one; None where it would reach nothing more."""
    pair = _Pair(source, target, name, drawn, onto, now)
    from_side, to_side = _side(drawn, source, every=True), _side(onto, target, every=True)
    if not to_side.values or len(from_side.values) != len(to_side.values):
        return None
    module = any(to_side.rests) and any(from_side.rests)
    alike = _among_alike(pair)
    if len(alike.target.tensors) <= len(onto.keys):
        return None
    rule = _bind(from_side, to_side, name, tail="{rest*}" if module else "", ranged=False)
    suggestion = _tried(alike, (rule,), "module" if module else "identity", whole=True) if rule else None
    return suggestion if suggestion and len(suggestion.hits) > len(onto.keys) else None


def _side(drawn: Drawn, tree: KeyTree, *, every: bool = False) -> _Side:
    """Split a row's keys; an index that varies (with `every`: any index) becomes a hole."""
    split = [tuple(key.split(tree.separator)) for key in drawn.keys]
    depth = min(drawn.depth, *(len(segments) for segments in split)) if len(split) > 1 else min(drawn.depth, len(split[0]))
    head: list[str | None] = []
    values: list[tuple[int, ...]] = []
    for place in range(depth):
        found = dict.fromkeys(segments[place] for segments in split)
        if all(is_index(text) for text in found) and (every or len(found) > 1):
            head.append(None)
            values.append(tuple(sorted(int(text) for text in found)))
        elif len(found) == 1:
            head.append(next(iter(found)))
        else:
            raise DrawingError("drawn_mixed_rows", source=drawn.keys[0])
    rests = tuple(dict.fromkeys(segments[depth:] for segments in split))
    return _Side(tuple(head), tuple(values), rests, tree.separator)


def _placed(side: _Side, holes: Iterable[str], tail: str) -> str:
    filling = iter(holes)
    parts = [next(filling) if segment is None else escape(segment) for segment in side.head]
    return side.separator.join([*parts, tail] if tail else parts)


def _holes(from_side: _Side, to_side: _Side, *, ranged: bool) -> tuple[list[str], list[str]]:
    """Write the holes of target and source, which have equally many."""
    here: list[str] = []
    there: list[str] = []
    for name, wanted, given in zip(_NAMES, to_side.values, from_side.values, strict=False):
        shift = wanted[0] - given[0]
        if shift and tuple(value + shift for value in given) != wanted and len(given) > 1:
            shift = 0
        here.append(f"{{{name}:{wanted[0]}..{wanted[-1]}}}" if ranged and len(wanted) > 1 else f"{{{name}}}")
        there.append(f"{{{name}}}" if not shift else f"{{{name}{-shift:+d}}}")
    return here, there


def _bind(from_side: _Side, to_side: _Side, source: str, *, tail: str, ranged: bool) -> Bind | None:
    if len(from_side.values) != len(to_side.values):
        return None
    holes = _holes(from_side, to_side, ranged=ranged)
    return Bind(target=_placed(to_side, holes[0], tail), value=Ref(_placed(from_side, holes[1], tail), source))


def _modules(pair: _Pair, from_side: _Side, to_side: _Side) -> Iterable[Suggestion]:
    """Module on module: what has the same rest of its name; else, where shapes agree one by one, their order."""
    named = _ranged(pair, from_side, to_side, "{rest*}", "module")
    if named and named.hits:
        yield named
    if (not named or named.misses) and len(from_side.rests) == len(to_side.rests) <= _MOST_IN_ORDER:
        in_order = _in_order(pair, from_side, to_side)
        if in_order and (not named or len(in_order.hits) > len(named.hits)):
            yield in_order


def _in_order(pair: _Pair, from_side: _Side, to_side: _Side) -> Suggestion | None:
    rules: list[Rule] = []
    for given, wanted in zip(from_side.rests, to_side.rests, strict=True):
        rule = _bind(_deeper(from_side, given), _deeper(to_side, wanted), pair.name, tail="", ranged=False)
        if rule is None or not given or not wanted:
            return None
        rules.append(rule)
    tried = _tried(pair, tuple(rules), "in_order")
    return tried if tried and not tried.misses else None


def _deeper(side: _Side, rest: tuple[str, ...]) -> _Side:
    return msgspec.structs.replace(side, head=(*side.head, *rest), rests=((),))


def _leaves(pair: _Pair, from_side: _Side, to_side: _Side) -> Iterable[Suggestion]:
    """Family on family: as it is where shapes agree, else every op that makes it fit, and starting fresh."""
    given, wanted = pair.source.tensors[pair.drawn.keys[0]].shape, pair.target.tensors[pair.onto.keys[0]].shape
    if len(from_side.values) == len(to_side.values):
        same = _ranged(pair, from_side, to_side, "", "identity")
        if same and same.hits:
            yield same
            return
        if given is not None and wanted is not None and (rule := _bind(from_side, to_side, pair.name, tail="", ranged=False)):
            yield from _fitting(pair, rule, ways_to_fit(rule.value, given, wanted))
    elif given is not None and wanted is not None:
        yield from _gathering(pair, from_side, to_side)
    yield _fresh(to_side)


def _gathering(pair: _Pair, from_side: _Side, to_side: _Side) -> Iterable[Suggestion]:
    """One index more on one side: stacked experts, or one of a stack."""
    fewer, more = sorted((from_side, to_side), key=lambda side: len(side.values))
    if len(more.values) != len(fewer.values) + 1:
        return
    kept = [f"{{{name}}}" for name, _ in zip(_NAMES, fewer.values, strict=False)]
    found: list[Suggestion] = []
    for extra in range(len(more.values)):
        holes = [*kept[:extra], "{e}", *kept[extra:]]
        if more is from_side:
            line = f"{_quoted(_placed(to_side, kept, ''))} = stack({_quoted(_placed(from_side, holes, ''), pair.name)}, dim=0)"
            tried = _parsed(pair, line, "stack", {"count": len(more.values[extra])})
        else:
            line = (
                f"{_quoted(_placed(to_side, holes, ''))} = select({_quoted(_placed(from_side, kept, ''), pair.name)}, dim=0, index={{e}})"
            )
            tried = _parsed(pair, line, "select", {"count": len(more.values[extra])})
        if tried:
            found.append(tried)
    yield from sorted(found, key=lambda each: len(each.misses))


def _quoted(pattern: str, source: str = "") -> str:
    return f'{source}:"{pattern}"' if source else f'"{pattern}"'


def _parsed(pair: _Pair, line: str, code: str, params: dict[str, str | int]) -> Suggestion | None:
    try:
        rule = parse_rule(line)
    except (PlanError, PatternError, OpError):
        return None
    tried = _tried(pair, (rule,), code)
    return msgspec.structs.replace(tried, params=params) if tried and tried.hits else None


def _fitting(pair: _Pair, rule: Bind, ways: Iterable[tuple[str, Expr, dict[str, str | int]]]) -> Iterable[Suggestion]:
    for code, value, params in ways:
        tried = _tried(pair, (msgspec.structs.replace(rule, value=value),), code)
        if tried and tried.hits:
            shape = pair.target.tensors[pair.onto.keys[0]].shape
            yield msgspec.structs.replace(tried, params=params, shape=shape)


def _fresh(to_side: _Side) -> Suggestion:
    """The target starts fresh instead: always possible, always last."""
    holes = [f"{{{name}:{values[0]}..{values[-1]}}}" for name, values in zip(_NAMES, to_side.values, strict=False)]
    return Suggestion((Init(_placed(to_side, holes, "")),), "fresh", ())


def _ranged(pair: _Pair, from_side: _Side, to_side: _Side, tail: str, code: str) -> Suggestion | None:
    """The rule without ranges if it reaches just what was drawn, else the one with ranges."""
    wide = _bind(from_side, to_side, pair.name, tail=tail, ranged=False)
    if wide is None:
        return None
    tried = _tried(_among_alike(pair), (wide,), code, whole=True)
    if tried is None or not to_side.values or set(tried.hits) <= set(pair.onto.keys):
        return tried
    narrow = _bind(from_side, to_side, pair.name, tail=tail, ranged=True)
    return (_tried(pair, (narrow,), code) if narrow else None) or tried


def _tried(pair: _Pair, rules: tuple[Rule, ...], code: str, *, whole: bool = False) -> Suggestion | None:
    """Count what rules do, each way; of very large trees only among what was drawn, unless the `whole` is asked for. None where they cannot be read."""
    source = pair.source if whole else _part(pair.source, pair.drawn.keys)
    target = pair.target if whole else _part(pair.target, pair.onto.keys)
    try:
        found = evaluate(Plan(rules), {pair.name: source}, target)
    except (PlanError, PatternError, OpError):
        return None
    hits = tuple(key for key, outcome in found.targets.items() if outcome.rule is not None and outcome.state == "loaded")
    reached = set(hits)
    return Suggestion(
        rules,
        code,
        hits,
        tuple(key for key in pair.onto.keys if key not in reached),
        _collisions(hits, found, pair.now),
    )


def _collisions(hits: Sequence[str], found: Evaluation, now: Evaluation | None) -> tuple[str, ...]:
    if now is None:
        return ()
    return tuple(
        key
        for key in hits
        if (before := now.targets.get(key)) is not None and before.state == "loaded" and before.recipe != found.targets[key].recipe
    )


def _among_alike(pair: _Pair) -> _Pair:
    """The drawing among all that its rule can reach."""
    sides = _side(pair.drawn, pair.source, every=True), _side(pair.onto, pair.target, every=True)
    return msgspec.structs.replace(pair, source=_alike(pair.source, sides[0]), target=_alike(pair.target, sides[1]))


def _alike(tree: KeyTree, side: _Side) -> KeyTree:
    """Of a very large tree the families that a row with holes can mean: its own, or those below it."""
    if len(tree.tensors) <= _MOST_COUNTED:
        return tree
    form = side.separator.join(HOLE if segment is None else segment for segment in side.head)
    below = form + side.separator
    found = [family for family in fold_tree(tree) if family.template == form or family.template.startswith(below)]
    return msgspec.structs.replace(tree, tensors={key: tree.tensors[key] for family in found for key in family.keys})


def _part(tree: KeyTree, keys: Sequence[str]) -> KeyTree:
    if len(tree.tensors) <= _MOST_COUNTED:
        return tree
    return msgspec.structs.replace(tree, tensors={key: tree.tensors[key] for key in keys if key in tree.tensors})
