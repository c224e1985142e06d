"""What is left when units are paired: a bias that stands apart, tables of another size, changed input channels, tied twins."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.automap.evidence import likeness, op_of, opposed, roles_clash, wrapped
from app.automap.fusion import base
from app.automap.matching import Matching
from app.automap.names import joined
from app.automap.parameters import told_of
from app.automap.recipes import Draft, members
from app.automap.units import Path, Shape, Unit
from app.mapping.claims import Claim

Resized = tuple[str, dict[str, Any], str]
TABLES = frozenset({"wordembed", "lm_head", "typeembed"})
NEAR = 40
"""So many units of one name are tried for a resize."""
RELATED = 0.2
"""Containers that correspond so far are one place, whatever stands around them."""
END_NORMS = frozenset({"prenorm", "finalnorm", "poolnorm"})
"""Norms outside of all blocks, which names confuse."""
POSITIONS = frozenset({"pos", "relpos_table"})


def leftovers(matching: Matching) -> Iterator[Draft]:
    """Yield drafts for target keys that no pair reaches."""
    back = {b: a for a, b in matching.pairs.items()}
    free_u = [a for a in range(len(matching.us)) if a not in matching.pairs]
    free_v = [b for b in range(len(matching.vs)) if b not in back]
    yield from _apart(matching, free_u)
    yield from _set_apart(matching, free_v)
    used: set[int] = set()
    for a, b in _last_ones(matching, free_u, free_v):
        used.add(a)
        yield from _remaining(matching, a, b)
    named: dict[object, list[int]] = defaultdict(list)
    for a in free_u:
        for name in _names(matching.us[a]):
            named[name].append(a)
    taken: dict[object, list[int]] = defaultdict(list)
    for b in back:
        taken[_signature(matching.vs[b])].append(b)
    for b in free_v:
        near = dict.fromkeys(a for name in _names(matching.vs[b]) for a in named.get(name, ())[:NEAR] if a not in used)
        sized = _resized(matching, b, list(near))
        if sized is not None:
            used.add(sized[0])
            yield from _members(matching, sized[0], b, sized[1])
        else:
            yield from _twins(matching, b, back, taken.get(_signature(matching.vs[b]), ()))


def _last_ones(matching: Matching, free_u: Sequence[int], free_v: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield what is left over on both sides and fits nothing else that is left."""
    free = set(free_u), set(free_v)
    columns = {b: [a for a in matching.columns.get(b, ()) if a in free[0]] for b in free[1]}
    rows = Counter(a for found in columns.values() for a in found)
    for b, found in columns.items():
        near = found and (
            bool(matching.us[found[0]].block) == bool(matching.vs[b].block) or matching.context.nearness(found[0], b) > RELATED
        )
        if near and len(found) == 1 == rows[found[0]] and _may_be_one(matching.us[found[0]], matching.vs[b]):
            yield found[0], b


def _may_be_one(u: Unit, v: Unit) -> bool:
    same = all(param == "count" or told_of(param) for param in u.params.keys() ^ v.params.keys()) and u.kind == v.kind
    clash = roles_clash(u, v) and not {u.role, v.role} <= END_NORMS
    return same and not clash and not opposed(u.outer + u.words, v.outer + v.words)


def _remaining(matching: Matching, a: int, b: int) -> Iterator[Draft]:
    u, v = matching.us[a], matching.vs[b]
    if u.whole or v.whole or u.lengths != v.lengths:
        return
    for param in v.params:
        op = op_of(u, v, param) if param in u.params else None
        if op is not None:
            own = u.keys(param)
            for key, at in zip(v.keys(param), members(matching, u, v), strict=True):
                yield Draft(key, _claim(u, own[at], *op), ((a, b),), param, "remaining")


def _names(unit: Unit) -> list[object]:
    """Return what units that may be one in two sizes have in common."""
    return [("path", unit.path), ("local", unit.local), *([("role", unit.role)] if unit.role else [])]


def _signature(unit: Unit) -> tuple[object, ...]:
    return (*sorted(unit.params.items()), unit.lengths)


def _apart(matching: Matching, free_u: Sequence[int]) -> Iterator[Draft]:
    """A parameter that the source holds beside the module: `attn.q_bias` for the bias of `query`; or inside it under a longer name."""
    near = _near(matching.us, matching.pairs.keys())
    for a in free_u:
        u = matching.us[a]
        if "weight" in u.params:
            continue
        for c in near(u):
            b = matching.pairs[c]
            mate, v = matching.us[c], matching.vs[b]
            beside = bool(u.role) and v.role == u.role
            inside = u.path[:-1] == mate.path
            if not (beside or inside) or mate.source != u.source or v.lengths != u.lengths:
                continue
            for param, shape in u.params.items():
                if param in v.params and param not in mate.params and v.params[param] == shape and v.whole is None:
                    for key, own in zip(v.keys(param), u.keys(param), strict=True):
                        yield Draft(key, _claim(u, own), ((c, b),), param, "" if beside else "remaining")


def _set_apart(matching: Matching, free_v: Sequence[int]) -> Iterator[Draft]:
    """The other way round: a bias that the target holds beside the module whose weight is paired, or inside it under a longer name."""
    back = {c: a for a, c in matching.pairs.items()}
    near = _near(matching.vs, back.keys())
    for b in free_v:
        v = matching.vs[b]
        if "weight" in v.params or v.whole is not None:
            continue
        for c in near(v):
            a = back[c]
            u, mate = matching.us[a], matching.vs[c]
            beside = (bool(u.role) and u.role == v.role) or wrapped(u.path, v.path)
            inside = v.path[:-1] == mate.path
            if not (beside or inside) or u.lengths != v.lengths or u.whole is not None:
                continue
            for param, shape in v.params.items():
                if u.params.get(param) == shape and param not in mate.params:
                    for key, own in zip(v.keys(param), u.keys(param), strict=True):
                        yield Draft(key, _claim(u, own), ((a, c),), param, "" if beside else "remaining")


def _near(units: Sequence[Unit], paired: Iterable[int]) -> Callable[[Unit], list[int]]:
    """Return what finds the paired units in the block of another one, and the module that holds it."""
    found: dict[Path, list[int]] = defaultdict(list)
    for index in paired:
        for place in {units[index].block, units[index].path}:
            found[place].append(index)
    return lambda unit: [*dict.fromkeys([*found.get(unit.block, ()), *found.get(unit.path[:-1], ())])]


def _resized(matching: Matching, b: int, free: Sequence[int]) -> tuple[int, Resized] | None:
    v = matching.vs[b]
    for a in free:
        u = matching.us[a]
        if u.lengths != v.lengths or u.whole or v.whole or u.params.keys() != v.params.keys() or roles_clash(u, v):
            continue
        named = u.path == v.path or (u.role and u.role == v.role) or (u.local == v.local and likeness(u.outer, v.outer) > 0.5)
        if named:
            change = resizing(u.main, v.main, u.role or v.role)
            if change is not None and all(u.params[name] == v.params[name] for name in u.params if name != "weight"):
                return a, change
    return None


def resizing(source: Shape, target: Shape, role: str) -> Resized | None:
    """Return op, arguments and doubt for two shapes of one thing that differ in size; None where that is no resize."""
    if len(source) != len(target) or source == target:
        return None
    if base(role) in POSITIONS and source[-1] == target[-1] and len(source) >= 2:
        return "interpolate", {"from": list(source), "to": list(target)}, "resize"
    differing = [axis for axis, (a, b) in enumerate(zip(source, target, strict=True)) if a != b]
    if role == "relpos_table" and differing == [0]:
        return "interpolate", {"from": list(source), "to": list(target)}, "resize"
    if differing == [1] and len(source) >= 4:
        many, few = source[1], target[1]
        if few < many and few == 1:
            return "sum", {"dim": 1, "from": many, "to": few}, "resize"
        return "repeat", {"dim": 1, "from": many, "to": few}, "resize"
    if differing == [0] and role in TABLES and min(source[0], target[0]) > 512:
        if target[0] > source[0]:
            return "pad", {"dim": 0, "from": source[0], "to": target[0]}, "resize"
        return "slice", {"dim": 0, "start": 0, "length": target[0]}, "resize"
    return None


def _members(matching: Matching, a: int, b: int, change: Resized) -> Iterator[Draft]:
    u, v = matching.us[a], matching.vs[b]
    op, args, doubt = change
    for param in v.params:
        changed = param == "weight"
        for key, own in zip(v.keys(param), u.keys(param), strict=True):
            claim = _claim(u, own, op if changed else "identity", args if changed else {})
            yield Draft(key, claim, ((a, b),), param, doubt)


def _twins(matching: Matching, b: int, back: Mapping[int, int], taken: Sequence[int]) -> Iterator[Draft]:
    """A target that shares another target's tensor: an output layer tied to the embedding, an embedding held twice."""
    v = matching.vs[b]
    if v.whole is not None:
        return
    alike = [c for c in taken if matching.vs[c].whole is None]
    tied = [c for c in alike if v.role == "lm_head" and matching.vs[c].role == "wordembed"]
    if not tied and len(alike) == 1 and len(v.main) > 1:
        tied = [c for c in alike if v.bare and joined(matching.vs[c].path[-1]) == joined(v.path[-1])]
    if len(tied) == 1 and not v.axes:
        a = back[tied[0]]
        u = matching.us[a]
        if u.whole is None and u.main == v.main:
            for param in v.params:
                yield Draft(v.keys(param)[0], _claim(u, u.keys(param)[0]), ((a, tied[0]),), param, "tied")


def _claim(u: Unit, key: str, op: str = "identity", args: dict[str, Any] | None = None) -> Claim:
    return Claim((key,), op, args or {}, (u.source,) if u.source else ())
