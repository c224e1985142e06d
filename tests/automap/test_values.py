"""By value: fingerprints find what names cannot."""

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.automap import Fingerprint, by_value


def fingerprint(array):
    """What a tensor job would hand over."""
    rows = tuple(float(np.linalg.norm(row)) for row in array.reshape(array.shape[0], -1)) if array.ndim else ()
    columns = tuple(float(np.linalg.norm(array[:, i])) for i in range(array.shape[1])) if array.ndim > 1 else ()
    return Fingerprint(array.shape, hashlib.sha256(np.ascontiguousarray(array, np.float32).tobytes()).hexdigest(), rows, columns)


def random(*shape, seed=0):
    """An array without equal rows."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32) * np.linspace(1, 3, shape[0]).reshape(
        -1, *[1] * (len(shape) - 1)
    ).astype(np.float32)


def claim(source, wanted):
    """The claim for one target among several sources."""
    found = by_value({key: fingerprint(value) for key, value in source.items()}, {"t": fingerprint(wanted)})
    return found["t"].claim if "t" in found else None


def test_moved_transposed_cut_and_joined():
    """Equal values are found wherever they went."""
    a, b = random(12, 8, seed=1), random(6, 8, seed=2)
    source = {"a": a, "b": b}
    assert claim(source, a).sources == ("a",)
    assert claim(source, a.T.copy()).op == "transpose"
    assert claim(source, a[4:8]).args == {"dim": 0, "start": 4, "length": 4}
    joined = claim(source, np.concatenate([b, a]))
    assert (joined.op, joined.sources) == ("concat", ("b", "a"))


@given(st.permutations(range(10)))
def test_rows_in_any_order(order):
    """Reordered rows give the order back."""
    a = random(10, 4, seed=3)
    found = claim({"a": a, "b": random(10, 4, seed=4)}, a[list(order)])
    assert found is not None
    if list(order) != list(range(10)):
        assert found.args["index"] == list(order)


def test_a_cast_is_seen_through():
    """Half precision changes bytes and not what belongs together."""
    a = random(16, 16, seed=5)
    assert claim({"a": a, "b": random(16, 16, seed=6)}, a.astype(np.float16).astype(np.float32)).sources == ("a",)


def test_constants_settle_nothing():
    """Fresh norms are all ones on both sides: no claim."""
    ones = np.ones(8, np.float32)
    assert claim({"a": ones, "b": ones}, ones) is None
