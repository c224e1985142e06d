"""Named layouts of attention weights: rotary halves against interleaved pairs, and fused q, k, v in the orders that are in use.

Shapes cannot tell these layouts from each other; head counts come from the model's configuration. Sources of the layouts: Llama (interleaved pairs),
GPT-NeoX and transformers (halves), BLOOM and GPT-NeoX (fused per head), LitGPT and InternLM2 (fused per group of key/value heads).
"""

from app.mapping.errors import OpError
from app.mapping.ops.cutting import cut
from app.mapping.ops.joining import concat
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.rows import DIM, deinterleave, interleaved, regrid, reorder
from app.mapping.ops.value import Value, axis, divided, words

LAYOUTS = ("stacked", "per_head", "per_group")
_NAMES = {"q": 0, "k": 1, "v": 2}


def _rotary(operands: Operands, *, halves: bool) -> Value:
    value, op = operands.value, operands.op
    dim = axis(op, value, operands.integer("dim"))
    heads, head = operands.optional("heads"), operands.optional("head_dim")
    if (heads is None) == (head is None):
        raise OpError("op_heads", op=op)
    size = value.shape[dim]
    heads = divided(op, size, head, dim, value) if head is not None else heads or 0
    head = divided(op, size, heads, dim, value)
    turned = operands.optional("rotary_dim") or head
    if turned % 2 or not 0 < turned <= head:
        raise OpError("op_rotary", op=op, rotary=turned, head=head)
    if turned == head:
        return regrid(value, dim, (heads, head // 2, 2) if halves else (heads, 2, head // 2), (0, 2, 1), op)
    half = turned // 2
    first = (
        [2 * row + part for part in (0, 1) for row in range(half)]
        if halves
        else [part * half + row for row in range(half) for part in (0, 1)]
    )
    order = [start * head + row for start in range(heads) for row in (*first, *range(turned, head))]
    return reorder(value, dim, order, op)


class Heads:
    """Sizes of the parts of a fused tensor."""

    def __init__(self, operands: Operands, size: int) -> None:
        op = operands.op
        self.heads, kv = operands.integer("heads"), operands.optional("kv_heads")
        self.groups = self.heads if kv is None else kv
        if self.heads < 1 or self.groups < 1 or self.heads % self.groups:
            raise OpError("op_kv_heads", op=op, heads=self.heads, groups=self.groups)
        whole = self.heads + 2 * self.groups
        self.head = operands.optional("head_dim") or size // whole
        if self.head * whole != size:
            raise OpError("op_fused", op=op, size=size, heads=self.heads, groups=self.groups)
        layout = operands.text("layout")
        if layout not in LAYOUTS:
            raise OpError("op_argument_kind", op=op, argument="layout", wanted=", ".join(LAYOUTS), found=layout)
        if layout == "per_head" and self.groups != self.heads:
            raise OpError("op_per_head", op=op, heads=self.heads, groups=self.groups)
        self.layout = layout
        self.sizes = (self.heads * self.head, self.groups * self.head, self.groups * self.head)
        self.parts = (self.heads // self.groups * self.head, self.head, self.head)


def _split_qkv(operands: Operands) -> Value:
    value = operands.value
    dim = axis(operands.op, value, operands.integer("dim"))
    at = _NAMES.get(operands.index, operands.index) if isinstance(operands.index, str) else operands.index
    if not isinstance(at, int) or not 0 <= at < 3:
        raise OpError("op_result_name", op=operands.op, known="q, k, v")
    heads = Heads(operands, value.shape[dim])
    if heads.layout != "stacked":
        value = deinterleave(value, dim, heads.groups, heads.parts, operands.op)
    return cut(value, dim, sum(heads.sizes[:at]), heads.sizes[at], operands.op)


def _join_qkv(operands: Operands) -> Value:
    dim = axis(operands.op, operands.value, operands.integer("dim"))
    joined = concat(operands.inputs, dim)
    heads = Heads(operands, joined.shape[dim])
    if tuple(value.shape[dim] for value in operands.inputs) != heads.sizes:
        raise OpError("op_fused", op=operands.op, size=joined.shape[dim], heads=heads.heads, groups=heads.groups)
    if heads.layout == "stacked":
        return joined
    return interleaved(joined, dim, heads.groups, heads.parts, operands.op)


def _gate_up_order(operands: Operands) -> tuple[str, ...]:
    order = operands.text("order")
    if order not in {"gate_up", "up_gate"}:
        raise OpError("op_argument_kind", op=operands.op, argument="order", wanted="gate_up, up_gate", found=order)
    return tuple(order.split("_"))


def _split_gate_up(operands: Operands) -> Value:
    value, order = operands.value, _gate_up_order(operands)
    dim = axis(operands.op, value, operands.integer("dim"))
    half = divided(operands.op, value.shape[dim], 2, dim, value)
    if operands.index not in order:
        raise OpError("op_result_name", op=operands.op, known="gate, up")
    if operands.flag("interleaved"):
        value = regrid(value, dim, (half, 2, 1), (1, 0, 2), operands.op)
    return cut(value, dim, half * order.index(str(operands.index)), half, operands.op)


def _join_gate_up(operands: Operands) -> Value:
    order, named = _gate_up_order(operands), dict(zip(("gate", "up"), operands.inputs, strict=True))
    dim = axis(operands.op, operands.value, operands.integer("dim"))
    first, second = (named[name] for name in order)
    if first.shape != second.shape:
        raise OpError("op_join", op=operands.op, first=words(first.shape), second=words(second.shape), dim=dim)
    joined = concat([first, second], dim)
    return regrid(joined, dim, (2, first.shape[dim], 1), (1, 0, 2), operands.op) if operands.flag("interleaved") else joined


_ROTARY = (
    Parameter("heads", "int", None),
    Parameter("head_dim", "int", None, "instead of the number of heads"),
    Parameter("rotary_dim", "int", None, "rows of each head that are turned; the rest stays"),
    DIM,
)
_FUSED = (
    Parameter("layout", "text", "stacked", choices=LAYOUTS),
    Parameter("heads", "int"),
    Parameter("kv_heads", "int", None, "as many as heads where left out"),
    Parameter("head_dim", "int", None),
    DIM,
)
_GATE_UP = (
    Parameter("order", "text", "gate_up", choices=("gate_up", "up_gate")),
    Parameter("interleaved", "flag", default=False, summary="row by row instead of half by half"),
    DIM,
)

ATTENTION = (
    Op(
        "rotary_to_half",
        "Rows of each head from interleaved pairs (Llama's own files) to halves (transformers).",
        lambda operands: _rotary(operands, halves=True),
        Example('"q_proj.{p}" = rotary_to_half("wq.{p}", heads=32)', {"wq.weight": (4096, 4096)}, (4096, 4096)),
        _ROTARY,
        inverse="rotary_to_interleaved",
        group="attention",
    ),
    Op(
        "rotary_to_interleaved",
        "Rows of each head from halves (transformers) to interleaved pairs (Llama's own files).",
        lambda operands: _rotary(operands, halves=False),
        Example('"wq.{p}" = rotary_to_interleaved("q_proj.{p}", head_dim=128)', {"q_proj.weight": (1024, 4096)}, (1024, 4096)),
        _ROTARY,
        inverse="rotary_to_half",
        group="attention",
    ),
    Op(
        "split_qkv",
        "Take q, k or v out of a fused tensor: one after the other (stacked), head by head, or group by group.",
        _split_qkv,
        Example(
            '"k_proj.{p}" = split_qkv("wqkv.{p}", layout=per_group, heads=32, kv_heads=8)[k]', {"wqkv.weight": (6144, 4096)}, (1024, 4096)
        ),
        _FUSED,
        results=True,
        inverse="join_qkv",
        group="attention",
    ),
    Op(
        "join_qkv",
        "Fuse q, k and v: one after the other (stacked), head by head, or group by group.",
        _join_qkv,
        Example(
            '"qkv.{p}" = join_qkv("q.{p}", "k.{p}", "v.{p}", layout=per_head, heads=8)',
            {"q.weight": (512, 512), "k.weight": (512, 512), "v.weight": (512, 512)},
            (1536, 512),
        ),
        _FUSED,
        least=3,
        most=3,
        inverse="split_qkv",
        group="attention",
    ),
    Op(
        "split_gate_up",
        "Take gate or up out of a fused tensor.",
        _split_gate_up,
        Example('"gate_proj.weight" = split_gate_up("gate_up_proj.weight")[gate]', {"gate_up_proj.weight": (28672, 64)}, (14336, 64)),
        _GATE_UP,
        results=True,
        inverse="join_gate_up",
        group="attention",
    ),
    Op(
        "join_gate_up",
        "Fuse gate and up, in this or the other order, half by half or row by row.",
        _join_gate_up,
        Example('"w" = join_gate_up("gate", "up", interleaved=true)', {"gate": (8, 4), "up": (8, 4)}, (16, 4)),
        _GATE_UP,
        least=2,
        most=2,
        inverse="split_gate_up",
        group="attention",
    ),
)
