"""A scene: one version of a transfer, seen from one source, with everything that its pages need, made once."""

from collections.abc import Mapping
from functools import cached_property, lru_cache

from app.keys import KeyTree
from app.mapping.claims import Proposal
from app.mapping.outcomes import Evaluation
from app.viewing.aligned import Line, align
from app.viewing.bonds import Bonds, bind
from app.viewing.layout import Layout, View, lay, nearest
from app.viewing.marks import Marks, mark, source_states, target_states
from app.viewing.meter import Meter, meter
from app.viewing.outline import Outline, outline
from app.viewing.states import waiting

_outlines = lru_cache(maxsize=16)(lambda holder, folded: outline(holder.tree, folded=folded))


class _Held:
    """A tree by identity, for the cache of outlines: trees are values, but hashing 92k keys is not free."""

    def __init__(self, tree: KeyTree) -> None:
        self.tree = tree

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.tree is self.tree


def outline_of(tree: KeyTree, *, folded: bool = True) -> Outline:
    """Outline of a tree; the last ones are kept."""
    return _outlines(_Held(tree), folded)


class Scene:
    """Outlines, marks, bonds and layouts of one evaluation, made when first asked for."""

    def __init__(
        self,
        sources: Mapping[str, KeyTree],
        target: KeyTree,
        evaluation: Evaluation,
        proposals: Mapping[str, Proposal],
        name: str = "",
        *,
        folded: tuple[bool, bool] = (True, True),
    ) -> None:
        self.sources = sources
        self.name = name if name in sources else next(iter(sources))
        self.source = sources[self.name]
        self.target = target
        self.evaluation = evaluation
        self.proposals = proposals
        self.folded = folded
        self.pending = waiting(evaluation, proposals)
        self._layouts: dict[tuple[str, View], Layout] = {}

    @cached_property
    def source_outline(self) -> Outline:
        """Outline of the source in view."""
        return outline_of(self.source, folded=self.folded[0])

    @cached_property
    def target_outline(self) -> Outline:
        """Outline of the target."""
        return outline_of(self.target, folded=self.folded[1])

    @cached_property
    def target_states(self) -> dict[str, str]:
        """State of each target key."""
        return target_states(self.evaluation, self.pending)

    @cached_property
    def source_states(self) -> dict[str, str]:
        """State of each key of the source in view."""
        return source_states(self.evaluation, self.pending, self.name)

    @cached_property
    def source_marks(self) -> Marks:
        """States of the source's keys over its outline."""
        return mark(self.source_outline, self.source_states)

    @cached_property
    def target_marks(self) -> Marks:
        """States of the target's keys over its outline."""
        return mark(self.target_outline, self.target_states)

    @cached_property
    def bonds(self) -> Bonds:
        """Which source leaves fill which target leaves."""
        return bind(self.source_outline, self.target_outline, self.evaluation, self.pending, self.name)

    @cached_property
    def meter(self) -> Meter:
        """Coverage; the other sources count for what is left over. Needs no outline."""
        others = [source_states(self.evaluation, self.pending, name) for name in self.sources if name != self.name]
        certain = sum(proposal.accepted for proposal in self.pending.values())
        return meter(self.target, self.target_states, [self.source_states, *others], certain=certain, clean=self.evaluation.clean)

    @property
    def joined(self) -> bool:
        """Whether anything of the target has a partner; looks at no more than it must."""
        return bool(self.pending) or any(outcome.recipe is not None for outcome in self.evaluation.targets.values())

    def outline(self, side: str) -> Outline:
        """Outline of side `s` or `t`."""
        return self.source_outline if side == "s" else self.target_outline

    def marks(self, side: str) -> Marks:
        """Marks of side `s` or `t`."""
        return self.source_marks if side == "s" else self.target_marks

    def tree(self, side: str) -> KeyTree:
        """Tree of side `s` or `t`."""
        return self.source if side == "s" else self.target

    def layout(self, side: str, view: View) -> Layout:
        """Layout of a pane; the last ones are kept."""
        known = self._layouts.get((side, view))
        if known is None:
            if len(self._layouts) > 32:
                self._layouts.pop(next(iter(self._layouts)))
            known = self._layouts[side, view] = lay(self.outline(side), self.tree(side), self.marks(side), view)
        return known

    def aligned(self, view: View) -> tuple[Line, ...]:
        """Lines of the aligned view; `view` is the target's."""
        return align(self.source_outline, self.target_outline, self.bonds, self.target_marks, self.layout("t", view))

    def partner_line(self, side: str, number: int, layouts: tuple[Layout, Layout]) -> int | None:
        """Line in the other pane of the first partner of a node; None where it has none that shows."""
        ends = self.bonds.of_source if side == "s" else self.bonds.of_target
        other, layout = (self.target_outline, layouts[1]) if side == "s" else (self.source_outline, layouts[0])
        for leaf in self.outline(side).below(number):
            for bond in ends.get(leaf.id, ()):
                line = nearest(other, layout, bond.target if side == "s" else bond.source)
                if line is not None:
                    return line
        return None

    def line_of(self, lines: tuple[Line, ...], side: str, number: int) -> int | None:
        """Line of the aligned view where a node stands, or one below it."""
        inside = {leaf.id for leaf in self.outline(side).below(number)} | {number}
        for place, line in enumerate(lines):
            if (line.source if side == "s" else line.target) in inside:
                return place
        return None
