"""Small transfers on real files: a checkpoint, its key tree, and a mapping given as recipes."""

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from safetensors.torch import save_file

from app.exporting import ScriptOptions, loader_script
from app.keys import FileInfo, KeyTree, Location, TensorInfo
from app.keys.dtypes import FROM_TORCH
from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan
from app.mapping.ops import OPS
from app.mapping.outcomes import Coverage, Evaluation, Leaf, Recipe, SourceOutcome, Step, TargetOutcome
from app.mapping.plan import Plan


def dtype_name(tensor: torch.Tensor) -> str:
    """Spell a tensor's type as we do."""
    return FROM_TORCH[str(tensor.dtype).removeprefix("torch.")]


def tree_of(tensors: Mapping[str, torch.Tensor]) -> KeyTree:
    """Make a tree without locations."""
    return from_shapes({key: (tuple(tensor.shape), dtype_name(tensor)) for key, tensor in tensors.items()})


def safetensors_case(tensors: Mapping[str, torch.Tensor], path: Path) -> KeyTree:
    """Write a safetensors file and return its tree."""
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    found = {
        key: TensorInfo(
            tuple(entry["shape"]),
            entry["dtype"],
            where=Location(0, 8 + size + entry["data_offsets"][0], entry["data_offsets"][1] - entry["data_offsets"][0]),
        )
        for key, entry in header.items()
    }
    return KeyTree("safetensors", found, files=(FileInfo(path.name, path.stat().st_size),))


def torch_case(tensors: Mapping[str, torch.Tensor], path: Path) -> KeyTree:
    """Write a torch zip file and return its tree, aliases and strides included."""
    torch.save(dict(tensors), path)
    entries = _entries(path)
    pointers: dict[int, int] = {}
    found: dict[str, TensorInfo] = {}
    first: dict[tuple[object, ...], str] = {}
    for key, tensor in tensors.items():
        pointer = tensor.untyped_storage().data_ptr()
        index = pointers.setdefault(pointer, len(pointers))
        begin, length = entries[f"data/{index}"]
        skipped = tensor.storage_offset() * tensor.element_size()
        view = (index, skipped, tuple(tensor.shape), tensor.stride())
        found[key] = TensorInfo(
            tuple(tensor.shape),
            dtype_name(tensor),
            where=Location(0, begin + skipped, length - skipped, str(index)),
            stride=None if tensor.is_contiguous() else tensor.stride(),
            alias=first.get(view),
        )
        first.setdefault(view, key)
    return KeyTree("torch-zip", found, files=(FileInfo(path.name, path.stat().st_size),))


def _entries(path: Path) -> dict[str, tuple[int, int]]:
    out = {}
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            name, extra = struct.unpack("<HH", file.read(4))
            out[info.filename.split("/", 1)[1]] = (info.header_offset + 30 + name + extra, info.file_size)
    return out


def evaluated(
    recipes: Mapping[str, Recipe], sources: Mapping[str, KeyTree], target: KeyTree, states: Mapping[str, str] | None = None
) -> Evaluation:
    """Make the evaluation that loads `recipes`; other target keys are missing, or as `states` says."""
    states = states or {}
    targets = {
        key: TargetOutcome("loaded", recipe=recipes[key])
        if key in recipes
        else TargetOutcome("missing", benign=True)
        if states.get(key) == "benign"
        else TargetOutcome(states.get(key, "missing"), rule=0 if states.get(key) == "initialised" else None)
        for key in target.tensors
    }
    elements = sum(target.tensors[key].numel for key in recipes)
    coverage = {"loaded": Coverage(len(recipes), elements, 0), "total": Coverage(len(targets), target.parameters, 0)}
    return Evaluation(targets, {name: {key: SourceOutcome("used") for key in tree.tensors} for name, tree in sources.items()}, coverage)


def script_for(
    recipes: Mapping[str, Recipe],
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    states: Mapping[str, str] | None = None,
    *,
    plan: Plan | None = None,
    options: ScriptOptions | None = None,
) -> str:
    """Write the loader script of such a transfer."""
    return loader_script(plan or Plan(), sources, target, evaluated(recipes, sources, target, states), options)


def sliced(key: str, dim: int, start: int, length: int, shape: tuple[int, ...]) -> Step:
    """Make a slice of a source key."""
    return Step("slice", (Leaf(key),), {"dim": dim, "start": start, "length": length}, shape, "F32")


def every_op() -> tuple[dict[str, torch.Tensor], dict[str, Recipe], dict[str, tuple[tuple[int, ...], str]]]:
    """Each op of the language at work on its own example: tensors, recipe and shape by target key."""
    sources: dict[str, torch.Tensor] = {}
    mapped: dict[str, Recipe] = {}
    shapes: dict[str, tuple[tuple[int, ...], str]] = {}
    for name, op in OPS.items():
        example = op.example
        own = from_shapes({key: (shape, "F32") for key, shape in example.sources.items()})
        key = example.line.split('"')[1]
        for hole, text in (("{i}", "0"), ("{e}", "0"), ("{p}", next(iter(example.sources)).rsplit(".", 1)[-1])):
            key = key.replace(hole, text)
        found = evaluate(parse_plan(f"keygraft_plan 1\n{example.line}\n"), {"": own}, from_shapes({key: (example.gives, "F32")})).targets[
            key
        ]
        assert found.recipe is not None
        sources |= {f"{name}.{source}": torch.randn(shape) for source, shape in example.sources.items()}
        mapped[f"new.{name}"] = _moved(found.recipe, f"{name}.")
        shapes[f"new.{name}"] = (example.gives, "F32")
    return sources, mapped, shapes


def _moved(recipe: Recipe, lead: str) -> Recipe:
    """Put a lead before every source key."""
    if isinstance(recipe, Leaf):
        return Leaf(lead + recipe.key)
    return msgspec.structs.replace(recipe, inputs=tuple(_moved(part, lead) for part in recipe.inputs))
