"""From claims over single keys to few rules over families which replay exactly these claims."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from app.keys import KeyTree
from app.mapping.block import leaves
from app.mapping.claims import Claim
from app.mapping.errors import PlanError
from app.mapping.evaluation import evaluate
from app.mapping.induction.candidates import Candidate, Separators, candidates, forms
from app.mapping.induction.covering import Cover, arranged, weights_of
from app.mapping.induction.freshness import fresh_rules
from app.mapping.induction.loosening import loosened
from app.mapping.induction.pairs import Pairing, expression, plain, single
from app.mapping.induction.prefixes import without_prefix
from app.mapping.induction.sampling import sample
from app.mapping.induction.templates import shallow
from app.mapping.induction.trials import Trials
from app.mapping.outcomes import Leaf, Recipe, TargetOutcome
from app.mapping.plan import Expr, Init, Plan, Ref, Rename, Rule
from app.mapping.replay import recipe_of
from app.mapping.working import WorkingSource

_SAMPLED_FROM = 2_000
_CONTROL = frozenset(map(chr, range(32)))


def induce(claims: Mapping[str, Claim], sources: Mapping[str, KeyTree], target: KeyTree) -> tuple[Rule, ...]:
    """Write rules that give each claimed key its claim, and fill no other key.

    Claims of keys that a tree does not have are left out, and so are claims whose words cannot be read or whose op does not fit: they stay unfilled.
    """
    known = {key: claim for key, claim in claims.items() if key in target.tensors and _exists(claim, sources)}
    readable: dict[tuple[str, str], bool] = {}
    for key, claim in list(known.items()):
        if claim.op != "identity" and not _reads(key, claim, sources, target, readable):
            del known[key]
    return _induced(_Inducing(_Claimed(known, sources, target), sources, target), known, target)


def induce_expressions(given: Mapping[str, Expr], sources: Mapping[str, KeyTree], target: KeyTree) -> tuple[Rule, ...]:
    """Write rules from expressions over single keys of the files, one a target key."""
    return _induced(_Inducing(_Given(given, sources), sources, target), given, target)


def _induced(inducing: "_Inducing", known: Collection[str], target: KeyTree) -> tuple[Rule, ...]:
    if len(known) > _SAMPLED_FROM:
        rules = inducing.rules(_part(target, sample(target)))
        repaired = inducing.repaired(rules)
        if len(repaired) <= 2 * len(rules) + 8:
            return repaired
    return inducing.repaired(inducing.rules(target))


def _exists(claim: Claim, sources: Mapping[str, KeyTree]) -> bool:
    names = claim.names or ("",) * len(claim.sources)
    return bool(claim.sources) and all(
        name in sources and key in sources[name].tensors for name, key in zip(names, claim.sources, strict=True)
    )


def _reads(key: str, claim: Claim, sources: Mapping[str, KeyTree], target: KeyTree, known: dict[tuple[str, str], bool]) -> bool:
    """Whether the words of a claim make sense; asked once for each op, arguments and shapes."""
    names = claim.names or ("",) * len(claim.sources)
    shape = target.tensors[key].shape
    shapes = [sources[name].tensors[source].shape for name, source in zip(names, claim.sources, strict=True)]
    kind = (claim.op, f"{claim.args}{shape}{shapes}")
    if kind not in known:
        try:
            known[kind] = recipe_of(expression(claim, sources, shape), sources, shape) is not None
        except PlanError:
            known[kind] = False
    return known[kind]


def _part(tree: KeyTree, keys: Sequence[str]) -> KeyTree:
    return msgspec.structs.replace(tree, tensors={key: tree.tensors[key] for key in keys})


class _Claimed:
    """Expressions made from claims when they are asked for."""

    def __init__(self, claims: Mapping[str, Claim], sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self._claims = claims
        self._sources = sources
        self._target = target
        self.keys = claims.keys()

    def expression(self, key: str) -> Expr:
        """Return the claim of one key as an expression."""
        return expression(self._claims[key], self._sources, self._target.tensors[key].shape)

    def leaf(self, key: str) -> Leaf | None:
        """Return the only source key of a claim without an op."""
        claim = self._claims[key]
        return Leaf(claim.sources[0], claim.names[0] if claim.names else "") if claim.op == "identity" else None


class _Given:
    """Expressions that are there already, sizes left to shapes where shapes tell them, so that equal ops look equal."""

    def __init__(self, given: Mapping[str, Expr], sources: Mapping[str, KeyTree]) -> None:
        self._given = given
        self._sources = sources
        self.keys = given.keys()

    def expression(self, key: str) -> Expr:
        """Return the expression of one key."""
        return loosened(self._given[key], self._sources)

    def leaf(self, key: str) -> Leaf | None:
        """Return the only source key of an expression without an op."""
        expr = self._given[key]
        return Leaf(plain(expr.pattern), expr.source) if isinstance(expr, Ref) else None


class _Inducing:
    """One induction: what each key takes, and the trees."""

    def __init__(self, given: _Claimed | _Given, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self.given = given
        self.keys = given.keys
        self.sources = sources
        self.target = target
        self.working = {name: WorkingSource(name, tree, ()) for name, tree in sources.items()}
        self._expressions: dict[str, Expr] = {}
        self._recipes: dict[str, Recipe | None] = {}

    def expression(self, key: str) -> Expr:
        """Return the claim of one key as an expression."""
        found = self._expressions.get(key)
        if found is None:
            found = self._expressions[key] = self.given.expression(key)
        return found

    def recipe(self, key: str) -> Recipe | None:
        """Return what the claim of a key makes; None where its op does not fit the shapes."""
        if key not in self._recipes:
            leaf = self.given.leaf(key)
            shape = self.target.tensors[key].shape
            self._recipes[key] = recipe_of(self.expression(key), self.sources, shape) if leaf is None else leaf
        return self._recipes[key]

    def rules(self, target: KeyTree) -> list[Rule]:
        """Choose rules for the keys of a target."""
        expected: dict[str, Recipe] = {}
        pairing = Pairing(self.sources, target)
        alone = []
        for key in target.tensors:
            if key not in self.keys:
                continue
            recipe = self.recipe(key)
            if recipe is None or not _CONTROL.isdisjoint(key.join(leaf.key for leaf in leaves(recipe))):
                alone.append(key)
            else:
                expected[key] = recipe
                pairing.add(key, self.expression(key))
        pairs = pairing.pairs()
        separators = Separators(target.separator, {name: tree.separator for name, tree in self.sources.items()})
        pool: list[Candidate] = []
        for form, entries in forms(pairs).items():
            pool += candidates(form, entries, separators)
        free = frozenset(key for key, recipe in expected.items() if self._equal_name(key, recipe))
        weights = weights_of([[key for _, _, key in pair.members] for pair in pairs])
        cover = Cover(Trials(self.working, target, expected), weights, free, lambda key: str(shallow(key, target.separator)[0][:-1]))
        cover.run(pool)
        for key in (*alone, *(key for key in expected if key not in cover.decided and key not in cover.free)):
            cover.add(single(key, self.expression(key)), key)
        place = {key: at for at, key in enumerate(target.tensors)}
        return list(arranged(cover.chosen, place))

    def _equal_name(self, key: str, recipe: Recipe) -> bool:
        if not isinstance(recipe, Leaf) or recipe.key != key:
            return False
        return sum(key in tree.tensors for tree in self.sources.values()) == 1

    def repaired(self, rules: list[Rule]) -> tuple[Rule, ...]:
        """Make sure of every key: a bind of its own where the rules are wrong about it, `init` where they fill what nothing fills."""
        rules = self._as_rename(rules)
        for _ in range(3):
            outcomes = evaluate(Plan(tuple(rules)), self.sources, self.target).targets
            wrong = [key for key in self.keys if not self._right(key, outcomes[key])]
            filled = [key for key, outcome in outcomes.items() if key not in self.keys and outcome.state not in {"missing", "initialised"}]
            if not wrong and not filled:
                break
            inits = fresh_rules(filled, self.keys, self.target)
            binds = [single(key, self.expression(key)) for key in wrong]
            rules = [*inits, *binds, *rules]
        return tuple(sorted(rules, key=_kind))

    def _right(self, key: str, outcome: TargetOutcome) -> bool:
        recipe = self.recipe(key)
        return recipe is None or outcome.recipe == recipe

    def _as_rename(self, rules: list[Rule]) -> list[Rule]:
        """Write a bind that only takes a prefix off every key as the rename that people know, where all other binds speak of that prefix too."""
        renamed = without_prefix(rules)
        if renamed is None:
            return rules
        try:
            outcomes = evaluate(Plan(tuple(renamed)), self.sources, self.target).targets
        except PlanError:
            return rules
        return renamed if all(self._right(key, outcomes[key]) for key in self.keys) else rules


def _kind(rule: Rule) -> int:
    return 0 if isinstance(rule, Rename) else 1 if isinstance(rule, Init) else 2
