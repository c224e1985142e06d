"""What a plan does: the outcome of each key of all trees, with the rule that decided and why.

Order for a target key: init; binds in order, where a bind claims a target only if all its sources exist; renames; equal name, the last only if no
enabled bind's pattern took that target. Ignore comes last, on the source side.
"""

from collections.abc import Mapping

from app.keys import KeyTree, parse_token
from app.mapping.benign import BENIGN, benign_reason, holds, is_versioned
from app.mapping.claiming import BoundRule
from app.mapping.coverage import coverage_of
from app.mapping.fitting import fit
from app.mapping.folds import FoldedFamily, fold_tree
from app.mapping.matching import matcher
from app.mapping.outcomes import Evaluation, Leaf, Reason, Recipe, SourceOutcome, TargetOutcome
from app.mapping.plan import Bind, Ignore, Init, Plan
from app.mapping.selection import Chosen, Matched
from app.mapping.working import WorkingSource, enabled_renames

_MISSING = TargetOutcome("missing")
_UNEXPECTED = SourceOutcome("unexpected")


def evaluate(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree) -> Evaluation:
    """Apply a plan to trees; no tensor is touched.

    sources -- source name -> tree; "" names the only or unnamed one
    """
    work = _Evaluation(plan, sources, target)
    outcomes = work.targets()
    return Evaluation(outcomes, work.source_outcomes(outcomes), coverage_of(target, outcomes))


class _Evaluation:
    """The state of one evaluation."""

    def __init__(self, plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self.plan = plan
        self.target = target
        renames = enabled_renames(plan)
        self.sources = {name: WorkingSource(name, tree, renames) for name, tree in sources.items()}
        self.versioned = any(is_versioned(tree) for tree in sources.values())
        rules = [(index, rule) for index, rule in enumerate(plan.rules) if rule.enabled]
        separator = target.separator
        self.inits = Chosen([(index, matcher(rule.pattern, separator)) for index, rule in rules if isinstance(rule, Init)])
        self.bound = {index: BoundRule(index, rule, self.sources, target) for index, rule in rules if isinstance(rule, Bind)}
        self.binds = Chosen([(index, bound.matcher) for index, bound in self.bound.items()])
        self.ignores = [(index, rule) for index, rule in rules if isinstance(rule, Ignore)]
        patterns = BENIGN if plan.benign is None else plan.benign
        self.patterns = patterns
        self.benign = Chosen([(index, matcher(pattern, separator)) for index, pattern in enumerate(patterns)])
        self.found: dict[str, TargetOutcome] = {}

    def targets(self) -> dict[str, TargetOutcome]:
        """Outcome of each target key, in the tree's order."""
        for family in fold_tree(self.target):
            self._family(family)
        found = self.found
        self._tied(found)
        return {key: found[key] for key in self.target.tensors}

    def _family(self, family: FoldedFamily) -> None:
        found = self.found
        for index, matched in self.inits.of(family):
            outcome = TargetOutcome("initialised", index)
            for key in matched.keys:
                found.setdefault(key, outcome)
        lacking = self._bind(family)
        rest = [key for key in family.keys if key not in found] if len(found) else family.keys
        missing = self._by_name(rest, lacking)
        if missing:
            self._missing(family, missing, lacking)
        if family.keys[0][:1] == "~":
            for key in family.keys:
                self._check_spelling(key)

    def _bind(self, family: FoldedFamily) -> dict[str, tuple[int, str] | None]:
        """Let binds claim keys; returns the keys that a bind's pattern took but none claimed, with the first that it lacked."""
        found = self.found
        lacking: dict[str, tuple[int, str] | None] = {}
        untouched = not any(key in found for key in family.keys)
        for index, matched in self.binds.of(family):
            before = len(found)
            self.bound[index].fill(matched if untouched else self._unclaimed(matched), found, lacking)
            untouched = untouched and len(found) == before
        return lacking

    def _unclaimed(self, matched: Matched) -> Matched:
        found = self.found
        keep = [key not in found for key in matched.keys]
        return matched if all(keep) else matched.kept(keep)

    def _by_name(self, keys: list[str], lacking: Mapping[str, object]) -> list[str]:
        """Take renames and equal names; return the keys that nothing reaches."""
        found, tensors, missing = self.found, self.target.tensors, []
        owners = [(name, source.owners, source.rivals, source.renamed, source.tree.tensors) for name, source in self.sources.items()]
        for key in keys:
            reached: list[tuple[str, str, int | None]] = []
            for name, owned, rivals, renamed, _ in owners:
                owner = owned.get(key)
                if owner is None:
                    continue
                for candidate in rivals.get(key, (owner,)) if rivals else (owner,):
                    rule = renamed.get(candidate)
                    if rule is not None or key not in lacking:
                        reached.append((name, candidate, rule))
            if not reached:
                missing.append(key)
            elif len(reached) > 1:
                found[key] = self._collision(key, reached)
            else:
                name, owner, rule = reached[0]
                info, wanted = self.sources[name].tree.tensors[owner], tensors[key]
                state, reason = fit(info.shape, info.dtype, wanted.shape, wanted.dtype)
                found[key] = TargetOutcome(state, rule, Leaf(owner, name), reason)
        return missing

    def _collision(self, key: str, reached: list[tuple[str, str, int | None]]) -> TargetOutcome:
        first, second = (f"{name}:{owner}" if name else owner for name, owner, _ in reached[:2])
        rule = next((rule for _, _, rule in reached if rule is not None), None)
        reason = Reason("several_sources", {"name": key, "first": first, "second": second, "count": len(reached)})
        return TargetOutcome("conflicting", rule, None, reason)

    def _missing(self, family: FoldedFamily, keys: list[str], lacking: Mapping[str, tuple[int, str] | None]) -> None:
        found = self.found
        for key in keys:
            why = lacking.get(key)
            found[key] = _MISSING if why is None else TargetOutcome("missing", why[0], None, Reason("bind_lacks", {"key": why[1]}))
        gone = set(keys)
        for index, matched in self.benign.of(family):
            pattern = self.patterns[index]
            for key in matched.keys:
                if key in gone and (self.plan.benign is not None or holds(pattern, self.target.tensors[key])):
                    gone.discard(key)
                    reason = benign_reason(key, pattern, versioned=self.versioned)
                    found[key] = TargetOutcome("missing", found[key].rule, None, reason, benign=True)

    def _tied(self, found: dict[str, TargetOutcome]) -> None:
        """Mark missing keys that share their memory with one that is filled: they get their value through that one."""
        for key, info in self.target.tensors.items():
            if info.alias is not None and found[key].state == "missing" and found[info.alias].state in {"loaded", "initialised"}:
                found[key] = TargetOutcome("missing", found[key].rule, None, Reason("tied", {"key": info.alias}), benign=True)

    def _check_spelling(self, key: str) -> None:
        """Mark a key that is no string: it makes `load_state_dict` raise, whatever else holds."""
        if not isinstance(parse_token(key), str):
            before = self.found[key]
            self.found[key] = TargetOutcome("mismatched", before.rule, before.recipe, Reason("key_not_text", {"key": key}))

    def source_outcomes(self, targets: Mapping[str, TargetOutcome]) -> dict[str, dict[str, SourceOutcome]]:
        """Outcome of each source key, in the trees' order."""
        used: dict[str, dict[str, SourceOutcome]] = {name: {} for name in self.sources}
        for key, outcome in targets.items():
            recipe = outcome.recipe
            if recipe is None:
                continue
            for leaf in (recipe,) if type(recipe) is Leaf else dict.fromkeys(leaves(recipe)):
                table = used[leaf.source]
                before = table.get(leaf.key)
                if before is None:
                    table[leaf.key] = SourceOutcome("used", outcome.rule, (key,))
                else:
                    table[leaf.key] = SourceOutcome("used", before.rule, (*before.targets, key))
        return {name: self._source(source, used[name]) for name, source in self.sources.items()}

    def _source(self, source: WorkingSource, used: Mapping[str, SourceOutcome]) -> dict[str, SourceOutcome]:
        known = used
        if self.ignores and len(used) < len(source.keys):
            known = {**self._ignored(source), **used}
        return {key: known.get(key, _UNEXPECTED) for key in source.keys}

    def _ignored(self, source: WorkingSource) -> dict[str, SourceOutcome]:
        out: dict[str, SourceOutcome] = {}
        by_working: dict[str, list[str]] = {}
        for name, key in zip(source.names, source.keys, strict=True):
            by_working.setdefault(name, []).append(key)
        rules = [(index, rule) for index, rule in self.ignores if rule.source is None or rule.source == source.name]
        for raw in (False, True):
            chosen = Chosen([(index, matcher(rule.pattern, source.tree.separator)) for index, rule in rules if rule.raw is raw])
            for family in source.folded_raw if raw else source.folded:
                for index, matched in chosen.of(family):
                    outcome = SourceOutcome("ignored", index)
                    for name in matched.keys:
                        for key in (name,) if raw else by_working[name]:
                            before = out.get(key)
                            if before is None or (before.rule is not None and before.rule > index):
                                out[key] = outcome
        return out


def leaves(recipe: Recipe) -> list[Leaf]:
    """Source keys of a recipe, from left to right."""
    if isinstance(recipe, Leaf):
        return [recipe]
    return [leaf for inner in recipe.inputs for leaf in leaves(inner)]
