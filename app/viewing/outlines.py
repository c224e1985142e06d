"""Outlines and weights of the trees that were looked at last; a tree's are made once."""

from collections.abc import Callable, Hashable
from functools import lru_cache
from threading import Lock
from typing import TypeVar

from app.keys import KeyTree
from app.mapping.likes import Likes, likes
from app.viewing.nodes import Outline
from app.viewing.outline import fold
from app.viewing.unfolded import Unfolded
from app.viewing.weights import Weights, weigh

Made = TypeVar("Made")
_TURNS = 64


class _Held:
    """A tree by identity, for the cache: trees are values, but hashing 92k keys is not free."""

    def __init__(self, tree: KeyTree) -> None:
        self.tree = tree

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.tree is self.tree


def _once(make: Callable[..., Made]) -> Callable[..., Made]:
    """Keep what was made of the last trees; threads that ask for the same at a time make it once: one of them may have begun it ahead of time."""
    known, turns = lru_cache(maxsize=16)(make), tuple(Lock() for _ in range(_TURNS))

    def get(*about: Hashable) -> Made:
        with turns[hash(about) % _TURNS]:
            return known(*about)

    return get


_likes = _once(lambda holder: likes(holder.tree))
_folds = _once(lambda holder: fold(holder.tree))
_unfolded = _once(lambda holder: Unfolded(holder.tree, _folds(holder)[1]))
_weights = _once(lambda holder, folded: weigh(outline_of(holder.tree, folded=folded), _likes(holder)))


def outline_of(tree: KeyTree, *, folded: bool = True) -> Outline:
    """Outline of a tree; the last ones are kept."""
    return _folds(_Held(tree))[0] if folded else _unfolded(_Held(tree))


def weights_of(tree: KeyTree, *, folded: bool = True) -> Weights:
    """Parameters and bytes of each node of its outline; the last ones are kept."""
    return _weights(_Held(tree), folded)


def likes_of(tree: KeyTree) -> Likes:
    """The kinds of a tree's tensors; the last ones are kept."""
    return _likes(_Held(tree))
