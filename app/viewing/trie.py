"""Keys as branches that share their beginnings, each branch knowing which others are like it."""

import msgspec

from app.keys import KeyTree


class Branch(msgspec.Struct, gc=False):
    """What lies below one path.

    key   -- the key that ends here, if one does
    below -- segment -> branch, in listing order
    kind  -- equal for branches that hold the same names with the same shapes and dtypes
    """

    key: str | None = None
    below: dict[str, "Branch"] = {}
    kind: int = -1


def grow(tree: KeyTree) -> Branch:
    """Make the branches of a tree."""
    root = Branch()
    for key in tree.tensors:
        branch = root
        for segment in key.split(tree.separator):
            child = branch.below.get(segment)
            if child is None:
                child = branch.below[segment] = Branch()
            branch = child
        branch.key = key
    _classify(root, tree)
    return root


def _classify(root: Branch, tree: KeyTree) -> None:
    """Number the kinds from the leaves up, without recursion: keys may be deep."""
    kinds: dict[object, int] = {}
    order = [root]
    for branch in order:  # grows while it is walked: parents before children
        order.extend(branch.below.values())
    for branch in reversed(order):
        info = tree.tensors[branch.key] if branch.key is not None else None
        own = (info.shape, info.dtype) if info else None
        sort = (own, tuple([(name, child.kind) for name, child in branch.below.items()]))
        branch.kind = kinds.setdefault(sort, len(kinds))
