"""Linears that follow each other: feed-forwards, gated or not, routers of experts, plain chains."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod

from app.automap.attention import attention_of
from app.automap.names import bare_name, crowd, is_number, joined, spoken
from app.automap.units import Path, Shape, Unit
from app.automap.vocabulary import GATED, PLAIN_DOWN, PLAIN_UP, Vocabulary


def name_feed_forward(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name gate, up and down, by the names that stand side by side and by which linear widens."""
    sides: dict[tuple[Path, frozenset[str]], list[Unit]] = defaultdict(list)
    for unit in group:
        if not unit.role and unit.kind in {"matrix", "conv"}:
            sides[unit.path[:-1], crowd(unit.path[-1])].append(unit)
    for members in sides.values():
        by_name = {bare_name(unit.path[-1], "mlp", vocabulary): unit for unit in members}
        table = next((table for table, _ in GATED if table.keys() <= by_name.keys() and _fits(by_name, table)), None)
        if table is not None:
            for name, role in table.items():
                by_name[name].role = role
            continue
        if _packed(members):
            continue
        gated = len(members) > len({unit.main for unit in members}) and len(members) > 2
        for unit in members if not gated else ():
            _plain(unit, vocabulary)
    _by_shape(group)
    stacks: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        inside = next(
            (depth for depth in range(len(unit.path) - 1, len(unit.block), -1) if "mlp" in spoken((unit.path[depth - 1],), vocabulary)), 0
        )
        if inside and unit.kind == "matrix":
            stacks[unit.path[:inside]].append(unit)
    for stack in stacks.values():
        wide = {unit: _widens(unit) for unit in stack}
        if len(stack) == 2 and not any(unit.role for unit in stack) and set(wide.values()) == {True, False}:
            for unit in stack:
                unit.role = "up" if wide[unit] else "down"
        if len(stack) == 2 and not any(unit.role for unit in stack):
            ordered = sorted(stack, key=lambda unit: [int(part) if is_number(part) else -1 for part in unit.path])
            if all(any(is_number(part) for part in unit.local) for unit in stack):
                ordered[0].role, ordered[1].role = "up", "down"


def _by_shape(group: Sequence[Unit]) -> None:
    """Name the two pointwise layers of a block that widen and narrow again, where nothing else there could be meant."""
    points = [unit for unit in group if unit.kind in {"matrix", "conv"} and prod(unit.main[2:]) == 1]
    dense = [unit for unit in group if unit.kind == "conv" and prod(unit.main[2:]) > 1 < min(unit.main[:2])]
    open_ones = [unit for unit in points if not unit.role and _widens(unit) is not None]
    if dense or len(open_ones) != 2 or {_widens(unit) for unit in open_ones} != {True, False}:
        return
    shapes = [sorted(unit.main) for unit in open_ones]
    if shapes[0] == shapes[1] and sum(sorted(unit.main) == shapes[0] for unit in points) == 2:
        for unit in open_ones:
            unit.role = "up" if _widens(unit) else "down"


def _packed(members: Sequence[Unit]) -> bool:
    """Name two linears of which the first gives twice what the second takes: gate and up in one."""
    named = {role: [unit for unit in members if joined(unit.path[-1]) in names] for role, names in _UP_AND_DOWN}
    if len(members) != 2 or any(len(found) != 1 or len(found[0].main) not in {2, 3} for found in named.values()):
        return False
    first, second = named["gate_up"][0], named["down"][0]
    wide, narrow = first.main[-2:], second.main[-2:]  # of all experts, where they are stacked
    if first is second or first.main[:-2] != second.main[:-2]:
        return False
    bias = first.params.get("bias") or (0,)
    ways = ((wide, narrow), (wide[::-1], narrow[::-1]))
    if not any(_gives_twice(one, other) and bias[-1] in {0, one[0]} for one, other in ways):  # a bias says which size is given
        return False
    first.role, second.role = "gate_up", "down"
    return True


def _gives_twice(first: Shape, second: Shape) -> bool:
    return first[0] == 2 * second[1] and first[1] == second[0]


_UP_AND_DOWN = (("gate_up", PLAIN_UP), ("down", PLAIN_DOWN))


def _fits(by_name: Mapping[str, Unit], table: Mapping[str, str]) -> bool:
    """Gate and up have one shape, which down has the other way round: Qwen's w1, w2 and Llama's w1, w2 differ in that."""
    role_shape = {role: by_name[name].main for name, role in table.items()}
    if "gate_up" in role_shape:
        return True
    return role_shape["gate"] == role_shape["up"] and (role_shape["down"] != role_shape["gate"] or len(set(role_shape["gate"])) == 1)


def _plain(unit: Unit, vocabulary: Vocabulary) -> None:
    inside = "mlp" in unit.words[:-1] or "mlp" in spoken(unit.path[-2:-1], vocabulary)
    direct = len(unit.local) == 1 or joined(unit.path[-2]) in {"intermediate", "output"}
    if not (inside or (direct and unit.block)) or attention_of(unit, vocabulary):
        return
    last = joined(unit.path[-1])
    pair = joined(unit.path[-2] + unit.path[-1]) if len(unit.path) > 1 else ""
    if last in {"proj", "output", "fc"} and not inside:
        return
    wide = _widens(unit)
    if (last in PLAIN_UP or pair in PLAIN_UP) and wide is not False:
        unit.role = "up"
    elif (last in PLAIN_DOWN or pair in PLAIN_DOWN) and wide is not True:
        unit.role = "down"


def _widens(unit: Unit) -> bool | None:
    """Whether a linear's output is wider than its input; None where its shape does not tell."""
    shape, bias = unit.main, unit.params.get("bias") or unit.params.get("lora_b")
    if len(shape) < 2 or shape[0] == shape[1] or not bias:
        return None
    return bias[0] == max(shape[0], shape[1])


def name_routers(group: Sequence[Unit]) -> None:
    """A gate beside experts routes to them."""
    expert_parents = {unit.path[:at] for unit in group for at, part in enumerate(unit.path) if part == "experts"}
    expert_parents |= {axis.container[:-1] for unit in group for axis in unit.axes if axis.container[-1:] == ("experts",)}
    expert_parents |= {unit.path[:-1] for unit in group if crowd(unit.path[-1])}
    for unit in group:
        if (
            unit.kind == "matrix"
            and unit.path[:-1] in expert_parents
            and joined(unit.path[-1]) in {"gate", "router", "wg", "gatelinear", "layer", "ffngateinp"}
        ):
            unit.role = "router"


def name_chains(units: Sequence[Unit]) -> None:
    """Number the linears of a plain chain: `layers.0 … layers.2`, `proj_in, layers.0, proj_out`, `linear_1, linear_2`."""
    chains: dict[tuple[Path, tuple[int, ...]], list[Unit]] = defaultdict(list)
    for unit in units:
        stop = len(unit.path) - (_step(unit) is not None)
        stop -= 0 < stop < len(unit.path) and joined(unit.path[stop - 1]) == "layers"
        chains[unit.path[:stop], unit.lengths].append(unit)
    for (holder, _), chain in chains.items():
        if len(chain) < 2 or any(unit.kind != "matrix" or unit.role or len(unit.path) == len(holder) for unit in chain):
            continue
        order = {unit: _step(unit) for unit in chain}
        if None in order.values() or len(set(order.values())) < len(chain):
            continue
        for rank, unit in enumerate(sorted(chain, key=lambda unit: order[unit] or 0)):
            unit.role = f"step{rank}of{len(chain)}" if len(chain) > 2 else ("up", "down")[rank]


_ENDS = {"projin": -1, "inlayer": -1, "projout": 10_000, "outlayer": 10_000}
_COUNTED = re.compile(r"linear([12])")


def _step(unit: Unit) -> int | None:
    """Return which step of a chain a name says; None where it says none: directly in a block, or beside a third, `linear_1` may be anything."""
    last = joined(unit.path[-1])
    if is_number(unit.path[-1]):
        return int(last)
    if last in {"projin", "projout"}:
        return _ENDS[last]
    if len(unit.local) < 2 or len(unit.beside) != 2:
        return None
    found = _COUNTED.fullmatch(last)
    return int(found[1]) if found else _ENDS.get(last)
