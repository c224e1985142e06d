"""The assignment is the best one."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.automap.assignment import _dense, _hungarian, assign

tables = st.integers(1, 5).flatmap(
    lambda n: st.integers(1, 5).flatmap(lambda m: st.lists(st.lists(st.integers(-9, 9), min_size=m, max_size=m), min_size=n, max_size=n))
)


def best(table):
    """The largest sum over all ways to pair rows and columns, pairs below zero left out."""
    n, m = len(table), len(table[0])
    if n > m:
        return best([list(column) for column in zip(*table, strict=True)])
    return max(sum(max(0, table[row][column]) for row, column in enumerate(columns)) for columns in permutations(range(m), n))


@given(tables)
def test_no_pairing_is_better(table):
    """The sum over the pairs is the largest that any pairing reaches."""
    scores = {(row, column): float(value) for row, values in enumerate(table) for column, value in enumerate(values)}
    pairs = assign(scores, 0.0)
    assert len(set(pairs.values())) == len(pairs)
    assert sum(scores[pair] for pair in pairs.items()) == best(table)


@settings(deadline=None)
@given(tables)
def test_both_solvers_agree(table):
    """The one in Python and scipy's give sums that are equal."""
    costs = [[float(value) for value in row] for row in table]
    assert sum(costs[a][b] for a, b in _hungarian(costs)) == sum(costs[a][b] for a, b in _dense(costs))
