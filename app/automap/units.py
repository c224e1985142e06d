"""Units: what is matched. A leaf module with its parameters, standing for all its repetitions in equal blocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

Path = tuple[str, ...]
Shape = tuple[int, ...]


class Axis(NamedTuple):
    """A repetition: at which depth of the key its label stands, the labels in order, and the container that repeats."""

    depth: int
    labels: tuple[str, ...]
    container: Path


class Part(NamedTuple):
    """What an atom is of its unit: rows `start` to `start + length` of `dim`, or one of `stacked` along dim 0, then those rows."""

    name: str
    dim: int = 0
    start: int = 0
    length: int = 0
    stacked: int = 0


@dataclass(eq=False, slots=True)
class Unit:
    """A leaf module of one side, once for all its equal repetitions.

    path   -- of its first member
    spelt  -- canonical parameter -> segments of that parameter's key, of the first member
    params -- canonical parameter -> shape
    stream -- "main" or "context" in a block that computes two side by side; "" elsewhere
    order  -- place of its first key in the listing
    source -- name of the source it belongs to; "" for the target and the unnamed source
    part   -- set where this is an atom of a fused or stacked unit, `whole`
    beside -- names of the units that stand in one module with it, its own among them
    """

    path: Path
    axes: tuple[Axis, ...]
    spelt: Mapping[str, Path]
    params: dict[str, Shape]
    order: int
    separator: str = "."
    source: str = ""
    whole: "Unit | None" = None
    part: Part | None = None
    block: Path = ()
    role: str = ""
    stream: str = ""
    kind: str = ""
    words: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()

    @property
    def lengths(self) -> tuple[int, ...]:
        """How often it is repeated, outermost first."""
        return tuple(len(axis.labels) for axis in self.axes)

    @property
    def count(self) -> int:
        """Members in all."""
        return prod(self.lengths)

    @property
    def local(self) -> Path:
        """Path inside the block."""
        return self.path[len(self.block) :]

    @property
    def bare(self) -> bool:
        """Whether its weight is a parameter that no module of its own holds."""
        return self.spelt.get("weight") == self.path

    @property
    def weight_name(self) -> str:
        """Last segment of its weight's key, without TensorFlow's `:0`; "" where it has none."""
        return self.spelt["weight"][-1].removesuffix(":0") if "weight" in self.spelt else ""

    @property
    def main(self) -> Shape:
        """Shape of the parameter that tells most; the same one however the listing goes."""
        if "lora_a" in self.params and "lora_b" in self.params:
            return _product(self.params["lora_a"], self.params["lora_b"])
        return self.params.get("weight") or self.params.get("weight_v") or self.params[min(self.params)]

    def keys(self, param: str) -> list[str]:
        """Return the keys of one parameter of all members, outermost axis first."""
        if not self.axes:
            return [self.separator.join(self.spelt[param])]
        segments = [segment.replace("%", "%%") for segment in self.spelt[param]]
        for axis in self.axes:
            behind = segments[axis.depth][len(axis.labels[0]) :] if axis.depth >= 0 else ""
            segments[axis.depth] = "%s" + behind
        form = self.separator.join(segments)
        return [form % labels for labels in product(*(axis.labels for axis in self.axes))]


def _product(down: Shape, up: Shape) -> Shape:
    """Return the shape of the weight that LoRA's factors are added to: (rank, in, …) and (out, rank, …), or as MLX keeps them (in, rank) and (rank, out)."""
    if len(down) < 2 or len(up) < 2:
        return down
    turned = down[1] == up[0] and (down[0] != up[1] or down[1] < down[0])  # the rank is the smaller one of what both share
    return (down[0], *up[1:]) if turned else (up[0], *down[1:])


_KERNELS = frozenset({"kernel", "depthwise_kernel", "weights", "depthwise_weights"})
"""What TensorFlow and Flax call a weight that ends with (in, out)."""


def torch_shape(unit: Unit) -> Shape:
    """Return the shape of a convolution's weight as torch would have it, (out, in, …); a depthwise one has its channels first."""
    shape = unit.main
    if unit.weight_name not in _KERNELS or len(shape) < 3:
        return shape
    into, out = shape[-2:]
    return (into, out, *shape[:-2]) if unit.weight_name.startswith("depthwise") else (out, into, *shape[:-2])
