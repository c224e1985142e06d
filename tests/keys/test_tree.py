"""Trees: what their tensors weigh."""

from app.keys.tree import from_shapes


def test_quantized_tensors_take_the_bytes_of_their_blocks():
    """Q8_0: 34 bytes for 32 values; such a tensor has no bytes of a dense one, and is said to take these."""
    tree = from_shapes({"q": ((64, 64), "Q8_0"), "k": ((3, 100), "Q4_K"), "n": ((64,), "F32"), "x": ((3,), "WHAT")})
    assert [info.nbytes for info in tree.tensors.values()] == [0, 0, 256, 0]
    assert [info.stored for info in tree.tensors.values()] == [64 * 2 * 34, 2 * 144, 256, 0]
    assert tree.nbytes == 64 * 2 * 34 + 2 * 144 + 256
