"""How much each node of an outline holds: parameters and bytes at and below it, tied tensors counted once."""

from collections.abc import Sequence
from itertools import accumulate

from app.keys import TensorInfo
from app.mapping.likes import Likes
from app.viewing.nodes import Outline


class Weights:
    """Parameters (elements) and bytes of each node: the difference of two sums over the keys in the outline's order."""

    def __init__(self, outline: Outline, parameters: Sequence[int], nbytes: Sequence[int]) -> None:
        self._outline = outline
        self._parameters = tuple(accumulate(parameters, initial=0))
        self._nbytes = tuple(accumulate(nbytes, initial=0))

    def parameters(self, number: int) -> int:
        """Elements at and below a node."""
        first, last = self._outline.span(number)
        return self._parameters[last] - self._parameters[first]

    def nbytes(self, number: int) -> int:
        """Bytes at and below a node."""
        first, last = self._outline.span(number)
        return self._nbytes[last] - self._nbytes[first]


def weigh(outline: Outline, likes: Likes) -> Weights:
    """Add up what stands below each node; tensors of one kind weigh the same."""
    infos = [(TensorInfo(shape=shape, dtype=dtype) if own else None) for shape, dtype, own in likes.kinds]
    parameters, nbytes = [info.numel if info else 0 for info in infos], [info.stored if info else 0 for info in infos]
    kinds = [likes.of[key] for key in outline.order]
    return Weights(outline, [parameters[kind] for kind in kinds], [nbytes[kind] for kind in kinds])
