"""Trees, claims and tensors for the tests of the mapping."""

import gzip
import json
from math import prod

import msgspec
import torch

from app.keys import KeyTree
from app.keys.tree import from_shapes
from app.mapping import Claim, Leaf
from app.mapping.ops import KERNELS, print_kernel


def tree(shapes, separator=".", dtype="F32"):
    """Make a tree from key -> shape."""
    made = from_shapes({key: (None if shape is None else tuple(shape), dtype) for key, shape in shapes.items()})
    return msgspec.structs.replace(made, separator=separator)


class Case:
    """One conversion of the corpus."""

    def __init__(self, path):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            document = json.load(file)
        self.name = path.name.removesuffix(".json.gz")
        self.family = document["family"]
        self.source, self.target = (self._tree(document[side]) for side in ("source", "target"))
        self.truth = document["truth"]
        self.claims = {key: Claim(tuple(truth["source"]), truth["op"], truth["args"]) for key, truth in self.truth.items()}

    @staticmethod
    def _tree(side) -> KeyTree:
        made = from_shapes({key: (tuple(info["shape"]), info["dtype"]) for key, info in side.items()})
        slashes = sum("/" in key for key in side)
        return msgspec.structs.replace(made, separator="/" if slashes > len(side) / 2 else ".")


def cases(shared):
    """Every conversion of the corpus."""
    return [Case(path) for path in sorted((shared / "corpus").glob("*.json.gz"))]


def run(recipe, tensors):
    """Make the tensor of a recipe by the code that its kernels print."""
    if isinstance(recipe, Leaf):
        return tensors[recipe.key]
    inputs = [run(inner, tensors) for inner in recipe.inputs]
    names = [f"x{at}" for at in range(len(inputs))]
    assert KERNELS[recipe.op].code is not None
    code = print_kernel(recipe.op, names, recipe.args, recipe.shape)
    return eval(code, {"torch": torch}, dict(zip(names, inputs, strict=True)))  # noqa: S307 - our own text


def numbered(shapes, dtype=torch.int64):
    """Tensors whose elements all differ."""
    out, at = {}, 0
    for key, shape in shapes.items():
        out[key] = torch.arange(at, at + prod(shape), dtype=dtype).reshape(shape)
        at += prod(shape)
    return out
