"""The mapper's door: two sides in, one proposal for each target key out."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.automap import folding
from app.automap.acceptance import Judge, Verdict
from app.automap.alignment import align, reopen
from app.automap.leftovers import leftovers
from app.automap.layouts import Layouts
from app.automap.listing import informative
from app.automap.matching import Matching, match
from app.automap.recipes import Draft, drafts
from app.automap.vocabulary import VOCABULARY, Vocabulary
from app.keys import KeyTree
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason

REOPENINGS = 3
PAIR_LIMIT = 250_000
"""So many pairs of units of one shape are weighed; beyond, names alone decide."""


def propose(
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    *,
    fixed: Mapping[str, Claim | None] | None = None,
    library: Sequence[Any] = (),
    vocabulary: Vocabulary = VOCABULARY,
) -> dict[str, Proposal]:
    """Suggest where each target key's value comes from.

    sources -- source name ("" where there is one) -> its tree
    fixed   -- a person's decisions, as facts: target key -> claim, None for "starts fresh"
    library -- approved transfers to replay where both fingerprints agree

    Returns one proposal for each target key, in target order; `claim` None where nothing is known.
    """
    decided = dict(fixed or {})
    roots = {name: (folding.trie(tree), folding.separator_of(tree)) for name, tree in sources.items()}
    goal = folding.trie(target), folding.separator_of(target)
    ordered = informative(target) and all(informative(tree) for tree in sources.values())
    matching = _matched(roots, goal, vocabulary, ordered=ordered)
    layouts = Layouts(matching.us, matching.vs, (*sources.values(), target))
    found = _proposals(matching, layouts)
    return {key: _decided(key, decided) if key in decided else found.get(key, Proposal(key, None)) for key in target.tensors}


def _matched(
    roots: Mapping[str, tuple[folding.Node, str]], goal: tuple[folding.Node, str], vocabulary: Vocabulary, *, ordered: bool
) -> Matching:
    """Match, and match again with runs opened where units stayed alone because their like is repeated otherwise."""
    opened: tuple[set[folding.RunId], set[folding.RunId]] = (set(), set())
    for _ in range(REOPENINGS):
        us, vs = align(roots, goal, vocabulary, opened)
        matching = match(us, vs, ordered=ordered, fixed={}, closed=frozenset(), limit=PAIR_LIMIT)
        paired = set(matching.pairs.values())
        lone_u = [u for a, u in enumerate(us) if a not in matching.pairs and u.axes]
        lone_v = [v for b, v in enumerate(vs) if b not in paired]
        if not reopen(lone_u, lone_v, opened):
            break
    return matching


def _proposals(matching: Matching, layouts: Layouts) -> dict[str, Proposal]:
    judge = Judge(matching, {})
    found = {draft.key: draft for draft in drafts(matching, layouts)}
    for draft in leftovers(matching, found):
        found.setdefault(draft.key, draft)
    opinions: dict[tuple[tuple[tuple[int, int], ...], str], Verdict] = {}
    out: dict[str, Proposal] = {}
    for draft in found.values():
        known = opinions.get((draft.pairs, draft.doubt))
        if known is None:
            known = opinions[draft.pairs, draft.doubt] = _opinion(draft, [judge.verdict(*pair) for pair in draft.pairs])
        out[draft.key] = Proposal(draft.key, draft.claim, known.confidence, known.accepted, known.reasons)
    return out


def _opinion(draft: Draft, verdicts: Sequence[Verdict]) -> Verdict:
    """Return what is thought of a claim: as certain as the weakest of its pairs, and never certain where the recipe is not."""
    confidence = min(verdict.confidence for verdict in verdicts)
    reasons = verdicts[0].reasons
    if draft.doubt:
        return Verdict(min(confidence, 0.6), False, (*reasons, Reason("doubt-" + draft.doubt.replace("_", "-"))))
    return Verdict(confidence, all(verdict.accepted for verdict in verdicts), reasons)


def _decided(key: str, fixed: Mapping[str, Claim | None]) -> Proposal:
    return Proposal(key, fixed[key], 1.0, accepted=True, reasons=(Reason("decided"),))
