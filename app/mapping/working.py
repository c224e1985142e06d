"""Working names: what the keys of a source are called after the renames of a plan."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from app.keys import KeyTree
from app.mapping.folds import FoldedFamily, fold, fold_tree
from app.mapping.plan import Plan, Rename
from app.mapping.regexes import compile_regex


def renamer(rule: Rename) -> Callable[[str], str]:
    """Return what a rename does to a name."""
    find, to = rule.find, rule.to
    match rule.how:
        case "strip_prefix":
            return lambda name: name.removeprefix(find)
        case "add_prefix":
            return lambda name: find + name
        case "replace":
            return lambda name: name.replace(find, to)
        case _:
            return compile_regex(find, to).sub


class WorkingSource:
    """One source under its working names.

    owners  -- working name -> key in the file; the first where several have that name
    rivals  -- working name -> all keys in the file, where there are several
    renamed -- key in the file -> index of the last rename that changed it
    """

    def __init__(self, name: str, tree: KeyTree, renames: Sequence[tuple[int, Rename]]) -> None:
        self.name = name
        self.tree = tree
        self.keys = list(tree.tensors)
        self.renamed: dict[str, int] = {}
        self.names = self._names(renames)
        self.owners: dict[str, str] = dict(zip(reversed(self.names), reversed(self.keys), strict=True))
        self.rivals: dict[str, tuple[str, ...]] = {}
        if len(self.owners) < len(self.keys):
            self._find_rivals()

    def _names(self, renames: Sequence[tuple[int, Rename]]) -> list[str]:
        names = self.keys
        for index, rule in renames:
            if rule.source is not None and rule.source != self.name:
                continue
            change = renamer(rule)
            # a spelt key that is no plain string keeps its name: its tilde is no text of the file
            changed = [name if name[:1] == "~" else change(name) for name in names]
            for key, before, after in zip(self.keys, names, changed, strict=True):
                if before != after:
                    self.renamed[key] = index
            names = changed
        return names

    def _find_rivals(self) -> None:
        found: dict[str, list[str]] = {}
        for name, key in zip(self.names, self.keys, strict=True):
            found.setdefault(name, []).append(key)
        self.rivals = {name: tuple(keys) for name, keys in found.items() if len(keys) > 1}

    @cached_property
    def raw(self) -> dict[str, str]:
        """Key in the file -> itself."""
        return dict(zip(self.keys, self.keys, strict=True))

    @cached_property
    def folded(self) -> list[FoldedFamily]:
        """Families of the working names."""
        return self.folded_raw if self.names is self.keys else fold(dict.fromkeys(self.names), self.tree.separator)

    @cached_property
    def templates(self) -> frozenset[str]:
        """Templates of the working names."""
        return frozenset(family.template for family in self.folded)

    @cached_property
    def templates_raw(self) -> frozenset[str]:
        """Templates of the names in the file."""
        return frozenset(family.template for family in self.folded_raw)

    @cached_property
    def folded_raw(self) -> list[FoldedFamily]:
        """Families of the names in the file."""
        return fold_tree(self.tree)


def enabled_renames(plan: Plan) -> list[tuple[int, Rename]]:
    """Return the renames that are switched on, each with its index in the plan."""
    return [(index, rule) for index, rule in enumerate(plan.rules) if isinstance(rule, Rename) and rule.enabled]


def working_names(plan: Plan, sources: Mapping[str, KeyTree]) -> dict[str, dict[str, str]]:
    """Source name -> key in the file -> working name."""
    renames = enabled_renames(plan)
    out = {}
    for name, tree in sources.items():
        source = WorkingSource(name, tree, renames)
        out[name] = dict(zip(source.keys, source.names, strict=True))
    return out
