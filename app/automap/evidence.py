"""What speaks for a pair by itself: roles, words, shapes, the place in the listing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from app.automap.names import blank, descends, is_number, numbered, numbers, unwrapped
from app.automap.shapes import Op, buckets, op_between
from app.automap.units import Path, Unit
from app.automap.vocabulary import OPPOSITES

ROLE = 4.0
WRONG_ROLE = -6.0
WORDS = 3.0
OUTER_WORDS = 1.5
OPPOSITE = -2.5
SAME_LOCAL = 2.0
SAME_KEY = 3.0
RANK = 1.5
LONE = 1.0
TAUGHT = 1.5
SAME_NUMBERS = 0.4
NUMBERED = 14
CROWD = 4
"""So many partners of a unit are weighed where too many are alike."""
LEAF_DIGITS = 0.5
TEMPLATE_RANK = 1.0
TURNED_ALIKE = -1.2
OP_COST: Mapping[str, float] = {"identity": 0.0, "transpose": -0.5, "reshape": -0.6, "permute": -0.5}


def op_of(u: Unit, v: Unit, param: str) -> Op | None:
    """Return the op between one parameter of two units."""
    return op_between(u.params[param], v.params[param])


def gate(u: Unit, v: Unit) -> bool:
    """Whether two units can be one: equally often repeated, and every parameter that both have fits."""
    if u.lengths != v.lengths and u.count != v.count:
        return False
    shared = u.params.keys() & v.params.keys()
    if not shared or ("weight" not in shared and ("weight" in u.params or "weight" in v.params) and "weight_v" not in shared):
        return False
    if any(op_of(u, v, param) is None for param in shared):
        return False
    return u.params.get("bias") is None or v.params.get("bias") is None or _bias_agrees(u, v)


def _bias_agrees(u: Unit, v: Unit) -> bool:
    """Tell whether biases agree: a square that would have to turn is seen by no bias, but c_fc against c_proj is: [768] is not [3072]."""
    return u.params["bias"] == v.params["bias"]


def candidates(us: Sequence[Unit], vs: Sequence[Unit], limit: int) -> tuple[list[tuple[int, int]], int]:
    """Return index pairs that pass the gate; where more than `limit` units are alike, only those whose names or ranks meet.

    The second value counts the pairs that were left aside.
    """
    table: dict[object, list[int]] = defaultdict(list)
    for index, v in enumerate(vs):
        for bucket in buckets(v.main):
            table[bucket].append(index)
    sizes = Counter(bucket for u in us for bucket in buckets(u.main))
    crowded = {bucket for bucket, size in sizes.items() if size * len(table.get(bucket, ())) > limit}
    meeting = _meeting(us, vs) if crowded else {}
    pairs: dict[tuple[int, int], None] = {}
    left = 0
    for at, u in enumerate(us):
        for bucket in buckets(u.main):
            found: Sequence[int] = table.get(bucket, ())
            if bucket in crowded:
                left += len(found)
                found = meeting.get(at, ())
            for to in found:
                if gate(u, vs[to]):
                    pairs[at, to] = None
    return list(pairs), left


def _meeting(us: Sequence[Unit], vs: Sequence[Unit]) -> dict[int, list[int]]:
    """Return for each source unit the target units of equal name, or of equal rank in its role: linear, for crowds."""
    by: dict[object, list[int]] = defaultdict(list)
    ranked_u, ranked_v = ranks(us, "role"), ranks(vs, "role")
    for index, v in enumerate(vs):
        by[v.local, path_numbers(v)].append(index)
        by[v.role or v.local, v.main, ranked_v[v]].append(index)
    return {
        at: list(dict.fromkeys([*by.get((u.local, path_numbers(u)), ()), *by.get((u.role or u.local, u.main, ranked_u[u]), ())]))[:CROWD]
        for at, u in enumerate(us)
    }


def path_numbers(unit: Unit) -> tuple[str, ...]:
    """Return the plain integers on the way to a unit."""
    return tuple(part for part in unit.path if is_number(part))


@lru_cache(maxsize=65_536)
def likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Share of words that two paths have in common, 0..1; the last word counts double."""
    if not a or not b:
        return 0.0
    left, right = Counter(a), Counter(b)
    left[a[-1]] += 1
    right[b[-1]] += 1
    common = sum((left & right).values())
    return 2 * common / (left.total() + right.total())


@lru_cache(maxsize=65_536)
def opposed(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """How often one path has a word and the other its opposite."""
    left, right = set(a), set(b)
    return sum(1 for pair in OPPOSITES if len(pair & left) == 1 and len(pair & right) == 1 and pair & left != pair & right)


@lru_cache(maxsize=65_536)
def wrapped(a: Path, b: Path) -> bool:
    """Whether two paths are equal but for a prefix."""
    short, long = sorted((unwrapped(a), unwrapped(b)), key=len)
    return long[-len(short) :] == short


def named_alike(u: Unit, v: Unit) -> float:
    """How strongly names alone say that two units are one, 0..1."""
    if u.role and v.role:
        return 1.0 if u.role == v.role else 0.0
    if u.part is None and v.part is None and wrapped(u.path, v.path):
        return 1.0
    if unwrapped(u.local) == unwrapped(v.local) and any(not is_number(part) for part in u.local):
        return 1.0
    return likeness(u.words, v.words) if not opposed(u.words, v.words) else 0.0


def roles_clash(u: Unit, v: Unit) -> bool:
    """Whether both roles are known and are not one."""
    if not u.role or not v.role or u.role == v.role:
        return False
    near = {u.role, v.role}
    if near <= {"head", "lm_head"} or near in ({"norm.only", "norm.attn"}, {"scale.only", "scale.attn"}):
        return False
    bases = {role.rpartition(".")[2] for role in near}
    return len(bases) > 1 or {"self", "cross"} <= {role.partition(".")[0] for role in near}


def static_score(u: Unit, v: Unit) -> float:
    """Score what does not depend on other pairs."""
    score = 0.0
    if u.role and u.role == v.role:
        score += ROLE
    elif roles_clash(u, v):
        score += WRONG_ROLE
    score += WORDS * likeness(u.words, v.words) + OUTER_WORDS * likeness(u.outer, v.outer)
    score += OPPOSITE * opposed(u.outer + u.words, v.outer + v.words)
    if u.part is None and v.part is None:
        if unwrapped(u.local) == unwrapped(v.local):
            score += SAME_LOCAL
        if u.path == v.path:
            score += SAME_KEY
        elif wrapped(u.path, v.path):
            score += SAME_KEY * 0.7
    shared = u.params.keys() & v.params.keys()
    score += sum(OP_COST[op[0]] for param in shared if (op := op_of(u, v, param)) is not None and param in {"weight", "weight_v"})
    if (
        u.spelt.get("weight", ("",))[-1] == v.spelt.get("weight", ("",))[-1] == "weight"
        and (op_of(u, v, "weight") or ("",))[0] == "transpose"
    ):
        score += TURNED_ALIKE
    score -= 0.6 * len((u.params.keys() ^ v.params.keys()) - {"count"})
    if u.kind != v.kind:
        score -= 2.0 if "batchnorm" in {u.kind, v.kind} else 0.5
    if u.lengths != v.lengths:
        score -= 0.5
    score += SAME_NUMBERS * shared_numbers(u, v)
    if not u.role and not v.role:
        score += LEAF_DIGITS * _leaf_digits(u, v)
    if u.bare != v.bare and u.part is None and v.part is None:
        score -= 0.3
    return score


def template(path: Path, *, leaf: bool) -> str:
    """Return a path with its integers taken out; those in the name of the leaf only where `leaf`."""
    kept = "" if leaf or is_number(path[-1]) else path[-1]
    return ".".join(blank(part) for part in (path[:-1] if kept else path)) + kept


def shared_numbers(u: Unit, v: Unit) -> float:
    """Share of plain integers on the way that are the same, 0..1; a weak hint that breaks ties."""
    left, right = path_numbers(u), path_numbers(v)
    return sum(a == b for a, b in zip(reversed(left), reversed(right), strict=False)) / max(len(left), len(right), 1)


def _leaf_digits(u: Unit, v: Unit) -> int:
    left, right = (() if is_number(unit.path[-1]) else numbers(unit.path[-1]) for unit in (u, v))
    return 0 if not left or not right else 1 if left == right else -1


def taught(u: Unit, v: Unit) -> tuple[str, str]:
    """Return what a decision about one pair says of others: the templates of both names."""
    return template(u.path, leaf=True) + (u.part.name if u.part else ""), template(v.path, leaf=True) + (v.part.name if v.part else "")


Ranks = Mapping[Unit, tuple[int, int]]


def ranks(units: Iterable[Unit], by: str = "place") -> Ranks:
    """Return unit -> (rank, size) among those of one shape: by place, or by integers within one template.

    by -- "place", "template" (digits of leaf names count as names), "digits" (they count as integers), "role"
    """
    groups: dict[object, list[Unit]] = defaultdict(list)
    for unit in units:
        key = (tuple(sorted(unit.main)), tuple(sorted(unit.params.keys() - {"count"})), unit.lengths, unit.kind)
        groups[(key, *_class(unit, by))].append(unit)
    out = {}
    for group in groups.values():
        group.sort(key=_place if by == "place" else _integers)
        for rank, unit in enumerate(group):
            out[unit] = rank, len(group)
    return out


def _class(unit: Unit, by: str) -> tuple[str, ...]:
    if by == "place":
        return ()
    if by == "role":
        return (unit.role or template(unit.path, leaf=False),)
    return template(unit.path, leaf=by == "digits"), unit.part.name if unit.part else ""


def _place(unit: Unit) -> list[tuple[int, ...]]:
    return [(unit.order, unit.part.start if unit.part else 0)]


def _integers(unit: Unit) -> list[tuple[int, ...]]:
    return [tuple(-number for number in numbers(part)) if descends(part) else numbers(part) for part in unit.path]


def count_indices(unit: Unit) -> tuple[tuple[Path, str, float], ...]:
    """Return the numbered ancestors of a unit: container, stem, and index (of a run: its middle)."""
    found = []
    folded = {axis.depth: axis for axis in unit.axes}
    for depth, segment in enumerate(unit.path[-NUMBERED:], max(0, len(unit.path) - NUMBERED)):
        split = numbered(segment)
        if split is None:
            continue
        number = float(split[1])
        if depth in folded:
            last = numbered(folded[depth].labels[-1])
            number = (number + (last[1] if last else number)) / 2
        found.append((unit.path[:depth], split[0] + split[2], -number if descends(split[0]) else number))
    return tuple(found)
