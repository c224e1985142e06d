"""Reading a checkpoint without running anything that stands in it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import torch

from app.exporting.runtime.tables import NESTING, ODD_KEYS, SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator


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
