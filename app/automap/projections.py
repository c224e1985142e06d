"""What goes into an attention and comes out of it, by the words of a name: `add_q_proj`, `linear_qkv`, `query_layer`, `to_add_out`."""

from functools import lru_cache

from app.automap.names import words

_MEANS = {
    "q": "q",
    "query": "q",
    "k": "k",
    "key": "k",
    "v": "v",
    "value": "v",
    "qkv": "qkv",
    "kv": "kv",
    "out": "out",
    "output": "out",
    "o": "out",
}
_FILLERS = frozenset(
    [
        "proj",
        "projection",
        "linear",
        "lin",
        "layer",
        "dense",
        "fc",
        "to",
        "conv",
        "project",
        "in",
        "packed",
        "attn",
        "attention",
        "net",
        "x",
    ]
)
"""Words that say that something is a projection, and not which."""
CONTEXT = frozenset(["context", "ctx", "txt", "text", "add", "added", "cap", "caption", "prompt", "y"])
"""Words of the second of two streams that attend together: the words beside the picture."""
_NORMS = frozenset(["norm", "layernorm", "rmsnorm", "ln", "rms", "layer"])


@lru_cache(maxsize=65_536)
def normed(segment: str) -> str:
    """Return "qnorm" or "knorm" for what norms queries or keys, whichever stream they are of: `norm_added_q`, `k_norm_y`; "" else."""
    found = words(segment)
    told = [word for word in found if word not in _NORMS and word not in CONTEXT and word != "x"]
    meant = _MEANS.get(told[0], "") if len(told) == 1 else ""
    return meant + "norm" if meant in {"q", "k"} and _NORMS & set(found) else ""


@lru_cache(maxsize=65_536)
def projected(segment: str) -> str:
    """Return the role of a projection by its name; "" where other words stand in it."""
    found = [word for word in words(segment) if word not in _FILLERS and word not in CONTEXT]
    meant = {_MEANS.get(word, "") for word in found}
    fused = "".join(found)
    if fused == "gqkv":
        return fused
    if fused in {"qkv", "querykeyvalue", "kv", "keyvalue"}:
        return "kv" if fused in {"kv", "keyvalue"} else "qkv"
    return meant.pop() if len(found) == 1 == len(meant) and len(words(segment)) > 1 else ""
