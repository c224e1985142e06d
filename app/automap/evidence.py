"""What speaks for a pair by itself: roles, words, shapes, the place in the listing."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod

from app.automap.names import blank, descends, is_number, numbered, numbers, unwrapped
from app.automap.parameters import told_of
from app.automap.shapes import Op, buckets, op_between
from app.automap.units import Path, Unit
from app.automap.vocabulary import OPPOSITES

_COUNTED = re.compile(r"(after\.)?conv[0-9]")
ROLE = 4.0
WRONG_ROLE = -6.0
WORDS = 3.0
OUTER_WORDS = 1.5
ALL_WORDS = 1.5
OPPOSITE = -2.5
SAME_LOCAL = 2.0
SAME_KEY = 3.0
RANK = 1.5
FLOW = 1.2
LONE = 1.0
TAUGHT = 1.5
SAME_NUMBERS = 0.4
NUMBERED = 14
FLATTER = 4
"""A segment of so many underscores is a path that was written flat."""
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
    """Whether two units can be one: equally often repeated, and every parameter that both have fits; how one is stored may differ."""
    if u.lengths != v.lengths and u.count != v.count:
        return False
    shared = {param for param in u.params.keys() & v.params.keys() if not told_of(param)}
    if not shared or ("weight" not in shared and ("weight" in u.params or "weight" in v.params) and "weight_v" not in shared):
        return False
    if any(op_of(u, v, param) is None for param in shared):
        return False
    return u.params.get("bias") is None or v.params.get("bias") is None or _bias_agrees(u, v)


def _bias_agrees(u: Unit, v: Unit) -> bool:
    """Tell whether biases agree: a square that would have to turn is seen by no bias, but c_fc against c_proj is: [768] is not [3072]."""
    left, right = u.params["bias"], v.params["bias"]
    if len(left) != len(right) and u.kind != v.kind:  # of one that has an axis for its heads
        return prod(left) == prod(right)
    return left == right or [size for size in left if size != 1] == [size for size in right if size != 1]


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


_IMPLIED = {"conv": "conv", "batchnorm": "norm", "vector": "norm", "matrix": "linear"}


def alike(u: Unit, v: Unit) -> float:
    """Share of words that two units have in common, 0..1; a last word that the shape implies anyway may be missing."""
    full = likeness(u.words, v.words)
    left, right = _telling(u.words, u.kind), _telling(v.words, v.kind)
    return max(full, likeness(left, right)) if (left, right) != (u.words, v.words) else full


@lru_cache(maxsize=65_536)
def _telling(words: tuple[str, ...], kind: str) -> tuple[str, ...]:
    return words[:-1] if words and words[-1] == _IMPLIED.get(kind) else words


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


@lru_cache(maxsize=65_536)
def _flat(path: Path) -> bool:
    """Whether a path writes with underscores what others nest."""
    return any(part.count("_") >= FLATTER for part in path)


def named_alike(u: Unit, v: Unit) -> float:
    """How strongly names alone say that two units are one, 0..1."""
    if _streams_clash(u, v):
        return 0.0
    if u.role and v.role:
        return 1.0 if u.role == v.role else 0.0
    if u.part is None and v.part is None and wrapped(u.path, v.path):
        return 1.0
    if unwrapped(u.local) == unwrapped(v.local) and any(not is_number(part) for part in u.local):
        return 1.0
    if opposed(u.words, v.words):
        return 0.0
    if not _telling(u.words, u.kind) or not _telling(v.words, v.kind):
        return max(alike(u, v), likeness(_telling(u.outer + u.words, u.kind), _telling(v.outer + v.words, v.kind)))
    if bool(u.block) != bool(v.block) or _flat(u.path) != _flat(v.path):
        return max(alike(u, v), likeness(u.outer + u.words, v.outer + v.words))
    return alike(u, v)


def counted(unit: Unit) -> bool:
    """Whether a role is only a number in a name, `conv1`: what the other unit is for may be known all the same."""
    return _COUNTED.fullmatch(unit.role) is not None


def _chained(unit: Unit) -> bool:
    """Whether a role is only the place in a chain of linears: what the other side counts with them, or does not, is its own affair."""
    return unit.role.startswith("step")


def _streams_clash(u: Unit, v: Unit) -> bool:
    return bool(u.stream) and bool(v.stream) and u.stream != v.stream


def roles_clash(u: Unit, v: Unit) -> bool:
    """Whether both roles are known and are not one, or both streams."""
    if _streams_clash(u, v):
        return True
    if not u.role or not v.role or u.role == v.role:
        return False
    near = {u.role, v.role}
    if near <= {"head", "lm_head"} or near == {"scale.only", "scale.attn"}:
        return False
    if "norm.only" in near and all(role.startswith("norm.") and role != "norm.inner" for role in near):
        return False
    if counted(u) != counted(v) or (_chained(u) != _chained(v) and not u.block and not v.block):
        return False
    bases = {role.rpartition(".")[2] for role in near}
    return len(bases) > 1 or {"self", "cross"} <= {role.partition(".")[0] for role in near}


def static_score(u: Unit, v: Unit) -> float:
    """Score what does not depend on other pairs."""
    score = 0.0
    if roles_clash(u, v):
        score += WRONG_ROLE
    elif u.role and u.role == v.role:
        score += ROLE
    score += WORDS * alike(u, v) + OUTER_WORDS * likeness(u.outer, v.outer) + ALL_WORDS * likeness(u.outer + u.words, v.outer + v.words)
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
    if u.weight_name == v.weight_name == "weight" and (op_of(u, v, "weight") or ("",))[0] == "transpose":
        score += TURNED_ALIKE
    score -= 0.6 * sum(param != "count" and not told_of(param) for param in u.params.keys() ^ v.params.keys())
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


Lesson = tuple[object, object]


def taught(u: Unit, v: Unit) -> tuple[Lesson, ...]:
    """Return what a decision about one pair says of others.

    The names of both inside any block, those of the modules that hold them, and those of both in any module that holds the same names:
    where `w1` of `w1, w2, w3` is `gate_proj` of `gate_proj, up_proj, down_proj` in an expert, it is in a shared one.
    """
    parts = (u.part.name if u.part else "", v.part.name if v.part else "")
    whole = (template(u.path, leaf=True), parts[0]), (template(v.path, leaf=True), parts[1])
    told = u.path[-1] != v.path[-1] and not is_number(u.path[-1]) and not is_number(v.path[-1])
    among = (((u.beside, u.path[-1], parts[0]), (v.beside, v.path[-1], parts[1])),) if told and len(u.beside) > 1 < len(v.beside) else ()
    if not u.block or not v.block:
        return (whole, *among)
    held = (((u.local[:-1], "*"), (v.local[:-1], "*")),) if len(u.local) > 1 < len(v.local) else ()
    named = any(blank(part) != part and not is_number(part) for part in (*u.local, *v.local))  # `cv1`, `cv2`: numbers that are names
    return (((u.local, parts[0]), (v.local, parts[1])), *held, *among, *(() if named else (whole,)))


Ranks = Mapping[Unit, tuple[int, int]]


def ranks(units: Iterable[Unit], by: str = "place") -> Ranks:
    """Return unit -> (rank, size) among those of one shape: by place, or by integers within one template.

    by -- "place", "template" (digits of leaf names count as names), "digits" (they count as integers), "local" (all digits inside the
    block count as names), "role"
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
        if by != "place":
            out.update(_tied(group))
    return out


def _tied(group: Sequence[Unit]) -> Iterator[tuple[Unit, tuple[int, int]]]:
    """Yield units whose integers another one has too: which of them comes first only the listing says, and it may be sorted."""
    shared = Counter(tuple(_integers(unit)) for unit in group)
    return ((unit, (0, 1)) for unit in group if shared[tuple(_integers(unit))] > 1)


def _class(unit: Unit, by: str) -> tuple[str, ...]:
    if by == "place":
        return ()
    if by == "role":
        return unit.stream, unit.role or template(unit.path, leaf=False)
    if by == "local":
        return template(unit.block, leaf=True) if unit.block else "", *unit.local, unit.part.name if unit.part else ""
    return template(unit.path, leaf=by == "digits"), unit.part.name if unit.part else ""


def _place(unit: Unit) -> list[tuple[int, ...]]:
    return [(unit.order, unit.part.start if unit.part else 0)]


def _integers(unit: Unit) -> list[tuple[int, ...]]:
    found = (tuple(-number for number in numbers(part)) if descends(part) else numbers(part) for part in unit.path)
    return [part for part in found if part]


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
