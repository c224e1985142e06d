"""The mapper's door: two sides in, one proposal for each target key out."""

from collections.abc import Mapping, Sequence

import msgspec

from app.automap import folding
from app.automap.acceptance import Judge, Verdict
from app.automap.alignment import align, reopen
from app.automap.decisions import Decisions, head_dim
from app.automap.layouts import Layouts
from app.automap.leftovers import leftovers
from app.automap.listing import informative
from app.automap.matching import Matching, match
from app.automap.memory import Approved, recall, replay
from app.automap.parameters import speaks_of_adapters
from app.automap.recipes import Draft, drafts
from app.automap.repeating import repeated
from app.automap.rivals import rivals
from app.automap.roworder import followers
from app.automap.vocabulary import VOCABULARY, Vocabulary
from app.errors import LimitError
from app.keys import KeyTree
from app.keys.collector import paused
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason

REOPENINGS = 3
ROWS = frozenset({"rotary", "heads", "fused_layout"})
"""Doubts about the order of rows: one answer settles all of its scope."""
UNIT_LIMIT = 60_000
"""So many modules, repetitions counted once, are looked at on both sides together."""
PAIR_LIMIT = 20_000
"""So many pairs of units of one shape are weighed against each other; beyond, only those whose names or ranks meet."""


class AutomapLimitError(LimitError):
    """Two sides are too large to be weighed against each other."""


def propose(
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    *,
    fixed: Mapping[str, Claim | None] | None = None,
    library: Sequence[Approved] = (),
    vocabulary: Vocabulary = VOCABULARY,
) -> dict[str, Proposal]:
    """Suggest where each target key's value comes from.

    sources -- source name ("" where there is one) -> its tree
    fixed   -- a person's decisions, as facts: target key -> claim, None for "starts fresh"
    library -- approved transfers to replay where both fingerprints agree

    Raises AutomapLimitError where too many modules are left after folding.

    Returns one proposal for each target key, in target order; `claim` None where nothing is known.
    """
    with paused():
        return _proposed(sources, target, fixed or {}, library, vocabulary)


def _proposed(
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    fixed: Mapping[str, Claim | None],
    library: Sequence[Approved],
    vocabulary: Vocabulary,
) -> dict[str, Proposal]:
    decided = {key: claim for key, claim in fixed.items() if key in target.tensors}
    adapters = speaks_of_adapters(target) and all(speaks_of_adapters(tree) for tree in sources.values())
    roots = {name: (folding.trie(tree, adapters=adapters), folding.separator_of(tree)) for name, tree in sources.items()}
    replayed = replay(recall(library, sources, target), sources, target)
    if replayed:
        return {key: _decided(key, decided) if key in decided else replayed.get(key, Proposal(key, None)) for key in target.tensors}
    goal = folding.trie(target, adapters=adapters), folding.separator_of(target)
    ordered = informative(target) and all(informative(tree) for tree in sources.values())
    matching, decisions = _matched(roots, goal, vocabulary, decided, ordered=ordered)
    trees = (*sources.values(), target)
    layouts = Layouts(matching.us, matching.vs, trees, head_dim(decided))
    found = _drafts(matching, layouts, decided)
    told = [found[key] for key, claim in decided.items() if key in found and found[key].doubt in ROWS and _unmoved(claim, found[key].claim)]
    unmoved = {layouts.scope(matching.us[a], matching.vs[b], draft.doubt) for draft in told for a, b in draft.pairs[:1]}
    if unmoved:
        found = _drafts(matching, Layouts(matching.us, matching.vs, trees, head_dim(decided), unmoved), decided)
    proposals = _proposals(matching, found, decisions)
    for key, claim in repeated(decided, {key for key, each in proposals.items() if each.claim is not None}, sources, target):
        proposals[key] = _following(key, claim)
    return {key: _decided(key, decided) if key in decided else proposals.get(key, Proposal(key, None)) for key in target.tensors}


def _unmoved(claim: Claim | None, proposed: Claim) -> bool:
    """Whether a person leaves the rows as they are: whole, or cut where they were thought to be cut."""
    if claim is None or claim.op not in {"identity", "slice", "concat"}:
        return False
    return claim.op != "slice" or (claim.sources, claim.args) == (proposed.sources, proposed.args)


def _matched(
    roots: Mapping[str, tuple[folding.Node, str]],
    goal: tuple[folding.Node, str],
    vocabulary: Vocabulary,
    fixed: Mapping[str, Claim | None],
    *,
    ordered: bool,
) -> tuple[Matching, Decisions]:
    """Match, and match again with runs opened where units stayed alone because their like is repeated otherwise."""
    opened: tuple[set[folding.RunId], set[folding.RunId]] = (set(), set())
    for _ in range(REOPENINGS):
        us, vs = align(roots, goal, vocabulary, opened)
        if len(us) + len(vs) > UNIT_LIMIT:
            raise AutomapLimitError("automap_too_large", units=len(us) + len(vs), limit=UNIT_LIMIT)
        decisions = Decisions(fixed, us, vs)
        matching = match(us, vs, ordered=ordered, fixed=decisions.pairs, closed=frozenset(decisions.closed), limit=PAIR_LIMIT)
        paired = set(matching.pairs.values())
        lone_u = [u for a, u in enumerate(us) if a not in matching.pairs and u.axes]
        lone_v = [v for b, v in enumerate(vs) if b not in paired]
        if not reopen(lone_u, lone_v, opened):
            break
    return matching, decisions


def _drafts(matching: Matching, layouts: Layouts, fixed: Mapping[str, Claim | None]) -> dict[str, Draft]:
    found = {draft.key: draft for draft in drafts(matching, layouts, fixed)}
    for draft in leftovers(matching):
        found.setdefault(draft.key, draft)
    return found


def _proposals(matching: Matching, found: Mapping[str, Draft], decisions: Decisions) -> dict[str, Proposal]:
    judge = Judge(matching, decisions.pairs)
    doubtful: dict[tuple[int, int], float] = {}
    opinions: dict[tuple[tuple[tuple[int, int], ...], str], Verdict] = {}
    out: dict[str, Proposal] = {}
    for draft in found.values():
        known = opinions.get((draft.pairs, draft.doubt))
        if known is None:
            known = opinions[draft.pairs, draft.doubt] = _opinion(draft, [judge.verdict(*pair) for pair in draft.pairs])
        out[draft.key] = Proposal(draft.key, draft.claim, known.confidence, known.accepted, known.reasons)
        if not known.accepted:
            doubtful[draft.pairs[0]] = known.confidence
    _add_alternatives(out, matching, doubtful)
    for key, claim in (*decisions.settled(found, matching.vs), *followers(decisions.fixed, found, matching.vs)):
        out[key] = _following(key, claim)
    return out


def _following(key: str, claim: Claim) -> Proposal:
    return Proposal(key, claim, 0.99, accepted=True, reasons=(Reason("follows-decision"),))


def _add_alternatives(out: dict[str, Proposal], matching: Matching, doubtful: Mapping[tuple[int, int], float]) -> None:
    """Give what is not accepted its next best answers; what has no claim at all, those that were thought of."""
    chosen = {b: (a, 1 - confidence) for (a, b), confidence in doubtful.items()}
    paired = set(matching.pairs.values())
    for b in range(len(matching.vs)):
        if b in chosen or b not in paired:
            a, left = chosen.get(b, (None, 0.5))
            for key, others in rivals(matching, b, a, left):
                known = out.get(key, Proposal(key, None))
                out[key] = msgspec.structs.replace(known, alternatives=others)


def _opinion(draft: Draft, verdicts: Sequence[Verdict]) -> Verdict:
    """Return what is thought of a claim: as certain as the weakest of its pairs, and never certain where the recipe is not."""
    confidence = min(verdict.confidence for verdict in verdicts)
    reasons = verdicts[0].reasons
    if draft.doubt:
        return Verdict(min(confidence, 0.6), False, (*reasons, Reason("doubt-" + draft.doubt.replace("_", "-"))))
    return Verdict(confidence, all(verdict.accepted for verdict in verdicts), reasons)


def _decided(key: str, fixed: Mapping[str, Claim | None]) -> Proposal:
    return Proposal(key, fixed[key], 1.0, accepted=True, reasons=(Reason("decided"),))
