"""Moves the weights of a checkpoint into a model whose state_dict has other names or shapes.

In a project:

    from loader import load_into

    report = load_into(model, "checkpoint.pth")
    print(report.table())

As a command:

    python loader.py checkpoint.pth                    print what becomes of every key
    python loader.py checkpoint.pth out.safetensors    write the remapped state_dict

Needs Python 3.9 and torch 2.1 or newer; safetensors where such files are read or written. Written by Keygraft.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, cast

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 1):
    raise SystemExit(f"This loader needs torch 2.1 or newer; here is {torch.__version__}.")

# Where the tensors stand inside the file.
NESTING: dict[str, tuple[object, ...]] = {"": ()}

# Keys that are no plain text in the file.
ODD_KEYS: dict[tuple[object, ...], str] = {}

# What joins the parts of a nested key.
SEPARATOR: str = "."

# Every key of the target, with its shape.
EXPECTED: dict[str, tuple[int, ...]] = {
    "tokens.weight": (100, 16),
    "head.weight": (20, 16),
    **{f"layers.{i}.attn.q.weight": (16, 16) for i in range(12)},
    **{f"layers.{i}.attn.k.weight": (16, 16) for i in range(12)},
    **{f"layers.{i}.attn.v.weight": (16, 16) for i in range(12)},
    **{f"layers.{i}.norm1.weight": (16,) for i in range(12)},
    **{f"layers.{i}.norm2.weight": (16,) for i in range(12)},
    **{f"layers.{i}.ffn.up.weight": (16,) for i in range(12)},
    **{f"layers.{i}.ffn.down.weight": (16,) for i in range(12)},
    **{f"layers.{i}.experts.gate_up": (8, 64, 16) for i in range(12)},
    **{f"fusion.{i}.weight": (3, 3) for i in range(4)},
}

# Target keys that may be missing.
MAY_BE_MISSING: frozenset[str] = frozenset()

# Target keys that start fresh, and how.
FRESH: dict[str, tuple[str, dict[str, object]]] = {
    "head.weight": ("truncated_normal", {"std": 0.02}),
}

# Source keys that are not used.
LEFT_BEHIND: frozenset[str] = frozenset({"module.head.weight"})

# How other source keys change: the first pattern that fits decides.
RENAMES: tuple[tuple[str, str], ...] = (
    (r"module\.blocks\.(\d+)\.mlp\.fc1\.", r"layers.\1.ffn.up."),
    (r"module\.blocks\.(\d+)\.mlp\.fc2\.", r"layers.\1.ffn.down."),
    (r"module\.embed\.", "tokens."),
    (r"module\.blocks\.", "layers."),
)

# Least share of the model's elements that must load.
MIN_COVERAGE: float = 0.897


def remapped(take: Take) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield each target key with its value, one after another."""
    for i in range(12):
        old = f"module.blocks.{i}"
        yield (f"layers.{i}.attn.q.weight", take(f"{old}.attn.qkv.weight").chunk(3)[0])
        yield (f"layers.{i}.attn.k.weight", take(f"{old}.attn.qkv.weight").chunk(3)[1])
        yield (f"layers.{i}.attn.v.weight", take(f"{old}.attn.qkv.weight").chunk(3)[2])
        yield (
            f"layers.{i}.experts.gate_up",
            torch.cat(
                [
                    torch.stack([take(f"{old}.experts.{n}.w1.weight") for n in range(8)]),
                    torch.stack([take(f"{old}.experts.{n}.w3.weight") for n in range(8)]),
                ],
                dim=1,
            ),
        )
    for i in range(4):
        yield (f"fusion.{i}.weight", take(f"module.refine{3 - i}.weight").transpose(0, 1))
    # every other key, under its new name
    for key in take.left():
        yield (rename(key), take(key))


def start_fresh(tensor: torch.Tensor, policy: str, arguments: dict[str, Any]) -> None:
    """Fill a tensor in place by a named scheme; `seed` makes it repeatable, the global generator is left alone.

    The schemes are those of torch.nn.init; one that needs two dimensions starts a bias with zeros.
    """
    settings = dict(arguments)
    seed = settings.pop("seed", None)
    schemes: dict[str, Callable[..., torch.Tensor]] = {
        "zeros": nn.init.zeros_,
        "ones": nn.init.ones_,
        "constant": lambda target, value: target.fill_(value),
        "normal": nn.init.normal_,
        "uniform": lambda target, low=0.0, high=1.0: nn.init.uniform_(target, low, high),
        "truncated_normal": nn.init.trunc_normal_,
        "kaiming_normal": nn.init.kaiming_normal_,
        "kaiming_uniform": nn.init.kaiming_uniform_,
        "xavier_normal": nn.init.xavier_normal_,
        "xavier_uniform": nn.init.xavier_uniform_,
    }
    if policy.startswith(("kaiming", "xavier")) and tensor.dim() < 2:
        policy, settings = "zeros", {}
    with torch.random.fork_rng(devices=[], enabled=seed is not None), torch.no_grad():
        if seed is not None:
            torch.manual_seed(int(seed))
        schemes[policy](tensor, **settings)


Source = Union[str, Path, Mapping[str, Any]]


class TransferError(RuntimeError):
    """The transfer does not fit what it was given; nothing was changed."""


class Safetensors(Mapping[str, torch.Tensor]):
    """Tensors of one or more safetensors files, each read when it is asked for."""

    def __init__(self, paths: list[Path], device: str = "cpu") -> None:
        from safetensors import safe_open

        self._files: dict[str, Any] = {}
        for path in paths:
            handle: Any = safe_open(str(path), framework="pt", device=device)
            names: list[str] = handle.keys()
            for key in names:
                if key in self._files:
                    raise TransferError(f"two shards hold the key {key!r}")
                self._files[key] = handle

    def __getitem__(self, key: str) -> torch.Tensor:
        tensor: torch.Tensor = self._files[key].get_tensor(key)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def outline(self, key: str) -> torch.Tensor:
        """Return the tensor without its data; its dtype is taken from one row."""
        piece = self._files[key].get_slice(key)
        shape = piece.get_shape()
        sample = piece[:1] if shape and shape[0] else self[key]
        return torch.empty(shape, dtype=sample.dtype, device="meta")


class Several(Mapping[str, torch.Tensor]):
    """Tensors of several named sources, each key led by its source's name and a colon."""

    def __init__(self, sources: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
        self._sources = sources

    def find(self, key: str) -> tuple[Mapping[str, torch.Tensor], str]:
        """Return the source of a key, and its key there."""
        name, _, rest = key.partition(":")
        return self._sources[name], rest

    def __getitem__(self, key: str) -> torch.Tensor:
        source, rest = self.find(key)
        return source[rest]

    def __iter__(self) -> Iterator[str]:
        return (f"{name}:{key}" for name, source in self._sources.items() for key in source)

    def __len__(self) -> int:
        return sum(len(source) for source in self._sources.values())


def outline(tensors: Mapping[str, torch.Tensor], key: str) -> torch.Tensor:
    """Return a tensor without its data."""
    if isinstance(tensors, Several):
        return outline(*tensors.find(key))
    if isinstance(tensors, Safetensors):
        return tensors.outline(key)
    return torch.empty_like(tensors[key], device="meta")


def open_source(source: Source) -> Mapping[str, torch.Tensor]:
    """Open what a transfer reads: a path or a state_dict; where it has several sources, one of these for each name."""
    if isinstance(source, (Safetensors, Several)):
        return source
    if len(NESTING) == 1:
        return _open_one(source, next(iter(NESTING)))
    if not isinstance(source, Mapping) or set(source) != set(NESTING):
        raise TransferError(f"give a path or state_dict for each of {sorted(NESTING)}")
    return Several({name: _open_one(part, name) for name, part in source.items()})


def _open_one(source: Source, name: str) -> Mapping[str, torch.Tensor]:
    if isinstance(source, (str, Path)):
        return load_checkpoint(source, source=name)
    return source if isinstance(source, Safetensors) else tensors_of(source, name)


def load_checkpoint(
    path: str | Path,
    *,
    source: str | None = None,
    map_location: str = "cpu",
    mmap: bool | None = None,
) -> Mapping[str, torch.Tensor]:
    """Read a checkpoint: a file, an index, or a folder of shards.

    torch files are read with `weights_only=True`, memory-mapped where they can be (`mmap=False`
    reads them whole); safetensors files are read tensor by tensor. `source` names the one that is
    meant where a transfer has several.
    """
    name = next(iter(NESTING), "") if source is None else source
    files = _files(Path(path))
    if all(_is_safetensors(file) for file in files):
        return Safetensors(files, map_location)
    merged: dict[str, torch.Tensor] = {}
    for file in files:
        for key, tensor in tensors_of(_read_torch(file, map_location, mmap), name).items():
            if key in merged:
                raise TransferError(f"two shards hold the key {key!r}")
            merged[key] = tensor
    return merged


def _files(path: Path) -> list[Path]:
    """List the files of a checkpoint; shard names of an index are taken by base name, beside the index."""
    if path.is_dir():
        indices = sorted(path.glob("*.index.json"))
        if indices:
            return _files(indices[0])
        found = sorted(path.glob("*.safetensors"))
        found = found or sorted(
            file for file in path.iterdir() if file.suffix in {".bin", ".pt", ".pth", ".ckpt"}
        )
        if not found:
            raise TransferError(f"no .safetensors, .bin, .pt, .pth or .ckpt in the folder {path}")
        return found
    if path.name.endswith(".json"):
        names = json.loads(path.read_text("utf-8"))["weight_map"].values()
        return [path.parent / Path(name).name for name in sorted(set(names))]
    return [path]


def _is_safetensors(path: Path) -> bool:
    """Look at the content: eight bytes of length, then JSON."""
    with path.open("rb") as file:
        head = file.read(9)
    return (
        len(head) == 9
        and head[8:] == b"{"
        and int.from_bytes(head[:8], "little") <= path.stat().st_size - 8
    )


class Inert:
    """Stands for a class that a checkpoint names: keeps the state it is given, runs nothing."""

    state: object = None

    def __new__(cls, *_: object, **__: object) -> Inert:
        """Make one of whatever the class took."""
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __setitem__(self, key: object, value: object) -> None:
        pass


def _read_torch(path: Path, map_location: str, mmap: bool | None) -> object:
    zipped = zipfile.is_zipfile(path)
    mapped = zipped if mmap is None else mmap and zipped
    try:
        return torch.load(path, map_location=map_location, weights_only=True, mmap=mapped)
    except Exception as error:
        try:
            with _inert_globals(path):
                return torch.load(path, map_location=map_location, weights_only=True, mmap=mapped)
        except Exception:
            reason = (str(error) or type(error).__name__).partition(". ")[0].splitlines()[0]
            raise TransferError(
                f"{path.name} cannot be opened without running what it holds, or is damaged: {reason}\n"
                f"`keygraft apply PLAN {path.name} remapped.safetensors` reads more formats, and runs nothing; "
                "what it writes is for model.load_state_dict"
            ) from error


def _inert_globals(path: Path) -> Any:
    """Let classes that torch does not know be stood for by `Inert`; needs torch 2.6."""
    serialization: Any = torch.serialization
    names = serialization.get_unsafe_globals_in_checkpoint(path)
    return serialization.safe_globals([(type(name, (Inert,), {}), name) for name in names])


def tensors_of(tree: object, source: str) -> dict[str, torch.Tensor]:
    """Find the state_dict in what a file held; its tensors by the keys that the transfer knows."""
    for step in NESTING.get(source, ()):
        if not (isinstance(tree, Mapping) and step in tree):
            break  # a state_dict that was taken out already
        tree = tree[step]
    found: dict[str, torch.Tensor] = {}
    for path, tensor in _walk(tree, ()):
        key = ODD_KEYS.get((source, *path))
        if key is None and "_buffers" in path:
            continue  # a buffer of a whole module that its state_dict leaves out
        key = key or SEPARATOR.join(str(token) for token in path)
        if key in found:
            raise TransferError(f"two tensors are called {key!r}")
        found[key] = tensor
    return found


def _walk(
    tree: object, path: tuple[object, ...]
) -> Iterator[tuple[tuple[object, ...], torch.Tensor]]:
    if isinstance(tree, torch.Tensor):
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _walk(value, (*path, key))
    elif isinstance(tree, (list, tuple)):
        for index, value in enumerate(tree):
            yield from _walk(value, (*path, index))
    elif isinstance(tree, Inert) and isinstance(tree.state, Mapping):  # a whole module
        for part in ("_parameters", "_buffers", "_modules"):
            yield from _walk(tree.state.get(part), (*path, part))


class Take:
    """Hands out source tensors by key and remembers which were used; `outlines` hands out shapes without data."""

    def __init__(self, state_dict: Mapping[str, torch.Tensor], *, outlines: bool = False) -> None:
        self.state_dict = state_dict
        self.outlines = outlines
        self.used: set[str] = set()
        self.recent: list[str] = []

    def __call__(self, key: str) -> torch.Tensor:
        """Return a tensor, or its outline."""
        if key not in self.state_dict:
            raise TransferError(
                f"the checkpoint lacks {key!r}, which this transfer computes with{self._instead(key)}"
            )
        self.used.add(key)
        self.recent.append(key)
        if not self.outlines:
            return self.state_dict[key]
        return outline(self.state_dict, key)

    def _instead(self, key: str) -> str:
        """Say where the key stands, if the checkpoint holds it deeper than the transfer knows it."""
        lead = next(
            (held.removesuffix(key) for held in self.state_dict if held.endswith(SEPARATOR + key)),
            "",
        )
        return lead and f"; it holds its keys under {lead!r}: give that part of it"

    def left(self) -> Iterator[str]:
        """Yield the keys that were not taken so far and are not left behind on purpose."""
        taken = frozenset(self.used)
        for key in self.state_dict:
            if key not in taken and key not in LEFT_BEHIND:
                yield key


def rename(key: str) -> str:
    """Give a source key its name in the target; the first pattern that matches its start decides."""
    for pattern, replacement in RENAMES:
        match = re.match(pattern, key, re.ASCII)
        if match:
            return match.expand(replacement) + key[match.end() :]
    return key


@dataclass
class Report:
    """What became of every key."""

    loaded: dict[str, str] = field(default_factory=dict)
    """Target key -> the source keys that filled it."""
    missing: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    mismatched: dict[str, str] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    coverage: float = 0.0
    """Share of the target's elements that were loaded."""

    @property
    def problems(self) -> list[str]:
        """One line for each thing that strict loading does not accept."""
        return [
            *(f"missing: {key}" for key in self.missing if key not in MAY_BE_MISSING),
            *(f"mismatched: {key} {why}" for key, why in self.mismatched.items()),
            *(f"unexpected: {key}" for key in self.unexpected),
        ]

    def table(self) -> str:
        """Lay out three columns: target key, what fills it, outcome."""
        rows = [("target", "from", "outcome")]
        rows += [(key, _short(source), "loaded") for key, source in self.loaded.items()]
        rows += [(key, why, "mismatched") for key, why in self.mismatched.items()]
        rows += [
            (key, "", "missing" if key not in MAY_BE_MISSING else "missing, allowed")
            for key in self.missing
        ]
        rows += [(key, FRESH[key][0], "starts fresh") for key in self.fresh]
        rows += [("", key, "unexpected") for key in self.unexpected]
        rows += [("", key, "left behind") for key in self.left_behind]
        shown = [
            tuple(cell if cell.isprintable() else ascii(cell) for cell in cells) for cells in rows
        ]
        widths = [max(len(cells[column]) for cells in shown) for column in range(2)]
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in shown]
        total = f"{len(self.loaded)} keys loaded, {self.coverage:.1%} of the elements"
        return "\n".join([*lines, "", total])


def _short(origin: str) -> str:
    """Name the first two of many keys and count the rest: 256 experts would make a line that nobody reads."""
    first, *others = origin.split(" + ")
    return origin if len(others) < 4 else f"{first} + {others[0]} + {len(others) - 1} more"


def inspect(
    source: Source,
    expected: Mapping[str, tuple[int, ...]] = EXPECTED,
) -> Report:
    """Find out what loading would do, from names and shapes alone."""
    state_dict = open_source(source)
    report = Report()
    take = Take(state_dict, outlines=True)
    seen: dict[str, str] = {}
    for key, value in computed(take):
        origin, take.recent = " + ".join(dict.fromkeys(take.recent)), []
        if key in seen:
            raise TransferError(f"two sources claim {key!r}: {seen[key]} and {origin}")
        seen[key] = origin
        shape = tuple(value.shape)
        if key not in expected:
            if key not in EXPECTED:
                report.unexpected.append(origin)
        elif shape == expected[key] or (shape == (1,) and expected[key] == ()):
            report.loaded[key] = origin
        else:
            report.mismatched[key] = f"{shape} does not fit {expected[key]}"
    report.fresh = [key for key in expected if key in FRESH and key not in seen]
    report.missing = [key for key in expected if key not in seen and key not in FRESH]
    report.left_behind = [key for key in state_dict if key in LEFT_BEHIND]
    report.coverage = _elements(expected, report.loaded) / max(1, _elements(expected, expected))
    return report


def computed(take: Take) -> Iterator[tuple[str, torch.Tensor]]:
    """Compute each target key; TransferError where the sources have shapes that the transfer was not made for."""
    try:
        yield from remapped(take)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        if isinstance(error, TransferError) or not take.recent:
            raise
        shapes = ", ".join(
            f"{key!r} {tuple(outline(take.state_dict, key).shape)}"
            for key in dict.fromkeys(take.recent)
        )
        raise TransferError(f"this transfer was not made for {shapes}: {error}") from error


def _elements(shapes: Mapping[str, tuple[int, ...]], keys: Mapping[str, object]) -> int:
    return sum(torch.Size(shapes[key]).numel() for key in keys)


def remap_state_dict(state_dict: Source, *, strict: bool = True) -> dict[str, torch.Tensor]:
    """Return the state_dict of the target.

    Tensors that only change their name or are sliced share memory with the source. With `strict`, a key that is missing,
    of another shape or left over raises TransferError, but for those that the transfer allows.
    """
    tensors = open_source(state_dict)
    report = inspect(tensors)
    if not report.loaded:
        raise TransferError(
            "nothing fits: this is not the checkpoint that the transfer was made for"
        )
    if strict and report.problems:
        raise TransferError("\n".join(report.problems))
    return {key: tensor for key, tensor in remapped(Take(tensors)) if key in report.loaded}


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside DataParallel, DistributedDataParallel and torch.compile."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(
            model, (nn.DataParallel, nn.parallel.DistributedDataParallel)
        ):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def places(model: nn.Module) -> dict[str, list[tuple[nn.Module, str]]]:
    """Find where each tensor of the state_dict stands: tied tensors stand in several modules."""
    by_identity: dict[int, list[tuple[nn.Module, str]]] = {}
    by_key: dict[str, list[tuple[nn.Module, str]]] = {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for name, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if tensor is not None and name not in module._non_persistent_buffers_set:
                stands = by_identity.setdefault(id(tensor), [])
                if (module, name) not in stands:
                    stands.append((module, name))
                by_key[f"{prefix}.{name}" if prefix else name] = stands
    return by_key


def select(
    model: nn.Module,
    *,
    subtree: str = "",
    only: str = "*",
    module_types: tuple[type[nn.Module], ...] = (),
) -> dict[str, str]:
    """Choose the keys to work on: target key -> key in `model`.

    subtree      -- `model` is this submodule of the target
    only         -- shell pattern over the model's keys, as "backbone.*"
    module_types -- tensors of such modules alone, as (nn.Conv2d,)
    """
    lead = f"{subtree}." if subtree else ""
    return {
        lead + key: key
        for key, stands in places(model).items()
        if fnmatchcase(key, only) and (not module_types or isinstance(stands[0][0], module_types))
    }


def load_into(
    model: nn.Module,
    source: Source,
    *,
    strict: bool = True,
    min_coverage: float = MIN_COVERAGE,
    assign: bool = False,
    subtree: str = "",
    only: str = "*",
    module_types: tuple[type[nn.Module], ...] = (),
) -> Report:
    """Copy the remapped weights into `model`, tensor by tensor; no second state_dict is held.

    Everything is checked by names and shapes before the first tensor is touched. `assign` puts the tensors themselves
    into the model, as a model on the meta device needs; tied tensors stay tied. Below `min_coverage` (share of the
    elements), or if nothing fits, TransferError is raised and the model is as it was.
    """
    model = unwrap(model)
    tensors = open_source(source)
    stands = places(model)
    chosen = select(model, subtree=subtree, only=only, module_types=module_types)
    shapes = {target: _shape(*stands[key][0]) for target, key in chosen.items()}
    report = inspect(tensors, _with_incoming(tensors, shapes))
    if not (subtree or module_types or only != "*"):
        report.unexpected += [
            f"{key}, which the model lacks" for key in EXPECTED if key not in chosen
        ]
    claimed = set(report.loaded)
    _retie(report, {target: stands[key] for target, key in chosen.items()})
    if strict and report.problems:
        raise TransferError("\n".join(["the model was not changed:", *report.problems]))
    if not report.loaded or report.coverage < min_coverage:
        raise TransferError(
            f"only {len(report.loaded)} keys ({report.coverage:.1%} of the elements) fit; the model was not changed"
        )
    _refuse_disagreeing_ties(
        tensors, {target: stands[chosen[target]] for target in chosen if target in claimed}
    )
    with torch.no_grad():
        for target, value in remapped(Take(tensors)):
            if target in claimed:
                _put(stands[chosen[target]], value, assign=assign)
    return report


def _tensor(module: nn.Module, name: str) -> torch.Tensor:
    tensor = module._parameters.get(name)
    found = module._buffers[name] if tensor is None else tensor
    return cast("torch.Tensor", found)


def _shape(module: nn.Module, name: str) -> tuple[int, ...] | None:
    tensor = _tensor(module, name)
    return None if nn.parameter.is_lazy(tensor) else tuple(tensor.shape)


def _with_incoming(
    tensors: Mapping[str, torch.Tensor], shapes: Mapping[str, tuple[int, ...] | None]
) -> dict[str, tuple[int, ...]]:
    """Give lazy parameters, whose shape is None, the shape that they will take."""
    coming: dict[str, tuple[int, ...]] = {}
    if None in shapes.values():
        coming = {key: tuple(each.shape) for key, each in computed(Take(tensors, outlines=True))}
    return {key: coming.get(key, ()) if shape is None else shape for key, shape in shapes.items()}


def _retie(report: Report, stands: dict[str, list[tuple[nn.Module, str]]]) -> None:
    """Count a key whose tensor is tied to a loaded one as loaded."""
    filled = {id(stands[target]): target for target in report.loaded}
    for target in [*report.missing, *report.fresh]:
        twin = filled.get(id(stands[target]))
        if twin is not None:
            report.loaded[target] = f"tied to {twin}"
    report.missing = [key for key in report.missing if key not in report.loaded]
    report.fresh = [key for key in report.fresh if key not in report.loaded]


def _refuse_disagreeing_ties(
    tensors: Mapping[str, torch.Tensor], claimed: dict[str, list[tuple[nn.Module, str]]]
) -> None:
    """Raise TransferError where one tied tensor would get two different values."""
    times = Counter(id(stands) for stands in claimed.values())
    tied = {target for target, stands in claimed.items() if times[id(stands)] > 1}
    first: dict[int, tuple[str, torch.Tensor]] = {}
    for target, value in remapped(Take(tensors)) if tied else ():
        if target in tied:
            name, other = first.setdefault(id(claimed[target]), (target, value))
            if not equal(value, other):
                raise TransferError(
                    f"{name!r} and {target!r} are one tensor in the model but two in the checkpoint"
                )


def _put(stands: list[tuple[nn.Module, str]], value: torch.Tensor, *, assign: bool) -> None:
    old = _tensor(*stands[0])
    if nn.parameter.is_lazy(old):
        old.materialize(tuple(value.shape))
    if not assign:
        if old.is_meta:
            raise TransferError(f"{stands[0][1]!r} is on the meta device: pass assign=True")
        old.copy_(fitted(value, old))
        return
    new: torch.Tensor = (
        fitted(value.detach(), old).to(old.dtype).clone(memory_format=torch.contiguous_format)
    )
    if isinstance(old, nn.Parameter):
        new = nn.Parameter(new, requires_grad=old.requires_grad)
    for module, name in stands:
        if isinstance(new, nn.Parameter):
            module._parameters[name] = new
        else:
            module._buffers[name] = new


def fitted(value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return the one element of a list that goes into a single number, as torch does."""
    return value[0] if like.dim() == 0 and value.shape == (1,) else value


def equal(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Compare value by value; NaN equals NaN."""
    left, right = left.detach().cpu(), right.detach().cpu()
    if left.shape != right.shape:
        return False
    same = left == right
    if left.is_floating_point() or left.is_complex():
        same = same | (left.isnan() & right.isnan())
    return bool(same.all())


def verify(
    model: nn.Module,
    source: Source,
    *,
    subtree: str = "",
    only: str = "*",
    module_types: tuple[type[nn.Module], ...] = (),
) -> list[str]:
    """Compare each transferred tensor of `model` with the remapped checkpoint, in the model's dtype: keys that differ, in order."""
    model = unwrap(model)
    stands = places(model)
    chosen = select(model, subtree=subtree, only=only, module_types=module_types)
    return [
        target
        for target, value, held in _pairs(open_source(source), chosen, stands)
        if not equal(value.to(held.dtype), held)
    ]


def _pairs(
    tensors: Mapping[str, torch.Tensor],
    chosen: dict[str, str],
    stands: dict[str, list[tuple[nn.Module, str]]],
) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    for target, value in remapped(Take(tensors)):
        if target in chosen:
            held = _tensor(*stands[chosen[target]][0])
            yield target, fitted(value, held).to(held.device), held


def transferred(model: nn.Module, subtree: str = "") -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters that the transfer fills."""
    lead = f"{subtree}." if subtree else ""
    for name, parameter in unwrap(model).named_parameters():
        key = lead + name
        if key in EXPECTED and key not in FRESH and key not in MAY_BE_MISSING:
            yield name, parameter


def freeze_transferred(
    model: nn.Module, *, subtree: str = "", module_types: tuple[type[nn.Module], ...] = ()
) -> list[str]:
    """Stop the gradient of transferred parameters, or of those in such modules; return their names."""
    stands = places(unwrap(model))
    frozen = []
    for name, parameter in transferred(model, subtree):
        if not module_types or isinstance(stands[name][0][0], module_types):
            parameter.requires_grad_(False)
            frozen.append(name)
    return frozen


def param_groups(
    model: nn.Module,
    base_lr: float,
    new_lr: float,
    *,
    layer_decay: float | None = None,
    subtree: str = "",
) -> list[dict[str, Any]]:
    """Group parameters for an optimizer: transferred ones learn at `base_lr`, fresh ones at `new_lr`.

    With `layer_decay`, a transferred parameter learns slower the earlier its layer stands: the first number in its name is the
    layer, and parameters before any layer (embeddings, stems) count as the layer before the first.
    """
    names = {name for name, _ in transferred(model, subtree)}
    layers = {name: _layer(name) for name in names}
    depth = max(layers.values(), default=-1) + 1
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in unwrap(model).named_parameters():
        if parameter.requires_grad:
            rate = base_lr if name in names else new_lr
            if layer_decay is not None and name in names:
                rate *= layer_decay ** (depth - 1 - layers[name])
            groups.setdefault(rate, []).append(parameter)
    return [
        {"params": parameters, "lr": rate}
        for rate, parameters in sorted(groups.items(), key=lambda group: group[0])
    ]


def _layer(name: str) -> int:
    match = re.search(r"(?<![0-9A-Za-z_])\d+(?![0-9A-Za-z_])", name)
    return int(match[0]) if match else -1


def warmup_schedule(
    optimizer: torch.optim.Optimizer,
    warmup_steps: int,
    *,
    milestones: Sequence[int] = (),
    gamma: float = 0.1,
) -> torch.optim.lr_scheduler.LambdaLR:
    """Raise the rate linearly over `warmup_steps`, then multiply it by `gamma` at each milestone (in steps)."""

    def factor(step: int) -> float:
        warm = min(1.0, (step + 1) / max(1, warmup_steps))
        return warm * float(gamma ** sum(step >= milestone for milestone in milestones))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def set_batchnorm_eval(model: nn.Module) -> int:
    """Keep running statistics of batch norms as they were transferred; call after each `model.train()`. Returns how many."""
    norms = [
        module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]
    for norm in norms:
        norm.eval()
    return len(norms)


def init_untransferred(
    model: nn.Module, *, subtree: str = "", policy: str = "model", **arguments: Any
) -> list[str]:
    """Start the keys that the transfer does not fill, each as the transfer says; return those that were written.

    Where it says "model", what the model's own constructor made stays, or `policy` is taken instead:
    "truncated_normal" with std=0.02, say. Tensors that are tied to transferred ones are left alone.
    """
    lead = f"{subtree}." if subtree else ""
    stands_of = places(unwrap(model))
    filled = {id(stands_of[name]) for name, _ in transferred(model, subtree)}
    written = []
    for key, stands in stands_of.items():
        own, settings = FRESH.get(lead + key, ("", {}))
        if own == "model":
            own, settings = policy, arguments
        if own not in {"", "model"} and id(stands) not in filled:
            module, name = stands[0]
            tensor = module._parameters.get(name)
            start_fresh(
                cast("torch.Tensor", module._buffers[name] if tensor is None else tensor),
                own,
                dict(settings),
            )
            written.append(key)
    return written


def save(state_dict: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write a state_dict, safetensors or torch by the file's name, beside the goal first: no half file is left."""
    partial = path.with_name(path.name + ".partial")
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(
            {
                key: tensor.clone(memory_format=torch.contiguous_format)
                for key, tensor in state_dict.items()
            },
            str(partial),
        )
    else:
        torch.save(dict(state_dict), partial)
    partial.replace(path)


def sources_of(paths: list[str]) -> Mapping[str, torch.Tensor]:
    """Open the checkpoints of a command line."""
    if len(paths) == 1:
        return load_checkpoint(paths[0])
    named = (path.partition("=") for path in paths)
    return open_source({name: path for name, _, path in named})


def started(keys: list[str]) -> dict[str, torch.Tensor]:
    """Make the tensors that start fresh by a scheme that needs no model."""
    made = {}
    for key in keys:
        policy, settings = FRESH[key]
        if policy != "model":
            made[key] = torch.empty(EXPECTED[key])
            start_fresh(made[key], policy, settings)
    return made


def main() -> int:
    """Convert a checkpoint, or print what would happen to each key."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="checkpoint (file, index or folder; NAME=PATH where there are several), then the file "
        "to write: .safetensors, or .pt for torch; without it, a report is printed",
    )
    parser.add_argument(
        "--not-strict", action="store_true", help="accept what is missing or left over"
    )
    parser.add_argument("--dtype", help="cast floating tensors: float32, float16, bfloat16")
    options = parser.parse_args()
    count = max(1, len(NESTING))
    if not count <= len(options.paths) <= count + 1:
        parser.error(f"{count} to read, and at most one to write")
    try:
        source = sources_of(options.paths[:count])
        report = inspect(source)
        if len(options.paths) == count:
            print(report.table())
            return 1 if report.problems else 0
        out = Path(options.paths[count])
        result = remap_state_dict(source, strict=not options.not_strict)
        result.update(started(report.fresh))
        if options.dtype:
            dtype = getattr(torch, options.dtype)
            result = {
                key: tensor.to(dtype) if tensor.is_floating_point() else tensor
                for key, tensor in result.items()
            }
        save(result, out)
    except (TransferError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{out}: {len(result)} keys, {report.coverage:.1%} of the elements loaded")
    for key in report.fresh:
        if key not in result:
            print(f"not in the file, the model starts it itself: {key!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
