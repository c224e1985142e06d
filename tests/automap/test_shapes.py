"""Ops between shapes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.automap.shapes import buckets, op_between

shapes = st.lists(st.integers(1, 5), min_size=0, max_size=4).map(tuple)


@given(shapes, shapes)
def test_the_op_gives_the_target_shape(source, target):
    """Whatever is proposed between two shapes turns the one into the other, and their buckets meet."""
    found = op_between(source, target)
    if found is None:
        return
    op, args = found
    array = np.zeros(source)
    if op == "transpose":
        array = np.swapaxes(array, *args["dims"])
    elif op == "permute":
        array = np.transpose(array, args["dims"])
    elif op == "reshape":
        array = array.reshape(args["shape"])
    assert array.shape == target
    assert set(buckets(source)) & set(buckets(target))


def test_kernels_of_other_frameworks():
    """Keras' (height, width, in, out) becomes torch's (out, in, height, width); a linear kernel is turned."""
    assert op_between((7, 7, 3, 64), (64, 3, 7, 7)) == ("permute", {"kind": "dims", "dims": [3, 2, 0, 1]})
    assert op_between((768, 3072), (3072, 768)) == ("transpose", {"dims": [0, 1]})
    assert op_between((512, 512, 1, 1), (512, 512)) == ("reshape", {"shape": [512, 512]})
    assert op_between((4, 5), (4, 6)) is None
