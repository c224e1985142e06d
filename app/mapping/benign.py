"""Missing keys that do no harm: buffers that a model computes by itself. A plan may carry its own list."""

from app.keys import KeyTree, TensorInfo
from app.mapping.outcomes import Reason

BENIGN: tuple[str, ...] = (
    "*num_batches_tracked",
    "*inv_freq",
    "*position_ids",
    "*relative_position_index",
    "*relative_coords_table",
    "*causal_mask",
    "*attn_mask",
    "*masked_bias",
    "*.attn.bias",
    "*.attention.bias",
)
"""The built-in list. The last two are causal masks, and count only where the shape is that of one (1, 1, n, n)."""

_ONLY_MASKS = frozenset({"*.attn.bias", "*.attention.bias"})
_TRACKED = "num_batches_tracked"


def holds(pattern: str, info: TensorInfo) -> bool:
    """Whether a built-in pattern that fits the name also fits the tensor."""
    if pattern not in _ONLY_MASKS:
        return info.kind != "parameter"
    shape = info.shape
    return shape is not None and len(shape) == 4 and shape[:2] == (1, 1) and shape[2] == shape[3]


def benign_reason(key: str, pattern: str, *, versioned: bool) -> Reason:
    """Say why a missing key does no harm.

    versioned -- whether the source carries `_metadata`: batch norms then expect their counter, and torch names it missing; from a plain
                 dictionary torch fills it in without a word
    """
    if key.endswith(_TRACKED):
        return Reason("counter_expected" if versioned else "counter_filled")
    return Reason("benign_listed", {"pattern": pattern})


def is_versioned(tree: KeyTree) -> bool:
    """Whether a checkpoint carries the `_metadata` of a state_dict."""
    return "_metadata" in tree.metadata or "_metadata" in tree.other
