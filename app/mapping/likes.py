"""Tensors told apart by shape and dtype, each kind a small number: comparing numbers is cheaper than comparing shapes."""

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from app.keys import KeyTree

Kind = tuple[tuple[int, ...] | None, str, bool]
"""Shape, dtype, and whether the tensor has memory of its own."""


class Likes(NamedTuple):
    """The kinds of one tree: key -> number of its kind, and the kinds by number."""

    of: Mapping[str, int]
    kinds: tuple[Kind, ...]

    def numel(self, kind: int) -> int:
        """Parameters of a tensor of a kind; none where its memory is another tensor's."""
        shape, _, own = self.kinds[kind]
        return prod(shape) if own and shape is not None else 0


def likes(tree: KeyTree) -> Likes:
    """Tell the tensors of a tree apart."""
    known: dict[Kind, int] = {}
    found = {key: known.setdefault((info.shape, info.dtype, info.alias is None), len(known)) for key, info in tree.tensors.items()}
    return Likes(found, tuple(known))
