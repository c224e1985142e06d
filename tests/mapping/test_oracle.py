"""Evaluation by families against the plain reading of the rules, key by key; readers against any text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.mapping import (
    Bind,
    Init,
    Leaf,
    Plan,
    PlanError,
    Ref,
    Rename,
    check_rule,
    evaluate,
    matcher,
    parse_plan,
    parse_rule,
    plan_from_json,
    renamer,
)
from app.mapping.matching import format_key
from app.mapping.patterns import kinds_of, parse_pattern
from tests.mapping.trees import tree

SEGMENT = st.sampled_from(["a", "b", "l", "0", "1", "2", "10", "n3", "w"])
KEY = st.lists(SEGMENT, min_size=1, max_size=4).map(".".join)
PATTERN = st.lists(st.sampled_from(["a", "l", "{i}", "{x}", "{j:0..1}", "n{k}", "0", "w", "{p:a|w}", "{i+1}"]), min_size=1, max_size=4).map(
    ".".join
)
REST = st.sampled_from(["", ".{rest*}"])
RULE = (
    st.builds(lambda left, right, rest: Bind(left + rest, Ref(right + rest)), PATTERN, PATTERN, REST)
    | st.builds(Init, PATTERN)
    | st.builds(lambda find: Rename("strip_prefix", find), st.sampled_from(["a.", "l.", "b"]))
    | st.builds(lambda find, to: Rename("replace", find, to), st.sampled_from(["a", "w", "0"]), st.sampled_from(["b", "w", "1"]))
    | st.just(Rename("regex", r"^l\.(\d)", r"a.\1"))
)


def _readable(rule):
    try:
        check_rule(rule)
    except PlanError:
        return False
    return True


def _plainly(rules, source, target):
    """The order of 'The plan', written down as it is said, without families; formulas on the left are left to another test."""
    working = {}
    for key in source:
        name, last = key, None
        for index, rule in enumerate(rules):
            if isinstance(rule, Rename):
                changed = renamer(rule)(name)
                last = index if changed != name else last
                name = changed
        working.setdefault(name, []).append((key, last))
    out = {}
    for key in target:
        out[key] = _one(key, rules, working)
    return out


def _one(key, rules, working):
    for index, rule in enumerate(rules):
        if isinstance(rule, Init) and matcher(rule.pattern).match(key) is not None:
            return "initialised", index, None
    taken = False
    for index, rule in enumerate(rules):
        if isinstance(rule, Bind):
            left, right = parse_pattern(rule.target), parse_pattern(rule.value.pattern)
            values = matcher(rule.target, ".", kinds_of(left, right)).match(key)
            if values is None:
                continue
            taken = True
            name = format_key(right, values, ".")
            found = working.get(name, [])
            if found:
                return ("loaded", index, found[0][0]) if len(found) == 1 else ("conflicting", index, None)
    reached = [(owner, last) for owner, last in working.get(key, []) if last is not None or not taken]
    if not reached:
        return "missing", None, None
    if len(reached) > 1:
        return "conflicting", None, None
    return "loaded", reached[0][1], reached[0][0]


@given(st.lists(RULE.filter(_readable), max_size=6), st.lists(KEY, unique=True, max_size=14), st.lists(KEY, unique=True, max_size=14))
@settings(max_examples=400)
def test_families_change_nothing(rules, source, target):
    """The same states, rules and sources as the plain reading."""
    rules = [rule for rule in rules if not (isinstance(rule, Bind) and "+1}" in rule.target)]
    wanted = _plainly(rules, source, target)
    found = evaluate(Plan(tuple(rules)), {"": tree(dict.fromkeys(source, (2,)))}, tree(dict.fromkeys(target, (2,)))).targets
    for key, (state, rule, owner) in wanted.items():
        outcome = found[key]
        assert outcome.state == state
        if state == "loaded":
            assert outcome.recipe == Leaf(owner)
        if state in {"loaded", "initialised"}:
            assert outcome.rule == rule


@given(st.text(max_size=60))
def test_any_text_reads_or_is_refused(text):
    """Nothing but a plan or a PlanError comes out."""
    for read in (
        lambda: parse_plan("keygraft_plan 1\n" + text),
        lambda: parse_rule(text),
        lambda: plan_from_json(text.encode("utf-8", "replace")),
    ):
        try:
            read()
        except PlanError as error:
            assert error.code  # noqa: PT017 - refusal is one of the two good ends


@given(
    st.lists(
        st.sampled_from(
            [
                '"a"',
                '"b.{i}"',
                "=",
                "chunk",
                "stack",
                "(",
                ")",
                "[",
                "]",
                ",",
                "3",
                "{i}",
                "dim",
                "-1",
                "in",
                "init",
                "rename",
                "regex",
                "->",
                "@",
                "off",
                "#",
                "{",
                "}",
                ":",
                "raw",
                "none",
            ]
        ),
        max_size=14,
    ).map(" ".join)
)
def test_any_words_read_or_are_refused(text):
    """Words of the language in any order."""
    try:
        parse_plan("keygraft_plan 1\n" + text)
    except PlanError as error:
        assert error.params.get("line", 2) in {1, 2}  # noqa: PT017
