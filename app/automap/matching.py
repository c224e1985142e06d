"""Pairs of units: evidence weighed, assigned one to one, and weighed again by what the pairs say about each other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.automap import evidence
from app.automap.assignment import assign
from app.automap.context import Context
from app.automap.flow import flow
from app.automap.units import Unit

CONTEXT, INDICES, TRANSLATION = 4.0, 2.5, 1.5
FLOOR = 0.5
ROUNDS = 7
SLOWLY = (1.0, 0.4, 0.7, 1.0)
"""Weight of the surroundings in each round: an early mistake shall not confirm itself."""
Pair = tuple[int, int]


@dataclass(frozen=True)
class Matching:
    """Who goes with whom, and why.

    pairs   -- index of the source unit -> index of the target unit
    scores  -- of every pair that passed the gate
    margins -- of every pair: what the next best exchange would cost
    solid   -- the same, without what the pairs say about each other (a whole tower put in another's place is not seen from inside)
               and without the place in the listing
    told    -- places among alike ones, as names count
    left    -- how many pairs were not weighed, because too many units are alike
    """

    us: Sequence[Unit]
    vs: Sequence[Unit]
    pairs: dict[int, int]
    scores: dict[Pair, float]
    margins: dict[int, float]
    solid: dict[int, float]
    context: Context
    ordered: bool
    ranks: tuple[evidence.Ranks, evidence.Ranks]
    told: tuple[evidence.Ranks, evidence.Ranks]
    left: int = 0
    rows: dict[int, list[int]] = field(default_factory=dict)
    columns: dict[int, list[int]] = field(default_factory=dict)


def match(
    us: Sequence[Unit], vs: Sequence[Unit], *, ordered: bool, fixed: Mapping[int, int], closed: frozenset[int], limit: int
) -> Matching:
    """Pair source units with target units.

    ordered -- whether both listings carry registration order
    fixed   -- pairs that a person made; closed -- target units that a person left without a source
    limit   -- largest number of pairs among units of one shape that is still weighed
    """
    allowed, left = evidence.candidates(us, vs, limit)
    taken = set(fixed.values())
    static: dict[Pair, float] = {}
    named: dict[Pair, float] = {}  # without the place in the listing: code that registers in another order deceives
    lone_u, lone_v = Counter(a for a, _ in allowed), Counter(b for _, b in allowed)
    by_place = (evidence.ranks(us), evidence.ranks(vs))
    by_name = [(evidence.ranks(us, by), evidence.ranks(vs, by)) for by in ("local", "template", "digits", "role")]
    by_flow = flow(us), flow(vs)
    lessons = {lesson for a, b in fixed.items() for lesson in evidence.taught(us[a], vs[b])}
    for a, b in allowed:
        if (a in fixed or b in taken or b in closed) and fixed.get(a) != b:
            continue
        static[a, b] = evidence.static_score(us[a], vs[b]) + (100.0 if fixed.get(a) == b else 0.0)
        if lone_u[a] == lone_v[b] == 1 and len(us[a].main) > 1:
            static[a, b] += evidence.LONE
        if lessons and not lessons.isdisjoint(evidence.taught(us[a], vs[b])):
            static[a, b] += evidence.TAUGHT
        told = _same_rank(by_flow, us[a], vs[b])
        static[a, b] += evidence.FLOW * told
        named[a, b] = static[a, b]
        if ordered:
            static[a, b] += evidence.RANK * _same_rank(by_place, us[a], vs[b])
    context = Context(us, vs)
    shape_near = {pair: CONTEXT * context.nearness(*pair) for pair in static}
    pairs: dict[int, int] = {}
    scores: dict[Pair, float] = {}
    firm: dict[Pair, float] = {}
    for turn in range(ROUNDS):
        scores, firm = {}, {}
        for (a, b), score in static.items():
            total = score + CONTEXT * SLOWLY[min(turn, len(SLOWLY) - 1)] * context.nearness(a, b)
            rank = next((vote for by in by_name if (vote := _same_rank(by, us[a], vs[b]))), 0.0)
            agree = 0.0
            if turn:
                agree = context.indices(a, b)
                total += INDICES * agree + TRANSLATION * context.translation(a, b)
            total += evidence.TEMPLATE_RANK * (0.3 * rank if rank < 0 < agree else rank)
            scores[a, b] = total
            firm[a, b] = named[a, b] + shape_near[a, b] + evidence.TEMPLATE_RANK * rank
        found = assign(scores, FLOOR)
        if found == pairs and turn >= len(SLOWLY):
            break
        pairs = found
        context.learn(pairs)
    rows: dict[int, list[int]] = {}
    columns: dict[int, list[int]] = {}
    for a, b in scores:
        rows.setdefault(a, []).append(b)
        columns.setdefault(b, []).append(a)
    margins = _margins(pairs, scores, rows, columns)
    solid = _margins(pairs, firm, rows, columns, named)
    return Matching(us, vs, pairs, scores, margins, solid, context, ordered, by_place, by_flow, left, rows, columns)


def _same_rank(ranks: tuple[evidence.Ranks, evidence.Ranks], u: Unit, v: Unit) -> float:
    """1 for the same place among as many alike, down to -1; 0 where their numbers differ or there is one only."""
    (at, size), (to, other) = ranks[0][u], ranks[1][v]
    if size != other or size == 1:
        return 0.0
    return 1.0 if at == to else -min(1.0, 0.4 + abs(at - to) / size)


def _margins(
    pairs: Mapping[int, int],
    scores: Mapping[Pair, float],
    rows: Mapping[int, list[int]],
    columns: Mapping[int, list[int]],
    alone: Mapping[Pair, float] | None = None,
) -> dict[int, float]:
    """Return for each pair the loss of the cheapest exchange that would part it.

    alone -- scores by which a pair is held against a rival that stayed free: what surroundings say speaks for whoever was taken
    """
    back = {b: a for a, b in pairs.items()}
    free = scores if alone is None else alone
    out = {}
    for a, b in pairs.items():
        own = scores[a, b]
        least = own - FLOOR + 2.0
        for other in rows[a]:
            if other != b:
                rival = back.get(other)
                if rival is None:
                    least = min(least, free[a, b] - free[a, other])
                else:
                    least = min(least, own + scores[rival, other] - scores[a, other] - max(scores.get((rival, b), FLOOR), FLOOR))
        for other in columns[b]:
            if other != a:
                place = pairs.get(other)
                if place is None:
                    least = min(least, free[a, b] - free[other, b])
                else:
                    least = min(least, own + scores[other, place] - scores[other, b] - max(scores.get((a, place), FLOOR), FLOOR))
        out[a] = least
    return out
