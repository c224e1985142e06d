"""What the other pairs say about a pair: linked containers, agreeing indices, translations learnt; a pair has no vote on itself."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from app.automap.evidence import count_indices
from app.automap.shapes import buckets
from app.automap.units import Path, Unit

Pair = tuple[int, int]
_Index = tuple[Path, str]


class Context:
    """Agreement of the current pairs, asked for one pair at a time."""

    def __init__(self, us: Sequence[Unit], vs: Sequence[Unit]) -> None:
        self.us, self.vs = us, vs
        self.above_u = [_ancestors(unit) for unit in us]
        self.above_v = [_ancestors(unit) for unit in vs]
        self.size_u = Counter(path for above in self.above_u for path in above)
        self.size_v = Counter(path for above in self.above_v for path in above)
        self.index_u = [count_indices(unit) for unit in us]
        self.index_v = [count_indices(unit) for unit in vs]
        self.pairs: Mapping[int, int] = {}
        self._profiles_u: dict[Path, Counter[object]] = _profiles(us, self.above_u)
        self._profiles_v: dict[Path, Counter[object]] = _profiles(vs, self.above_v)
        self._links: dict[tuple[Path, Path], float] = {}
        self._together: Counter[tuple[Path, Path]] = Counter()
        self._near: dict[tuple[Path, Path, bool], float] = {}
        self._offsets: dict[tuple[_Index, _Index], tuple[Counter[float], Counter[float]]] = {}
        self._words: dict[tuple[Path, Path], int] = {}
        self._words_u: Counter[Path] = Counter()
        self._words_v: Counter[Path] = Counter()

    def learn(self, pairs: Mapping[int, int]) -> None:
        """Take these pairs as what is known."""
        self.pairs = pairs
        self._near.clear()
        self._links.clear()
        self._together = Counter()
        offsets: dict[tuple[_Index, _Index], tuple[Counter[float], Counter[float]]] = defaultdict(lambda: (Counter(), Counter()))
        translated: Counter[tuple[Path, Path]] = Counter()
        self._words_u, self._words_v = Counter(), Counter()
        for a, b in pairs.items():
            for above in self.above_u[a]:
                for below in self.above_v[b]:
                    self._together[above, below] += 1
            for container, stem, index in self.index_u[a]:
                for other, other_stem, other_index in self.index_v[b]:
                    difference, total = offsets[(container, stem), (other, other_stem)]
                    difference[other_index - index] += 1
                    total[other_index + index] += 1
            u, v = _plain(self.us[a]), _plain(self.vs[b])
            translated[u, v] += 1
            self._words_u[u] += 1
            self._words_v[v] += 1
        self._offsets, self._words = dict(offsets), translated

    def link(self, source: Path, target: Path, own: bool = False) -> float:
        """How much of two containers is paired with each other, 0..1; before anything is known, how alike their shapes are."""
        if not self.pairs:
            key = source, target
            if key not in self._links:
                left, right = self._profiles_u[source], self._profiles_v[target]
                shared = sum((left & right).values())
                self._links[key] = shared / (left.total() + right.total() - shared)
            return self._links[key]
        together = self._together.get((source, target), 0) - own
        union = self.size_u[source] + self.size_v[target] - together - 2 * own
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
        """How well the numbers on the way to two units follow the rule that the other pairs follow, -1..1."""
        own = self.pairs.get(a) == b
        total = weight = 0.0
        for container, stem, index in self.index_u[a]:
            best = 0.0
            vote = 0.0
            for other, other_stem, other_index in self.index_v[b]:
                known = self._offsets.get(((container, stem), (other, other_stem)))
                if known is None:
                    continue
                difference, summed = known
                seen = difference.total() - own
                if seen < 1 or seen <= best or (len(difference) == 1 and len(summed) == 1 and seen < 2):
                    continue
                backwards = max(summed.values()) > max(difference.values())
                count = (summed[other_index + index] if backwards else difference[other_index - index]) - own
                best, vote = seen, 2 * count / seen - 1
            if best:
                share = best / (best + 2)
                total += vote * share
                weight += share
        return total / weight if weight else 0.0

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
        known = self._offsets.get(((container, stem), (other, other_stem)))
        if known is None:
            return False
        difference, summed = known
        return len(difference) > 1 and max(summed.values()) > max(difference.values())


def _ancestors(unit: Unit) -> tuple[Path, ...]:
    return tuple(unit.path[:depth] for depth in range(1, len(unit.path)))


def _profiles(units: Sequence[Unit], above: Sequence[tuple[Path, ...]]) -> dict[Path, Counter[object]]:
    out: dict[Path, Counter[object]] = defaultdict(Counter)
    for unit, paths in zip(units, above, strict=True):
        for path in paths:
            out[path][buckets(unit.main)[0], unit.count] += 1
    return out


def _weighted(values: Sequence[float]) -> float:
    """Mean in which the innermost counts most."""
    weights = [0.5 ** (len(values) - 1 - at) for at in range(len(values))]
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def _plain(unit: Unit) -> Path:
    return (*unit.local, unit.part.name) if unit.part else unit.local
