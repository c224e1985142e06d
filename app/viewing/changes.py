"""What changed between two versions of a transfer, as a reviewer reads it: by rule, and by outcome of whole families."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from app.keys.folding import family_of
from app.mapping import diff, statement
from app.mapping.algebra.comparing import Change
from app.mapping.outcomes import Evaluation, Leaf, Recipe, SourceOutcome
from app.mapping.plan import Bind, Ignore, Init, Plan, Rename, Rule
from app.viewing.rulebook import in_words

ChangeKind = Literal["added", "removed", "changed", "moved", "carried"]
_SAMPLES = 5


class Version(msgspec.Struct, frozen=True):
    """One version of a transfer: its plan, and what that does to each key."""

    plan: Plan
    evaluation: Evaluation


class Spoken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule of one version, in words and in code, with its place and the keys that it touches.

    words -- message `rule-<words>` with its parameters
    keys  -- target keys that it decides, or source keys that it leaves behind
    """

    index: int
    statement: str
    words: str
    params: dict[str, str | int]
    keys: int
    note: str = ""
    enabled: bool = True


class RuleChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that is not what it was; `changed` pairs a rule that went with the one that came for the same keys."""

    kind: ChangeKind
    before: Spoken | None = None
    after: Spoken | None = None

    @property
    def name(self) -> str:
        """The statement that comments and ticks are pinned to."""
        spoken = self.after or self.before
        return spoken.statement if spoken else ""


class OutcomeChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keys of one family whose outcome is another now.

    side   -- "target", or "source" for those that are used, ignored or unexpected
    before -- state; empty where the key was not there
    origin -- with both states `loaded`: the weights come from elsewhere, or through other ops
    """

    side: Literal["target", "source"]
    family: str
    before: str
    after: str
    keys: int
    samples: tuple[str, ...]
    origin: bool = False


class Changes(msgspec.Struct, frozen=True):
    """All that differs. `same` says that the rules are equal to the letter."""

    rules: tuple[RuleChange, ...]
    outcomes: tuple[OutcomeChange, ...]

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return not self.rules and not self.outcomes


def changes(before: Version, after: Version, separator: str = ".") -> Changes:
    """Compare two versions of one transfer."""
    return Changes(_rules(before, after), _outcomes(before.evaluation, after.evaluation, separator))


def touched(evaluation: Evaluation) -> Counter[int]:
    """Keys that each rule decides: targets that it fills or fails to fill, sources that it leaves behind."""
    counted = Counter(outcome.rule for outcome in evaluation.targets.values() if outcome.rule is not None)
    for outcomes in evaluation.sources.values():
        counted.update(outcome.rule for outcome in outcomes.values() if outcome.state == "ignored" and outcome.rule is not None)
    return counted


def spoken(index: int, rule: Rule, keys: int) -> Spoken:
    """A rule as a reviewer reads it."""
    words, params = in_words(rule)
    return Spoken(index, statement(rule), words, params, keys, rule.note, rule.enabled)


def _rules(before: Version, after: Version) -> tuple[RuleChange, ...]:
    then, now = touched(before.evaluation), touched(after.evaluation)

    def told(kind: ChangeKind, change: Change) -> RuleChange:
        first = None if change.before is None else spoken(*change.before, then[change.before[0]])
        last = None if change.after is None else spoken(*change.after, now[change.after[0]])
        return RuleChange(kind, first, last)

    found = [told(kind, change) for kind, change in _paired(diff(before.plan, after.plan).changes)]
    return tuple(sorted(found, key=_place))


def _place(change: RuleChange) -> tuple[int, int]:
    if change.after is not None:
        return change.after.index, 1
    return (change.before.index if change.before is not None else 0), 0


def _paired(found: Iterable[Change]) -> list[tuple[ChangeKind, Change]]:
    """Put a rule that went and one that came for the same keys together: to a reviewer that is one change."""
    gone: dict[tuple[str, str], list[Change]] = defaultdict(list)
    told: list[tuple[ChangeKind, Change]] = []
    for change in found:
        if change.kind == "removed" and change.before is not None:
            gone[_subject(change.before[1])].append(change)
    for change in found:
        if change.kind == "added" and change.after is not None and gone[_subject(change.after[1])]:
            told.append(("changed", Change("changed", gone[_subject(change.after[1])].pop(0).before, change.after)))
        elif change.kind != "removed":
            told.append((_KINDS[change.kind], change))
    told += [("removed", change) for changes_of_one in gone.values() for change in changes_of_one]
    return told


_KINDS: dict[str, ChangeKind] = {"added": "added", "moved": "moved", "carried": "carried"}


def _subject(rule: Rule) -> tuple[str, str]:
    """What a rule speaks of."""
    match rule:
        case Bind():
            return "target", rule.target
        case Init():
            return "target", rule.pattern
        case Ignore():
            return "source", rule.pattern
        case Rename():
            return "rename", rule.find


def _outcomes(before: Evaluation, after: Evaluation, separator: str) -> tuple[OutcomeChange, ...]:
    found: dict[tuple[str, str, str, str, bool], list[str]] = defaultdict(list)
    for key in _either(before.targets, after.targets):
        old, new = before.targets.get(key), after.targets.get(key)
        then, now = old.state if old else "", new.state if new else ""
        origin = old is not None and new is not None and then == now == "loaded" and _origin(old.recipe) != _origin(new.recipe)
        if then != now or origin:
            found["target", family_of(key, separator)[0], then, now, origin].append(key)
    for name in _either(before.sources, after.sources):
        for key, was, is_now in _moved(before.sources.get(name, {}), after.sources.get(name, {})):
            template = family_of(key, separator)[0]
            found["source", f"{name}:{template}" if name else template, was, is_now, False].append(key)
    return tuple(_change(*at, keys) for at, keys in found.items())


def _moved(old: Mapping[str, SourceOutcome], new: Mapping[str, SourceOutcome]) -> Iterator[tuple[str, str, str]]:
    for key in _either(old, new):
        then, now = old[key].state if key in old else "", new[key].state if key in new else ""
        if then != now:
            yield key, then, now


def _change(side: str, family: str, before: str, after: str, origin: bool, keys: list[str]) -> OutcomeChange:
    where: Literal["target", "source"] = "target" if side == "target" else "source"
    return OutcomeChange(where, family, before, after, len(keys), tuple(keys[:_SAMPLES]), origin)


def _origin(recipe: Recipe | None) -> object:
    """What fills a key, whatever its result's shape is called."""
    if recipe is None or isinstance(recipe, Leaf):
        return recipe
    return (
        recipe.op,
        tuple(sorted((name, repr(value)) for name, value in recipe.args.items())),
        tuple(_origin(each) for each in recipe.inputs),
    )


def _either(first: Mapping[str, object], second: Mapping[str, object]) -> list[str]:
    return [*first, *(key for key in second if key not in first)]
