"""From pairs of units to claims: for every member and parameter, the op and its arguments."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from app.automap.evidence import op_of
from app.automap.fusion import cut_along
from app.automap.layouts import Layouts
from app.automap.matching import Matching
from app.automap.names import descends, numbered
from app.automap.parameters import told_of
from app.automap.shapes import headed
from app.automap.units import Shape, Unit
from app.mapping.claims import Claim

Op = tuple[str, dict[str, Any]]


class Draft(msgspec.Struct, frozen=True):
    """A claim for one target key, with the pairs it rests on and whether its recipe is certain.

    doubt -- code of the reason why the recipe is not certain; "" where it is
    """

    key: str
    claim: Claim
    pairs: tuple[tuple[int, int], ...]
    param: str
    doubt: str = ""


def drafts(matching: Matching, layouts: Layouts, fixed: Mapping[str, Claim | None]) -> Iterator[Draft]:
    """Yield a draft for each target key that a pair reaches; a fused target only when all of its parts are there."""
    turning = Turning(matching, fixed)
    parted: dict[Unit, list[tuple[int, int]]] = defaultdict(list)
    for a, b in matching.pairs.items():
        whole = matching.vs[b].whole
        if whole is None:
            yield from _plain(matching, a, b, turning, layouts)
        else:
            parted[whole].append((a, b))
    for whole, pairs in parted.items():
        atoms = [unit for unit in matching.vs if unit.whole is whole]
        if len(atoms) == len(pairs):
            yield from _composed(matching, whole, pairs, turning, layouts)


TABLE_WORDS = frozenset({"embed", "pos", "rel", "relative", "table"})
"""Words of tables, which no framework turns."""


class Turning:
    """Whether squares are transposed: they follow the oblong matrices of their kind."""

    def __init__(self, matching: Matching, fixed: Mapping[str, Claim | None]) -> None:
        self.matching = matching
        decided = {key: claim.op for key, claim in fixed.items() if claim is not None and claim.op in {"identity", "transpose"}}
        self.votes: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for a, b in matching.pairs.items():
            u, v = matching.us[a], matching.vs[b]
            if _turns(u, v) and not _square(u.params["weight"]):
                op = op_of(u, v, "weight")
                if op is not None:
                    self.votes[_turning_kind(u, v)][op[0]] += 1
            elif decided and _turns(u, v) and v.whole is None:
                for op_name in {decided[key] for key in v.keys("weight") if key in decided}:
                    self.votes[_turning_kind(u, v)][op_name] += 1

    def op(self, u: Unit, v: Unit, param: str) -> tuple[Op, str]:
        """Return the op between two parameters, and a doubt."""
        plain = op_of(u, v, param) or ("identity", {})
        if param == "weight" and len(u.main) != len(v.main) and {len(u.main), len(v.main)} == {2, 3}:
            return _by_head(u, v, plain)
        if param == "weight" and plain[0] == "transpose" and _turns(u, v) and len(self.votes[_turning_kind(u, v)]) > 1:
            return plain, "turned"
        if param != "weight" or not _turns(u, v) or not _square(u.params[param]):
            return plain, ""
        kind = _turning_kind(u, v)
        votes = self.votes.get(kind)
        if votes is None or len(votes) > 1:
            if kind[0] == "kernel" != kind[1] or kind[1] == "kernel" != kind[0]:
                return ("transpose", {"dims": [0, 1]}), ""
            if votes is None and (self._all_turn() if kind[0] != kind[1] else self._turn_elsewhere(kind)):
                return ("transpose", {"dims": [0, 1]}), "square"
            return plain, "square" if (votes is not None or kind[0] != kind[1]) else ""
        if "transpose" in votes:
            return ("transpose", {"dims": [0, 1]}), ""
        return plain, ""

    def _turn_elsewhere(self, kind: tuple[str, ...]) -> bool:
        """Whether weights of the same name are turned in blocks, or outside them, where this one does not stand: Paddle turns all, GPT-2 those in blocks."""
        return any(other[:2] == kind[:2] and "transpose" in votes for other, votes in self.votes.items())

    def _all_turn(self) -> bool:
        """Whether every oblong weight that comes under a foreign name is turned."""
        foreign = [votes for kind, votes in self.votes.items() if kind[0] != kind[1]]
        return bool(foreign) and all(set(votes) == {"transpose"} for votes in foreign)


def _by_head(u: Unit, v: Unit, plain: Op) -> tuple[Op, str]:
    """Return the op between a matrix and a kernel whose heads have an axis of their own: turned, and merged or split, where it is Flax's."""
    if u.weight_name == "kernel" != v.weight_name and (sizes := headed(u.main, v.main)):
        return ("transpose", {"dims": [0, 1], "of": [{"op": "reshape", "args": {"shape": list(sizes)}, "count": 1}]}), ""
    if v.weight_name == "kernel" != u.weight_name and headed(v.main, u.main):
        return ("reshape", {"shape": list(v.main), "of": [{"op": "transpose", "args": {"dims": [0, 1]}, "count": 1}]}), ""
    kernels = {u.weight_name, v.weight_name} == {"kernel"}
    return plain, "" if kernels or u.kind == "conv" == v.kind else "nested"


def _square(shape: Shape) -> bool:
    return len(shape) == 2 and shape[0] == shape[1]


def _turns(u: Unit, v: Unit) -> bool:
    """Whether both are weights of linears, the kind that one framework stores turned."""
    tables = {"pos", "wordembed", "typeembed", "relpos_table", "relpos_index", "cls_token", "query_embed", "lm_head"}
    shared = "weight" in u.params and "weight" in v.params and len(u.params["weight"]) == 2 == len(v.params["weight"])
    return shared and not tables & {u.role, v.role} and not TABLE_WORDS & {*u.words, *v.words}


def _turning_kind(u: Unit, v: Unit) -> tuple[str, ...]:
    left, right = _weight_name(u), _weight_name(v)
    return (left, right) if left != right else (left, right, "inside" if u.block and v.block else "outside")


def _weight_name(unit: Unit) -> str:
    if unit.bare:
        return "bare"
    last = unit.weight_name
    return "weight" if last.endswith("_weight") else last


def members(matching: Matching, u: Unit, v: Unit) -> Sequence[int]:
    """Return for each member of `v` the place of its member of `u`: axis by axis, backwards where containers run against each other."""
    lengths = v.lengths
    if u.lengths != lengths:
        return range(v.count)
    flips = [_against(matching, left, right) for left, right in zip(u.axes, v.axes, strict=True)]
    if not any(flips):
        return range(v.count)
    out = [0]
    for flip, length in zip(flips, lengths, strict=True):
        steps = range(length - 1, -1, -1) if flip else range(length)
        out = [before * length + step for before in out for step in steps]
    return out


def _against(matching: Matching, left: Any, right: Any) -> bool:
    a, b = numbered(left.labels[0]), numbered(right.labels[0])
    if a is None or b is None or left.depth < 0 or right.depth < 0:
        return False
    turned = descends(a[0]) != descends(b[0])
    return turned != matching.context.backwards(left.container, a[0] + a[2], right.container, b[0] + b[2])


def _plain(matching: Matching, a: int, b: int, turning: Turning, layouts: Layouts) -> Iterator[Draft]:
    u, v = matching.us[a], matching.vs[b]
    recipes = {}
    for param in v.params:
        if param in u.params and (not told_of(param) or op_of(u, v, param)):
            op, doubt = turning.op(u, v, param)
            if u.part is not None:
                op, more = _sliced(u, param, op)
                doubt = doubt or more or layouts.parted_doubt(u, v)
            else:
                rows, more = layouts.reordered(u, v, param)
                moved = op[0] != "identity"
                doubt = doubt or more or ("nested" if moved and rows[0] != "identity" else "")
                op = op if moved else rows
            recipes[param] = op, doubt
    order = members(matching, u, v)
    names, pair = (u.source,) if u.source else (), ((a, b),)
    for param, (op, doubt) in recipes.items():
        keys = (u.whole or u).keys(param)
        if u.part is not None and u.part.stacked:
            experts = u.part.stacked
            then: dict[str, Any] = {} if op[0] == "identity" else {"squeeze": True, "then": {"op": op[0], **op[1]}}
            unsure = "nested" if then and (op[0] != "slice" or "then" in op[1]) else doubt
            for key, at in zip(v.keys(param), order, strict=True):
                one: dict[str, Any] = {"dim": 0, "start": at % experts, "length": 1, **then}
                yield Draft(key, Claim((keys[at // experts],), "slice", one, names), pair, param, unsure)
        else:
            for key, at in zip(v.keys(param), order, strict=True):
                yield Draft(key, Claim((keys[at],), op[0], op[1], names), pair, param, doubt)


def _sliced(u: Unit, param: str, op: Op) -> tuple[Op, str]:
    """Return the slice that cuts an atom out of its fused tensor."""
    part = u.part
    if part is None or not part.length:
        return op, ""
    along = cut_along(param, part.dim, len(u.params[param]))
    length = u.params[param][along]  # a scale has a row for many of its weight
    args: dict[str, Any] = {"dim": along, "start": part.start * length // part.length, "length": length}
    if op[0] == "identity":
        return ("slice", args), ""
    return ("slice", {**args, "then": {"op": op[0], **op[1]}}), "nested"


def _composed(matching: Matching, whole: Unit, pairs: Sequence[tuple[int, int]], turning: Turning, layouts: Layouts) -> Iterator[Draft]:
    """Yield the drafts of a fused or stacked target: parts in the field's order, experts in theirs."""
    first = matching.vs[pairs[0][1]].part
    if first is None:
        return
    ordered = sorted(pairs, key=lambda pair: (matching.vs[pair[1]].part or first).start)
    for param in whole.params:
        if not all(param in matching.us[a].params for a, _ in ordered) or not all(param in matching.vs[b].params for _, b in ordered):
            continue
        ops = [turning.op(matching.us[a], matching.vs[b], param) for a, b in ordered]
        doubt = next((doubt for _, doubt in ops if doubt), "")
        doubt = doubt or next((more for a, b in ordered if (more := layouts.parted_doubt(matching.us[a], matching.vs[b]))), "")
        source = matching.us[ordered[0][0]].source
        along = cut_along(param, first.dim, len(whole.params[param]) - bool(first.stacked))
        name, args, more = _composition(first.stacked, along, [op for op, _ in ops])
        columns = []
        for a, b in ordered:
            keys = matching.us[a].keys(param) if matching.us[a].whole is None else []
            columns.append([keys[at] for at in members(matching, matching.us[a], matching.vs[b])] if keys else [])
        if not all(columns):
            continue
        rows = [key for row in zip(*columns, strict=True) for key in row]
        size = len(ordered) * max(first.stacked, 1)
        for at, key in enumerate(whole.keys(param)):
            sources = tuple(rows[at * size : (at + 1) * size])
            yield Draft(key, Claim(sources, name, args, (source,) * size if source else ()), tuple(ordered), param, doubt or more)


def _composition(stacked: int, along: int, ops: Sequence[Op]) -> tuple[str, dict[str, Any], str]:
    each = [{"op": name, **({"args": args} if args else {})} for name, args in ops]
    changed = any(name != "identity" for name, _ in ops)
    if not stacked:
        return "concat", {"dim": along, **({"each": each} if changed else {})}, ""
    inner: dict[str, Any] = {"inner": {"op": "concat", "dim": along, "count": len(ops)}} if len(ops) > 1 else {}
    return "stack", {"dim": 0, **inner, **({"each": each * stacked} if changed else {})}, "nested" if changed else ""
