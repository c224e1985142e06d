"""Where each op of the language is needed. A test works all of this out again, and fails where an op is used nowhere."""

CONVERSIONS: dict[str, tuple[str, ...]] = {
    "chunk": ("dense prediction", "detection", "swin", "video", "vision-language", "vit", "vit-selfsup"),
    "concat": ("llama", "moe"),
    "interpolate": ("partial transfer",),
    "permute_rows": ("gpt-neox", "llama"),
    "reshape": ("diffusion",),
    "stack": ("moe",),
    "sum": ("partial transfer",),
    "transpose": ("gpt2", "text encoder", "vision-language"),
}
"""Op -> kinds of real conversions whose plans, written from pairs, use it."""

DIALECTS: dict[str, tuple[str, ...]] = {
    "chunk": ("transformers",),
    "concat": ("transformers",),
    "stack": ("transformers",),
}
"""Op -> conversion lists of other programs that are read as rules with it."""


def used_in(op: str) -> list[str]:
    """Name what uses an op: `conversion: KIND`, `dialect: NAME`, and its example in the language reference."""
    kinds = [f"conversion: {kind}" for kind in CONVERSIONS.get(op, ())]
    return [*kinds, *(f"dialect: {name}" for name in DIALECTS.get(op, ())), f"docs/plan.md#{op}"]
