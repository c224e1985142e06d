"""A scene: one version of a transfer, seen from one source, with everything that its pages need, made once."""

from collections.abc import Mapping
from functools import cached_property

from app.keys import KeyTree
from app.mapping.claims import Proposal
from app.mapping.outcomes import Evaluation
from app.viewing.aligned import Lines
from app.viewing.bonds import Bonds, bind
from app.viewing.cases import Case, cases
from app.viewing.deciding import Deciding
from app.viewing.facets import Facet, facets
from app.viewing.labels import path_text
from app.viewing.layout import Layout, View, lay, nearest
from app.viewing.marks import Marks, SourceStates, TargetStates
from app.viewing.meter import Meter, meter
from app.viewing.nodes import Numbers, Outline, distinct
from app.viewing.outlines import outline_of, weights_of
from app.viewing.search import Known
from app.viewing.states import waiting
from app.viewing.weights import Weights

EVERYTHING = View()


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
        self._facets: dict[str, tuple[Facet, ...]] = {}
        self.tables: dict[object, tuple[Numbers, Numbers]] = {}
        self._aligned: dict[tuple[View, View], Lines] = {}

    @cached_property
    def source_outline(self) -> Outline:
        """Outline of the source in view."""
        return outline_of(self.source, folded=self.folded[0])

    @cached_property
    def target_outline(self) -> Outline:
        """Outline of the target."""
        return outline_of(self.target, folded=self.folded[1])

    @cached_property
    def target_states(self) -> TargetStates:
        """State of each target key."""
        return TargetStates(self.evaluation.targets, self.pending)

    @cached_property
    def source_states(self) -> SourceStates:
        """State of each key of the source in view."""
        return SourceStates(self.evaluation, self.pending, self.name)

    @cached_property
    def source_marks(self) -> Marks:
        """States of the source's keys over its outline."""
        return Marks(self.source_outline, self.source_states)

    @cached_property
    def target_marks(self) -> Marks:
        """States of the target's keys over its outline."""
        return Marks(self.target_outline, self.target_states)

    @cached_property
    def bonds(self) -> Bonds:
        """Which source leaves fill which target leaves."""
        return bind(self.source_outline, self.target_outline, self.evaluation, self.pending, self.name)

    @cached_property
    def meter(self) -> Meter:
        """Coverage; the other sources count for what is left over. Needs no outline."""
        others = [SourceStates(self.evaluation, self.pending, name) for name in self.sources if name != self.name]
        return meter(
            self.target_states,
            [self.source_states, *others],
            certain=self.pending.certain,
            following=self.pending.following,
            clean=self.evaluation.clean,
            confidences=self.pending.confidences,
        )

    @property
    def joined(self) -> bool:
        """Whether anything of the target has a partner; looks at no more than it must."""
        return len(self.pending) > 0 or self.evaluation.targets.partnered

    @cached_property
    def rules(self) -> dict[str, Deciding]:
        """Of both sides: key -> index of the rule that decides it, without those that none does."""
        return {"s": Deciding(self.evaluation.sources[self.name]), "t": Deciding(self.evaluation.targets)}

    def known(self, side: str) -> Known:
        """What a filter of one side may ask for besides its tree."""
        return Known(self.source_states if side == "s" else self.target_states, self.rules[side])

    def facets(self, side: str) -> tuple[Facet, ...]:
        """What the keys of one side can be told apart by."""
        known = self._facets.get(side)
        if known is None:
            known = self._facets[side] = facets(self.tree(side), self.known(side))
        return known

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """What waits for a person, family by family."""
        return cases(self.sources, self.target, self.target_states, self.pending, self.proposals)

    def weights(self, side: str) -> Weights:
        """Parameters and bytes of each node of one side."""
        return weights_of(self.tree(side), folded=self.folded[0 if side == "s" else 1])

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
            known = self._layouts[side, view] = lay(self.outline(side), self.tree(side), self.marks(side), view, self.known(side))
        return known

    def aligned(self, view: View, source: View = EVERYTHING) -> Lines:
        """Lines of the aligned view: those of the target's view, and of them what a filter of the source keeps; the last ones are kept."""
        known = self._aligned.get((view, source))
        if known is None:
            if len(self._aligned) > 8:
                self._aligned.pop(next(iter(self._aligned)))
            shown = self.layout("s", source) if source.filtered else None
            known = Lines((self.source_outline, self.target_outline), self.bonds, self.target_marks, self.layout("t", view), shown)
            self._aligned[view, source] = known
        return known

    def partner(self, side: str, number: int) -> tuple[int, int]:
        """The lowest node of the other side over all that a node is bound to (0: none), and of a leaf how many others it is bound to."""
        bonds = self.bonds.of_source if side == "s" else self.bonds.of_target
        low, high = bonds.reach(number)
        if not high:
            return 0, 0
        if self.outline(side).node(number).leaf:
            return low, distinct(bonds.others_below(number)) - 1
        return (self.target_outline if side == "s" else self.source_outline).common(low, high), 0

    def partner_text(self, side: str, number: int) -> tuple[str, int]:
        """Path of the partner of a node, empty where it has none, and how many others there are."""
        partner, more = self.partner(side, number)
        other = self.target_outline if side == "s" else self.source_outline
        return (path_text(other.node(partner), other) if partner else ""), more

    def line(self, side: str, number: int, layouts: tuple[Layout, Layout]) -> int | None:
        """Line of a node in its own pane, or of what it is folded into; None where a filter hides it."""
        return nearest(self.outline(side), layouts[0 if side == "s" else 1], number)

    def partner_line(self, side: str, number: int, layouts: tuple[Layout, Layout]) -> int | None:
        """Line in the other pane of the first partner of a node; None where it has none that shows."""
        ends = self.bonds.of_source if side == "s" else self.bonds.of_target
        other, layout = (self.target_outline, layouts[1]) if side == "s" else (self.source_outline, layouts[0])
        for bond in ends.below(number):
            line = nearest(other, layout, bond.target if side == "s" else bond.source)
            if line is not None:
                return line
        return None
