"""The best one-to-one pairing under a sparse table of scores, each connected part by itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

Scores = Mapping[tuple[int, int], float]
_PURE_LIMIT = 72
_DENSE_LIMIT = 1_000_000


def assign(scores: Scores, floor: float) -> dict[int, int]:
    """Return row -> column that maximises the sum of scores; pairs that score below `floor` stay apart."""
    rows: dict[int, list[int]] = defaultdict(list)
    columns: dict[int, list[int]] = defaultdict(list)
    for (row, column), score in scores.items():
        if score >= floor:
            rows[row].append(column)
            columns[column].append(row)
    seen: set[int] = set()
    out: dict[int, int] = {}
    for start in rows:
        if start not in seen:
            part_rows, part_columns = _part(start, rows, columns)
            seen.update(part_rows)
            out.update(_solve(part_rows, part_columns, scores, floor))
    return out


def _part(start: int, rows: Mapping[int, list[int]], columns: Mapping[int, list[int]]) -> tuple[list[int], list[int]]:
    found_rows, found_columns, stack = {start: None}, dict[int, None](), [start]
    while stack:
        for column in rows[stack.pop()]:
            if column not in found_columns:
                found_columns[column] = None
                for row in columns[column]:
                    if row not in found_rows:
                        found_rows[row] = None
                        stack.append(row)
    return sorted(found_rows), sorted(found_columns)


def _solve(rows: Sequence[int], columns: Sequence[int], scores: Scores, floor: float) -> dict[int, int]:
    if len(rows) == 1:
        best = max(columns, key=lambda column: scores[rows[0], column])
        return {rows[0]: best}
    if len(columns) == 1:
        best = max(rows, key=lambda row: scores[row, columns[0]])
        return {best: columns[0]}
    if len(rows) * len(columns) > _DENSE_LIMIT:
        return _greedy(rows, columns, scores, floor)
    table = [[-max(scores.get((row, column), floor) - floor, 0.0) for column in columns] for row in rows]
    pairs = _hungarian(table) if max(len(rows), len(columns)) <= _PURE_LIMIT else _dense(table)
    out = {}
    for at, to in pairs:
        pair = rows[at], columns[to]
        if scores.get(pair, floor - 1) >= floor:
            out[pair[0]] = pair[1]
    return out


def _greedy(rows: Sequence[int], columns: Sequence[int], scores: Scores, floor: float) -> dict[int, int]:
    """Take the best pair first: for crowds, where the best sum would cost too much."""
    wanted, out, taken = set(rows), dict[int, int](), set[int]()
    meant = set(columns)
    ranked = sorted((-score, pair) for pair, score in scores.items() if score >= floor and pair[0] in wanted and pair[1] in meant)
    for _, (row, column) in ranked:
        if row not in out and column not in taken:
            out[row] = column
            taken.add(column)
    return out


def _dense(table: list[list[float]]) -> list[tuple[int, int]]:
    import numpy as np  # noqa: PLC0415 -- slow to import, and small problems do not need it
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    at, to = linear_sum_assignment(np.array(table))
    return [(int(a), int(b)) for a, b in zip(at, to, strict=True)]


def _hungarian(table: list[list[float]]) -> list[tuple[int, int]]:
    """Shortest augmenting paths with potentials (Jonker and Volgenant); rows and columns may differ in number."""
    if len(table) > len(table[0]):
        return [(a, b) for b, a in _hungarian([list(column) for column in zip(*table, strict=True)])]
    n, m = len(table), len(table[0])
    u, v, match = [0.0] * (n + 1), [0.0] * (m + 1), [0] * (m + 1)
    for row in range(1, n + 1):
        match[0], column = row, 0
        least, way, used = [float("inf")] * (m + 1), [0] * (m + 1), [False] * (m + 1)
        while True:
            used[column] = True
            current, delta, following = match[column], float("inf"), 0
            costs, base = table[current - 1], u[current]
            for j in range(1, m + 1):
                if not used[j]:
                    reduced = costs[j - 1] - base - v[j]
                    if reduced < least[j]:
                        least[j], way[j] = reduced, column
                    if least[j] < delta:
                        delta, following = least[j], j
            for j in range(m + 1):
                if used[j]:
                    u[match[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            column = following
            if match[column] == 0:
                break
        while column:
            before = way[column]
            match[column] = match[before]
            column = before
    return [(match[j] - 1, j - 1) for j in range(1, m + 1) if match[j]]
