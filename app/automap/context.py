"""What the other pairs say about a pair: linked containers, agreeing indices, translations learnt; a pair has no vote on itself."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from app.automap.evidence import count_indices
from app.automap.shapes import buckets
from app.automap.units import Path, Unit

Pair = tuple[int, int]
_Index = tuple[Path, str]


MOVES = 60
"""So many moves of an index are compared with each other to see which way a container runs."""


WITNESSES = 200
"""So many moves of an index are asked about another one."""

LEVELS = 12
"""So many containers around a unit are looked at."""


class Context:
    """Agreement of the current pairs, asked for one pair at a time."""

    def __init__(self, us: Sequence[Unit], vs: Sequence[Unit]) -> None:
        self.us, self.vs = us, vs
        self.above_u = [ancestors(unit) for unit in us]
        self.above_v = [ancestors(unit) for unit in vs]
        self.size_u = Counter(path for above in self.above_u for path in above)
        self.size_v = Counter(path for above in self.above_v for path in above)
        self.index_u = [count_indices(unit) for unit in us]
        self.index_v = [count_indices(unit) for unit in vs]
        self.pairs: Mapping[int, int] = {}
        self._profiles_u: dict[Path, Counter[object]] = _profiles(us, self.above_u)
        self._profiles_v: dict[Path, Counter[object]] = _profiles(vs, self.above_v)
        self._links: dict[tuple[Path, Path], float] = {}
        self._together: Counter[tuple[Path, Path]] = Counter()
        self._under_u: Counter[Path] = Counter()
        self._under_v: Counter[Path] = Counter()
        self._near: dict[tuple[Path, Path, bool], float] = {}
        self._moves: dict[tuple[_Index, _Index], Counter[tuple[float, float]]] = {}
        self._agreements: dict[tuple[tuple[_Index, _Index], tuple[float, float], bool], tuple[float, float]] = {}
        self._shapes: dict[_Index, dict[float, set[object]]] = defaultdict(lambda: defaultdict(set))
        self._paired: dict[tuple[_Index, _Index], dict[tuple[float, float], set[object]]] = {}
        for unit, indices in zip(us, self.index_u, strict=True):
            for container, stem, index in indices:
                self._shapes[container, stem][index].add(buckets(unit.main)[0])
        self._back: dict[tuple[_Index, _Index], bool] = {}
        self._words: dict[tuple[Path, Path], int] = {}
        self._words_u: Counter[Path] = Counter()
        self._words_v: Counter[Path] = Counter()

    def learn(self, pairs: Mapping[int, int]) -> None:
        """Take these pairs as what is known."""
        self.pairs = pairs
        self._near.clear()
        self._links.clear()
        self._agreements.clear()
        self._back.clear()
        self._together = Counter()
        moves: dict[tuple[_Index, _Index], Counter[tuple[float, float]]] = defaultdict(Counter)
        paired: dict[tuple[_Index, _Index], dict[tuple[float, float], set[object]]] = defaultdict(lambda: defaultdict(set))
        translated: Counter[tuple[Path, Path]] = Counter()
        self._words_u, self._words_v = Counter(), Counter()
        self._under_u, self._under_v = Counter(), Counter()
        for a, b in pairs.items():
            self._under_u.update(self.above_u[a])
            self._under_v.update(self.above_v[b])
            for above in self.above_u[a]:
                for below in self.above_v[b]:
                    self._together[above, below] += 1
            for container, stem, index in self.index_u[a]:
                for other, other_stem, other_index in self.index_v[b]:
                    moves[(container, stem), (other, other_stem)][index, other_index] += 1
                    paired[(container, stem), (other, other_stem)][index, other_index].add(buckets(self.us[a].main)[0])
            u, v = _plain(self.us[a]), _plain(self.vs[b])
            translated[u, v] += 1
            self._words_u[u] += 1
            self._words_v[v] += 1
        self._paired = paired
        self._moves, self._words = dict(moves), translated

    def link(self, source: Path, target: Path, own: bool = False) -> float:
        """How much of two containers is paired with each other, 0..1; before anything is known, how alike their shapes are."""
        if not self.pairs:
            key = source, target
            if key not in self._links:
                left, right = self._profiles_u[source], self._profiles_v[target]
                shared = sum((left & right).values())
                self._links[key] = shared / (left.total() + right.total() - shared)
            return self._links[key]
        if not source:
            together = self._under_v[target] if target else len(self.pairs)
        else:
            together = self._together.get((source, target), 0) if target else self._under_u[source]
        together -= own
        sizes = (self.size_u[source] if source else len(self.us)) + (self.size_v[target] if target else len(self.vs))
        union = sizes - together - 2 * own
        return together / union if union > 0 else 0.0

    def nearness(self, a: int, b: int) -> float:
        """How well the containers around two units correspond, 0..1."""
        above, below = self.above_u[a], self.above_v[b]
        if not above or not below:
            return 0.0
        own = self.pairs.get(a) == b
        key = above[-1], below[-1], own
        if key not in self._near:
            table = [[self.link(s, t, own) for t in below] for s in above]
            rows = [max(row) for row in table]
            columns = [max(column) for column in zip(*table, strict=True)]
            self._near[key] = 0.5 * (_weighted(rows) + _weighted(columns))
        return self._near[key]

    def indices(self, a: int, b: int) -> float:
        """How well the numbers on the way to two units keep the order that the other pairs keep, -1..1."""
        own = self.pairs.get(a) == b
        total = weight = 0.0
        for container, stem, index in self.index_u[a]:
            for other, other_stem, other_index in self.index_v[b]:
                seen, agreement = self._agreement(((container, stem), (other, other_stem)), (index, other_index), own)
                if seen > 0:
                    share = seen / (seen + 2)
                    total += agreement * share
                    weight += share
        return total / weight if weight else 0.0

    def _agreement(self, containers: tuple[_Index, _Index], move: tuple[float, float], own: bool) -> tuple[float, float]:
        """Return how many pairs have a say on one move of an index, and what they say; ties on one side say nothing."""
        moves = self._moves.get(containers)
        if moves is None or (len(moves) == 1 and move in moves):
            return 0.0, 0.0
        key = containers, move, own
        if key not in self._agreements:
            turn = -1 if self._runs_back(containers) else 1
            witnesses = list(moves.items())
            witnesses = witnesses[:: 1 + len(witnesses) // WITNESSES]
            votes = [(count, _concordant(move, pair, turn)) for pair, count in witnesses]
            own = own and move in dict(witnesses)
            seen = sum(count for count, vote in votes if vote) - own
            self._agreements[key] = (float(seen), (sum(count * vote for count, vote in votes) - own) / seen) if seen > 0 else (0.0, 0.0)
        return self._agreements[key]

    def _runs_back(self, containers: tuple[_Index, _Index]) -> bool:
        if containers not in self._back:
            moves = list(self._moves.get(containers, ()))[:MOVES]
            votes = [_concordant(x, y, 1) for at, x in enumerate(moves) for y in moves[:at] if self._differ(containers, x, y)]
            self._back[containers] = sum(votes) < 0
        return self._back[containers]

    def _differ(self, containers: tuple[_Index, _Index], x: tuple[float, float], y: tuple[float, float]) -> bool:
        """Whether shapes alone tell the members of two moves apart: only then do they say which way a container runs."""
        known, paired = self._shapes[containers[0]], self._paired[containers]
        return bool(paired[x] - known[y[0]]) and bool(paired[y] - known[x[0]])

    def translation(self, a: int, b: int) -> float:
        """How often the other pairs turn the one's path inside its block into the other's, -1..1."""
        u, v = _plain(self.us[a]), _plain(self.vs[b])
        own = self.pairs.get(a) == b
        known_u, known_v = self._words_u.get(u, 0) - own, self._words_v.get(v, 0) - own
        if known_u < 1 and known_v < 1:
            return 0.0
        same = self._words.get((u, v), 0) - own
        return same / max(known_u, known_v, 1) * 2 - 1 if max(known_u, known_v) > 1 else float(same)

    def backwards(self, container: Path, stem: str, other: Path, other_stem: str) -> bool:
        """Whether indices of two containers run against each other."""
        return self._runs_back(((container, stem), (other, other_stem)))


def _concordant(move: tuple[float, float], pair: tuple[float, float], turn: int) -> int:
    """1 where two moves of indices keep their order (`turn` -1: reverse it), -1 where they do not, 0 where one side stays."""
    left, right = move[0] - pair[0], (move[1] - pair[1]) * turn
    if left == 0 or right == 0:
        return 1 if left == right else 0
    return 1 if left * right > 0 else -1


def ancestors(unit: Unit) -> tuple[Path, ...]:
    """Return the containers around a unit, outermost first; the root where there is none. Very deep trees count by their innermost."""
    return tuple(unit.path[:depth] for depth in range(max(1, len(unit.path) - LEVELS), len(unit.path))) or ((),)


def _profiles(units: Sequence[Unit], above: Sequence[tuple[Path, ...]]) -> dict[Path, Counter[object]]:
    out: dict[Path, Counter[object]] = defaultdict(Counter)
    for unit, paths in zip(units, above, strict=True):
        for path in {*paths, ()}:
            out[path][buckets(unit.main)[0], unit.count] += 1
    return out


def _weighted(values: Sequence[float]) -> float:
    """Mean in which the innermost counts most."""
    weights = [0.5 ** (len(values) - 1 - at) for at in range(len(values))]
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def _plain(unit: Unit) -> Path:
    return (*unit.local, unit.part.name) if unit.part else unit.local
