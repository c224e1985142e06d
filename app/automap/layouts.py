"""Rows that stand in another order under an equal shape: rotary halves or pairs, q/k/v by head or stacked. Names tell, heads are needed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.automap.fusion import PIECES, base
from app.automap.names import joined, unwrapped
from app.automap.units import Unit
from app.keys import KeyTree

ROTARY: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"attentionwq", "attentionwo", "feedforwardw1"}), "pairs", "Llama reference code: rotary over (even, odd) pairs"),
    (frozenset({"attnqproj", "attnoutputproj", "sanorm"}), "pairs", "torchtune, RotaryPositionalEmbeddings: pairs"),
    (frozenset({"selfattnqproj", "selfattnoproj"}), "halves", "transformers, rotate_half"),
    (frozenset({"selfattnqkvproj", "selfattnoproj"}), "halves", "Phi-3 and vLLM: rotate_half"),
    (frozenset({"attnqkv", "attnproj", "norm1"}), "halves", "LitGPT, apply_rope: halves"),
)
"""Names that must all stand in a block -> how its rotary embedding pairs the rows of q and k; with the code that says so."""

BY_HEAD: Mapping[str, str] = {
    "querykeyvalue": "Megatron-LM and GPT-NeoX: q, k, v of one head stand together",
    "linearqkv": "Megatron-Core: the queries of a group, then its key and value",
}
STACKED = frozenset({"qkv", "inproj", "cattn", "wqkv", "toqkv", "qkvproj"})
"""Fused names -> whether parts stand by head or one after the other."""


MERGING = frozenset({"merge", "merge.norm"})
"""Roles of what joins patches. `w_msa` is the word of mmsegmentation, mmdetection and mmpretrain, whose PatchMerging takes `nn.Unfold`;
Microsoft's code concatenates x[0::2, 0::2], x[1::2, 0::2], x[0::2, 1::2], x[1::2, 1::2]."""

Recipe = tuple[str, dict[str, Any]]


class Layouts:
    """What both sides' names say about the order of rows, and the head counts where they are known.

    decided -- rows of one head, as a decision gives them away
    unmoved -- a person said of rows in doubt that they stay as they are
    """

    def __init__(
        self, us: Sequence[Unit], vs: Sequence[Unit], trees: Iterable[KeyTree], decided: int | None = None, *, unmoved: bool = False
    ) -> None:
        self.left, self.right = _rotary(us), _rotary(vs)
        self.likely = _likely(us) and _likely(vs)
        self.head_dim, self.certain = (decided, True) if decided else _head_dim((*us, *vs), list(trees))
        self.unmoved = unmoved
        self.merged = tuple("windows" if any("w_msa" in unit.path for unit in side) else "corners" for side in (us, vs))

    def reordered(self, u: Unit, v: Unit, param: str) -> tuple[Recipe, str]:
        """Return the op between two tensors of equal shape, and a doubt."""
        same: Recipe = ("identity", {})
        role = base(u.role or v.role)
        rows = u.params[param][0] if u.params[param] else 0
        if {u.role, v.role} <= MERGING and u.role == v.role:
            return self._merged_rows(u, param, same)
        if _modulates(u) != _modulates(v) and 2 * min(u.main) == max(u.main):
            return same, "halves"
        if role == "qkv" and base(v.role or u.role) == "qkv":
            return self._fused(u, v, rows, same)
        if role not in {"q", "k"} or not self.likely or v.part is not None:
            return same, ""
        return self._rotary_rows(u, v, rows, same)

    def _merged_rows(self, u: Unit, param: str, same: Recipe) -> tuple[Recipe, str]:
        """Four patches side by side, corner by corner and column first; or each channel with its four, as `unfold` gives them."""
        if self.merged[0] == self.merged[1] or self.unmoved:
            return same, ""
        dim = len(u.params[param]) - 1
        width = u.params[param][dim] // 4
        view = [2, 2, width] if self.merged[0] == "corners" else [width, 2, 2]
        known = not dim or u.role == "merge"
        return ("permute", {"kind": "rows", "dim": dim, "view": view, "dims": [2, 1, 0]}), "" if known and dim < 2 else "turned"

    def _fused(self, u: Unit, v: Unit, rows: int, same: Recipe) -> tuple[Recipe, str]:
        left, right = _fused_layout(u), _fused_layout(v)
        if self.unmoved or joined(u.path[-1]) == joined(v.path[-1]) or (left == right and left):
            return same, ""
        if not left or not right or rows % 3 or (rows // 3) % self.head_dim:
            return same, "fused_layout"
        heads = rows // 3 // self.head_dim
        view = [heads, 3, self.head_dim] if left == "by_head" else [3, heads, self.head_dim]
        return ("permute", {"kind": "rows", "dim": 0, "view": view, "dims": [1, 0, 2]}), "" if self.certain else "heads"

    def _rotary_rows(self, u: Unit, v: Unit, rows: int, same: Recipe) -> tuple[Recipe, str]:
        if self.unmoved or (self.left == self.right and self.left):
            return same, ""
        if not self.left or not self.right:
            return same, "" if unwrapped(u.local) == unwrapped(v.local) else "rotary"
        if not self.head_dim or rows % self.head_dim:
            return same, "rotary"
        half = self.head_dim // 2
        view = [rows // self.head_dim, half, 2] if self.left == "pairs" else [rows // self.head_dim, 2, half]
        return ("permute", {"kind": "rows", "dim": 0, "view": view, "dims": [0, 2, 1]}), "" if self.certain else "heads"

    def parted_doubt(self, u: Unit, v: Unit) -> str:
        """Return why the rows of an atom may stand in another order than those it is paired with; "" where they do not."""
        if any(unit.whole is not None and base(unit.whole.role) not in PIECES and unit.part and unit.part.name for unit in (u, v)):
            return "fused_layout"
        role = base(u.role or v.role)
        if role not in {"q", "k", "v"}:
            return ""
        if "by_head" in {_fused_layout(u), _fused_layout(v)}:
            return "fused_layout"
        if role in {"q", "k"} and self.likely and not self.unmoved and (self.left != self.right or not self.left):
            return "rotary"
        return ""


def _modulates(unit: Unit) -> bool:
    """Whether its rows are shift and scale of an adaptive norm: DiT gives the shift first, the last norm of diffusers the scale."""
    return any("adaln" in joined(part) or "modulation" in joined(part) for part in unit.path)


def _fused_layout(unit: Unit) -> str:
    name = joined((unit.whole or unit).path[-1])
    return "by_head" if name in BY_HEAD else "stacked" if name in STACKED else ""


def _rotary(units: Sequence[Unit]) -> str:
    names = {"".join(unwrapped(unit.local)) for unit in units} | {joined(unit.path[-1]) for unit in units}
    return next((layout for needed, layout, _ in ROTARY if needed <= names), "")


def _likely(units: Sequence[Unit]) -> bool:
    """Whether positions enter by rotation: no table of positions, but one of words; or the names say so."""
    text = {joined(part) for unit in units for part in unit.path}
    if any("rotary" in part or "rope" in part or "invfreq" in part for part in text):
        return True
    roles = {base(unit.role) for unit in units}
    if {"pos", "relpos_table"} & roles or any("relative" in part for part in text):
        return False
    plain_norms = any(unit.role.startswith("norm.") and "bias" not in unit.params for unit in units)
    return plain_norms or bool({"wordembed", "lm_head", "gate"} & roles)


def _head_dim(units: Sequence[Unit], trees: Sequence[KeyTree]) -> tuple[int, bool]:
    """Return the rows of one head, and whether something says so: hyperparameters, rotary frequencies, a norm over one head."""
    for tree in trees:
        for module in tree.modules.values():
            dim = module.hyper.get("head_dim") or module.hyper.get("head_size")
            if isinstance(dim, int) and dim > 1:
                return dim, True
            heads = module.hyper.get("num_heads") or module.hyper.get("n_heads") or module.hyper.get("num_attention_heads")
            width = module.hyper.get("embed_dim") or module.hyper.get("hidden_size") or module.hyper.get("all_head_size")
            if isinstance(heads, int) and isinstance(width, int) and heads > 0 and width % heads == 0:
                return width // heads, True
    for unit in units:
        name = joined("".join(unit.path))
        if len(unit.main) == 1 and ("invfreq" in name or "ropefreqs" in name):
            return 2 * unit.main[0], True
        if base(unit.role) in {"qnorm", "knorm"} and len(unit.main) == 1 and unit.main[0] <= 256:
            return unit.main[0], True
    widths = [unit.main[-1] for unit in units if base(unit.role) in {"q", "qkv"} and len(unit.main) == 2]
    return (128 if max(widths, default=0) >= 4096 else 64), False
