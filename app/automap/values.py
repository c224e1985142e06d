"""By value: equal and rearranged tensors found by fingerprints of their rows, where both sides have bytes.

Nothing here reads a tensor: fingerprints are plain data, made where tensors are at hand.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import isclose, prod

import msgspec

from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason

TIGHT = 1e-5
LOOSE = 1e-2
"""Relative tolerance of norms: of the same values, and after a cast to half precision."""


class Fingerprint(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one tensor's values.

    exact   -- hash of its bytes as contiguous float32
    rows    -- Euclidean norm of each row along dim 0 (empty for scalars)
    columns -- the same along dim 1 (empty below two dims)
    ordered -- hash of the sorted values; "" where it was not made
    turned  -- hash of the transposed matrix; "" where it was not made
    marks   -- hash of each row along dim 0; they tell rows apart whose norms are nearly equal
    """

    shape: tuple[int, ...]
    exact: str
    rows: tuple[float, ...] = ()
    columns: tuple[float, ...] = ()
    ordered: str = ""
    turned: str = ""
    marks: tuple[str, ...] = ()


def by_value(source: Mapping[str, Fingerprint], target: Mapping[str, Fingerprint]) -> dict[str, Proposal]:
    """Return a proposal for each target key whose values are found in the source: moved, transposed, cut, joined, reordered, cast.

    Values that several source keys share (all ones, all zeros) settle nothing and get none.
    """
    exact: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    for key, known in source.items():
        exact[known.exact, known.shape].append(key)
    by_size: dict[int, list[tuple[str, Fingerprint]]] = defaultdict(list)
    for key, known in source.items():
        by_size[prod(known.shape)].append((key, known))
    rows = _Rows(source)
    out: dict[str, Proposal] = {}
    for key, wanted in target.items():
        same = exact.get((wanted.exact, wanted.shape), [])
        if same:
            if len(same) == 1:
                out[key] = _proposal(key, Claim((same[0],)), 1.0, "same-values")
            continue
        turned = exact.get((wanted.turned, wanted.shape[::-1]), []) if wanted.turned else []
        if turned:
            if len(turned) == 1:
                out[key] = _proposal(key, Claim((turned[0],), "transpose", {"dims": [0, 1]}), 1.0, "same-values")
            continue
        claim = _alike(wanted, by_size.get(prod(wanted.shape), ())) or rows.find(wanted)
        if claim is not None:
            code = "same-values" if claim.op != "permute" else "same-values-reordered"
            out[key] = _proposal(key, claim, 0.98, code)
    return out


def _proposal(key: str, claim: Claim, confidence: float, code: str) -> Proposal:
    return Proposal(key, claim, confidence, accepted=True, reasons=(Reason(code),))


def _alike(wanted: Fingerprint, source: Sequence[tuple[str, Fingerprint]]) -> Claim | None:
    """Return the one tensor whose norms agree in order within the tolerance of a cast, as it is or transposed."""
    found: list[Claim] = []
    for key, known in source:
        if (
            known.shape == wanted.shape
            and _telling(wanted.rows)
            and _close(known.rows, wanted.rows)
            and _close(known.columns, wanted.columns)
        ):
            found.append(Claim((key,)))
        elif (
            len(known.shape) == 2
            and known.shape[::-1] == wanted.shape
            and _telling(wanted.rows)
            and _close(known.columns, wanted.rows)
            and _close(known.rows, wanted.columns)
        ):
            found.append(Claim((key,), "transpose", {"dims": [0, 1]}))
    return found[0] if len(found) == 1 else None


def _telling(rows: Sequence[float]) -> bool:
    """Whether norms differ enough to tell tensors apart: constants do not."""
    return len(rows) > 1 and max(rows) > (1 + 10 * LOOSE) * min(rows)


def _close(a: Sequence[float], b: Sequence[float]) -> bool:
    return len(a) == len(b) and all(isclose(x, y, rel_tol=LOOSE, abs_tol=1e-6) for x, y in zip(a, b, strict=True))


class _Rows:
    """Every row of every source tensor, found by its norm and length."""

    def __init__(self, source: Mapping[str, Fingerprint]) -> None:
        self.source = source
        self.marked: dict[tuple[tuple[int, ...], str], list[tuple[str, int]]] = defaultdict(list)
        self.where: dict[tuple[tuple[int, ...], int], list[tuple[str, int, float]]] = defaultdict(list)
        for key, known in source.items():
            for row, mark in enumerate(known.marks):
                self.marked[known.shape[1:], mark].append((key, row))
            for row, norm in enumerate(known.rows):
                for bucket in _buckets(norm):
                    self.where[known.shape[1:], bucket].append((key, row, norm))

    def find(self, wanted: Fingerprint) -> Claim | None:
        """Return what the rows of a tensor are of the source's: a slice, a concat, or rows in another order."""
        places = []
        if wanted.marks:
            same = [self.marked.get((wanted.shape[1:], mark), []) for mark in wanted.marks]
            places = [found[0] for found in same if len(found) == 1]
            return self._claim(places) if len(places) == len(same) > 1 else None
        for norm in wanted.rows:
            found = {
                (key, row)
                for bucket in _buckets(norm)
                for key, row, known in self.where.get((wanted.shape[1:], bucket), ())
                if isclose(known, norm, rel_tol=TIGHT, abs_tol=1e-9)
            }
            if len(found) != 1:
                return None
            places.append(next(iter(found)))
        return self._claim(places) if len(places) > 1 else None

    def _claim(self, places: Sequence[tuple[str, int]]) -> Claim | None:
        keys = list(dict.fromkeys(key for key, _ in places))
        indices = [row for _, row in places]
        if len(keys) == 1:
            size = self.source[keys[0]].shape[0]
            if indices == list(range(indices[0], indices[0] + len(indices))):
                return Claim((keys[0],), "slice", {"dim": 0, "start": indices[0], "length": len(indices)})
            return (
                Claim((keys[0],), "permute", {"kind": "rows", "dim": 0, "index": indices}) if sorted(indices) == list(range(size)) else None
            )
        whole = [(key, row) for key in keys for row in range(self.source[key].shape[0])]
        return Claim(tuple(keys), "concat", {"dim": 0}) if list(places) == whole else None


def _buckets(norm: float) -> tuple[int, ...]:
    """Return the grid cells around a norm, so that rounding does not part equals."""
    cell = norm * 1e4
    low, high = int(cell - 0.01 * (1 + cell * 1e-3)), int(cell + 0.01 * (1 + cell * 1e-3))
    return (low,) if low == high else (low, high)
