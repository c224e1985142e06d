"""Rows that stand in another order under an equal shape: rotary halves or pairs, q/k/v by head or stacked. Names tell, heads are needed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from app.automap.fusion import PIECES, base
from app.automap.names import joined, numbered, unwrapped, words
from app.automap.units import Path, Unit
from app.automap.vocabulary import ALONE, GATED
from app.keys import KeyTree

ROTARY: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"attentionwq", "attentionwo", "feedforwardw1"}), "pairs", "Llama reference code: rotary over (even, odd) pairs"),
    (frozenset({"attnqproj", "attnoutputproj", "sanorm"}), "pairs", "torchtune, RotaryPositionalEmbeddings: pairs"),
    (frozenset({"selfattnqproj", "selfattnoproj"}), "halves", "transformers, rotate_half"),
    (frozenset({"selfattnqkvproj", "selfattnoproj"}), "halves", "Phi-3 and vLLM: rotate_half"),
    (frozenset({"attnqkv", "attnproj", "norm1"}), "halves", "LitGPT, apply_rope: halves"),
    (frozenset({"wqkv", "wo", "norm0"}), "planes", "MoonViT (Kimi-VL), apply_rope: pairs, by row and column, beside a table of positions"),
    (frozenset({"attnattentionqproj", "attnattentionoutproj"}), "halves", "EXAONE 3 model code: rotate_half"),
    (frozenset({"attentionqkvproj", "attentionoproj", "mlpupgateproj"}), "halves", "GTE (new-impl) model code: rotate_half"),
    (frozenset({"attnwqkv", "attnoutproj", "mlpfc11"}), "halves", "flash-attn, RotaryEmbedding as Nomic BERT sets it: not interleaved"),
    (frozenset({"mixerwqkv", "mixeroutproj"}), "halves", "flash-attn, RotaryEmbedding as XLM-R flash sets it: not interleaved"),
)
"""Names that must all stand in a block -> how its rotary embedding pairs the rows of q and k; with the code that says so."""

BY_HEAD: Mapping[str, str] = {
    "querykeyvalue": "Megatron-LM and GPT-NeoX: q, k, v of one head stand together",
    "linearqkv": "Megatron-Core: the queries of a group, then its key and value",
}
EITHER: Mapping[str, str] = {
    "attentionwqkv": "gpt-fast stacks q, k and v; InternLM2 keeps the queries of a group with its key and value",
}
"""Names of a fused projection, with the module that holds it, that stand for both orders."""
STACKED = frozenset({"qkv", "inproj", "cattn", "wqkv", "toqkv", "qkvproj"})
"""Fused names -> whether parts stand by head or one after the other."""


MERGING = frozenset({"merge", "merge.norm"})
"""Roles of what joins patches. `w_msa` is the word of mmsegmentation, mmdetection and mmpretrain, whose PatchMerging takes `nn.Unfold`;
Microsoft's code concatenates x[0::2, 0::2], x[1::2, 0::2], x[0::2, 1::2], x[1::2, 1::2]."""

PACKED = frozenset({"gate_up", "up_gate"})
"""Roles of linears that give gate and first layer in one: which of them comes first, only their names say."""
_ORDERED = {name for name, role in ALONE.items() if role in PACKED} | {
    name for table, _ in GATED for name, role in table.items() if role in PACKED
}

Recipe = tuple[str, dict[str, Any]]
Scope = tuple[str | Path, ...]
"""Where one answer about rows holds: in two towers, or wherever parts go by one name."""


class Layouts:
    """What both sides' names say about the order of rows, and the head counts where they are known.

    decided -- rows of one head, as a decision gives them away
    unmoved -- scopes in which a person said of rows in doubt that they stay as they are
    """

    def __init__(
        self, us: Sequence[Unit], vs: Sequence[Unit], trees: Iterable[KeyTree], decided: int | None = None, unmoved: Collection[Scope] = ()
    ) -> None:
        self.towers = _towers(us), _towers(vs)
        self.left, self.right = ({id(units): _rotary(units) for units in side.values()} for side in self.towers)
        self.likely = _likely(us) and _likely(vs)
        self.decided, self.trees = decided, list(trees)
        self.known_heads: dict[tuple[int, int], tuple[int, bool]] = {}
        self.unmoved = frozenset(unmoved)
        self.merged = tuple("windows" if any("w_msa" in unit.path for unit in side) else "corners" for side in (us, vs))

    def _heads(self, u: Unit, v: Unit) -> tuple[int, bool]:
        """Return the rows of one head where these two stand, and whether something says so."""
        if self.decided:
            return self.decided, True
        towers = self.towers[0][u.whole or u], self.towers[1][v.whole or v]
        key = id(towers[0]), id(towers[1])
        if key not in self.known_heads:
            self.known_heads[key] = _head_dim((*towers[0], *towers[1]), self.trees)
        return self.known_heads[key]

    def scope(self, u: Unit, v: Unit, doubt: str) -> Scope:
        """Return where an answer about the rows of these two holds: rotation is a tower's, a cut that of what is named alike."""
        if doubt != "fused_layout":
            return "rotary", self.towers[0][u.whole or u][0].path, self.towers[1][v.whole or v][0].path
        cut = [joined(unit.whole.path[-1]) for unit in (u, v) if unit.whole]
        return "fused_layout", *(cut or (joined(u.path[-1]), joined(v.path[-1])))

    def _stays(self, u: Unit, v: Unit, *doubts: str) -> bool:
        return bool(self.unmoved) and any(self.scope(u, v, doubt) in self.unmoved for doubt in doubts)

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
        if role in PACKED and not (
            self._stays(u, v, "fused_layout") or joined(u.path[-1]) == joined(v.path[-1]) or (_says_order(u) and _says_order(v))
        ):
            return same, "fused_layout"
        if role not in {"q", "k"} or not self._rotates(u, v) or v.part is not None:
            return same, ""
        return self._rotary_rows(u, v, rows, same)

    def _merged_rows(self, u: Unit, param: str, same: Recipe) -> tuple[Recipe, str]:
        """Four patches side by side, corner by corner and column first; or each channel with its four, as `unfold` gives them."""
        if self.merged[0] == self.merged[1]:
            return same, ""
        dim = len(u.params[param]) - 1
        width = u.params[param][dim] // 4
        view = [2, 2, width] if self.merged[0] == "corners" else [width, 2, 2]
        known = not dim or u.role == "merge"
        return ("permute", {"kind": "rows", "dim": dim, "view": view, "dims": [2, 1, 0]}), "" if known and dim < 2 else "turned"

    def _fused(self, u: Unit, v: Unit, rows: int, same: Recipe) -> tuple[Recipe, str]:
        left, right = _fused_layout(u), _fused_layout(v)
        if (
            joined(u.path[-1]) == joined(v.path[-1])
            or (left == right and left in {"by_head", "stacked"})
            or self._stays(u, v, "fused_layout", "heads")
        ):
            return same, ""
        head_dim, certain = self._heads(u, v)
        if not left or not right or "either" in {left, right} or rows % 3 or (rows // 3) % head_dim:
            return same, "fused_layout"
        heads = rows // 3 // head_dim
        view = [heads, 3, head_dim] if left == "by_head" else [3, heads, head_dim]
        return ("permute", {"kind": "rows", "dim": 0, "view": view, "dims": [1, 0, 2]}), "" if certain else "heads"

    def _rotary_rows(self, u: Unit, v: Unit, rows: int, same: Recipe) -> tuple[Recipe, str]:
        left, right = self._rotary(u, v)
        if (left == right and left) or self._stays(u, v, "rotary"):
            return same, ""
        if not left or not right:
            return same, "" if unwrapped(u.local) == unwrapped(v.local) else "rotary"
        head_dim, certain = self._heads(u, v)
        if "planes" in (left, right) or not head_dim or rows % head_dim:
            return same, "rotary"
        half = head_dim // 2
        view = [rows // head_dim, half, 2] if left == "pairs" else [rows // head_dim, 2, half]
        return ("permute", {"kind": "rows", "dim": 0, "view": view, "dims": [0, 2, 1]}), "" if certain else "heads"

    def _rotary(self, u: Unit, v: Unit) -> tuple[str, str]:
        """Return how the towers that two units stand in pair their rows, each by its own names."""
        found = self.left.get(id(self.towers[0][u.whole or u])), self.right.get(id(self.towers[1][v.whole or v]))
        return found[0] or "", found[1] or ""

    def _rotates(self, u: Unit, v: Unit) -> bool:
        return self.likely or "planes" in self._rotary(u, v)

    def parted_doubt(self, u: Unit, v: Unit) -> str:
        """Return why the rows of an atom may stand in another order than those it is paired with; "" where they do not."""
        doubt = self._parted(u, v)
        return "" if doubt and self._stays(u, v, doubt) else doubt

    def _parted(self, u: Unit, v: Unit) -> str:
        if any(unit.whole is not None and base(unit.whole.role) not in PIECES and unit.part and unit.part.name for unit in (u, v)):
            return "fused_layout"
        role = base(u.role or v.role)
        if role not in {"q", "k", "v"}:
            return ""
        if {"by_head", "either"} & {_fused_layout(u), _fused_layout(v)}:
            return "fused_layout"
        left, right = self._rotary(u, v)
        return "rotary" if role in {"q", "k"} and self._rotates(u, v) and (left != right or not left) else ""


def _says_order(unit: Unit) -> bool:
    return joined(unit.path[-1]) in _ORDERED


def _modulates(unit: Unit) -> bool:
    """Whether its rows are shift and scale of an adaptive norm: DiT gives the shift first, the last norm of diffusers the scale."""
    return any("adaln" in joined(part) or "modulation" in joined(part) or "mod" in words(part) for part in unit.path)


def _fused_layout(unit: Unit) -> str:
    name = joined((unit.whole or unit).path[-1])
    if "".join(joined(part) for part in unit.path[-2:]) in EITHER:
        return "either"
    return "by_head" if name in BY_HEAD else "stacked" if name in STACKED else ""


def _towers(side: Sequence[Unit]) -> dict[Unit, list[Unit]]:
    """Return each unit's tower: the blocks it stands among, and what stands around all; the whole side where one tower attends."""
    found: dict[Path, list[Unit]] = defaultdict(list)
    for unit in side:
        found[_tower(unit)].append(unit)
    attending = {tower for tower, units in found.items() if _latent(units) or any(base(unit.role) in {"q", "k", "qkv"} for unit in units)}
    whole = list(side)
    towers = {unit: units if len(attending) > 1 else whole for units in found.values() for unit in units}
    return towers | {unit.whole: towers[unit] for unit in side if unit.whole}


def _tower(unit: Unit) -> Path:
    """Return the path before the first number."""
    return unit.path[: next((at for at, part in enumerate(unit.path) if numbered(part)), len(unit.path) - 1)]


def _latent(units: Sequence[Unit]) -> bool:
    """Whether keys and values come out of a latent: rotation then takes only some rows of each head."""
    return any({"kva", "kvb"} & {name, name.removeprefix("w")} for unit in units for name in ["".join(_words_before_filler(unit.path[-1]))])


def _words_before_filler(segment: str) -> tuple[str, ...]:
    found = words(segment)
    return found[: next((at for at, word in enumerate(found) if word in {"proj", "with"}), len(found))]


def _rotary(units: Sequence[Unit]) -> str:
    if _latent(units):
        return ""
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
