"""Outlines and weights of the trees that were looked at last; a tree's are made once."""

from functools import lru_cache

from app.keys import KeyTree
from app.mapping.likes import Likes, likes
from app.viewing.nodes import Outline
from app.viewing.outline import fold
from app.viewing.unfolded import Unfolded
from app.viewing.weights import Weights, weigh


class _Held:
    """A tree by identity, for the cache: trees are values, but hashing 92k keys is not free."""

    def __init__(self, tree: KeyTree) -> None:
        self.tree = tree

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.tree is self.tree


_likes = lru_cache(maxsize=16)(lambda holder: likes(holder.tree))
_folds = lru_cache(maxsize=16)(lambda holder: fold(holder.tree))
_unfolded = lru_cache(maxsize=16)(lambda holder: Unfolded(holder.tree, _folds(holder)[1]))
_weights = lru_cache(maxsize=16)(lambda holder, folded: weigh(outline_of(holder.tree, folded=folded), _likes(holder)))


def outline_of(tree: KeyTree, *, folded: bool = True) -> Outline:
    """Outline of a tree; the last ones are kept."""
    return _folds(_Held(tree))[0] if folded else _unfolded(_Held(tree))


def weights_of(tree: KeyTree, *, folded: bool = True) -> Weights:
    """Parameters and bytes of each node of its outline; the last ones are kept."""
    return _weights(_Held(tree), folded)


def likes_of(tree: KeyTree) -> Likes:
    """The kinds of a tree's tensors; the last ones are kept."""
    return _likes(_Held(tree))
