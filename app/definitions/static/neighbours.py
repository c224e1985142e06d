"""What models take from einops and timm that holds no tensors: layers that only move elements, and helpers of constructors."""

from collections.abc import Callable
from typing import Any

from app.definitions.static.values import Layer, Native, Stuck, Tensor, Unknown

_NO_TENSORS = frozenset({"Rearrange", "Reduce", "DropPath"})
_INITS = frozenset({"trunc_normal_", "trunc_normal_tf_", "lecun_normal_", "variance_scaling_"})
_PAIRS = {"to_1tuple": 1, "to_2tuple": 2, "to_3tuple": 3, "to_4tuple": 4}


def layers_of(library: str) -> Callable[[str], Any]:
    """Members of `einops.layers.torch`, `timm.layers` and their like; what may hold tensors is not known."""

    def member(name: str) -> Any:
        if name in _NO_TENSORS:
            return Layer("Identity")
        if name in _INITS:
            return Native(name, lambda args, _kwargs: args[0] if args else None)
        if name in _PAIRS:
            return Native(name, lambda args, _kwargs: _repeated(args, _PAIRS[name]))
        return Unknown(f"{library}.{name}")

    return member


def _repeated(args: list[Any], count: int) -> tuple[Any, ...]:
    if len(args) != 1 or isinstance(args[0], Unknown | Tensor):
        raise Stuck("unsupported", what=f"to_{count}tuple", line=0)
    return tuple(args[0]) if isinstance(args[0], list | tuple | range) else (args[0],) * count


def einops(name: str) -> Any:
    """Functions over tensors, and the layers beside them."""
    return Native(name, lambda _args, _kwargs: Tensor(None, None))


NEIGHBOURS: dict[str, Callable[[str], Any]] = {
    "einops": einops,
    "einops.layers.torch": layers_of("einops.layers.torch"),
    "timm.layers": layers_of("timm.layers"),
    "timm.models.layers": layers_of("timm.models.layers"),
}
