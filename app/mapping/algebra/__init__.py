"""Plans as things to calculate with: inverted, composed, compared, merged, carried over to other trees."""

from app.mapping.algebra.comparing import Change, PlanDiff, diff
from app.mapping.algebra.composing import compose
from app.mapping.algebra.following import Followed, Moves, follow
from app.mapping.algebra.inverting import Inversion, Loss, inverse
from app.mapping.algebra.merging import Clash, Merge, merge
from app.mapping.algebra.rebasing import Misfit, Rebase, rebase

__all__ = [
    "Change",
    "Clash",
    "Followed",
    "Inversion",
    "Loss",
    "Merge",
    "Misfit",
    "Moves",
    "PlanDiff",
    "Rebase",
    "compose",
    "diff",
    "follow",
    "inverse",
    "merge",
    "rebase",
]
