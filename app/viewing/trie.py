"""Keys as branches that share their beginnings, each branch knowing which others are like it."""

import msgspec

from app.keys import KeyTree
from app.stopping import each


class Branch(msgspec.Struct, gc=False):
    """What lies below one path.

    key   -- the key that ends here, if one does
    below -- segment -> branch, in listing order
    kind  -- equal for branches that hold the same names with the same shapes and dtypes
    """

    key: str | None = None
    below: dict[str, "Branch"] = {}
    kind: int = -1


class Kind(msgspec.Struct, frozen=True, gc=False):
    """What all branches of one kind have in common.

    names -- segments right below; kinds -- the kind of the branch at each, a number lower than this one's own
    own   -- whether a key ends here; numel -- the elements of its tensor
    """

    names: tuple[str, ...]
    kinds: tuple[int, ...]
    own: bool
    numel: int


def grow(tree: KeyTree) -> tuple[Branch, tuple[Kind, ...]]:
    """Make the branches of a tree, and the kinds that they are of, by number; the root's is the last."""
    root = Branch()
    for key in each(tree.tensors):
        branch = root
        for segment in key.split(tree.separator):
            child = branch.below.get(segment)
            if child is None:
                child = branch.below[segment] = Branch()
            branch = child
        branch.key = key
    return root, tuple(_classify(root, tree))


def _classify(root: Branch, tree: KeyTree) -> list[Kind]:
    """Number the kinds from the leaves up, without recursion: keys may be deep."""
    known: dict[object, int] = {}
    kinds: list[Kind] = []
    order = [root]
    for branch in order:  # grows while it is walked: parents before children
        order.extend(branch.below.values())
    for branch in each(reversed(order)):
        info = tree.tensors[branch.key] if branch.key is not None else None
        own = (info.shape, info.dtype) if info else None
        below = tuple([child.kind for child in branch.below.values()])
        sort = (own, tuple(branch.below), below)
        branch.kind = known.setdefault(sort, len(kinds))
        if branch.kind == len(kinds):
            kinds.append(Kind(sort[1], below, info is not None, info.numel if info else 0))
    return kinds
