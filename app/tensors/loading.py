"""Source tensors from their bytes: no checkpoint library, no unpickling."""

import warnings
from collections.abc import Mapping

import torch

from app.keys import KeyTree, TensorInfo, itemsize
from app.keys.blocks import unpacked
from app.keys.dtypes import TORCH, UNPACKED, plain_dtype
from app.mapping.outcomes import Leaf
from app.sources import FileSet
from app.tensors.running import TensorError


def torch_dtype(dtype: str) -> torch.dtype:
    """Return torch's type of this name; TensorError `dtype_unknown` where this torch has none."""
    found = getattr(torch, TORCH.get(dtype, ""), None)
    if not isinstance(found, torch.dtype):
        raise TensorError("dtype_unknown", dtype=dtype)
    return found


def span_of(info: TensorInfo) -> int:
    """Bytes from the first to behind the last element of a strided tensor."""
    size = int(itemsize(info.dtype) or 0)
    if info.shape is None or 0 in info.shape:
        return 0
    if info.stride is None:
        return info.stored
    return (sum((count - 1) * step for count, step in zip(info.shape, info.stride, strict=True)) + 1) * size


class Loader:
    """Reads source tensors when a recipe asks for them.

    trees -- source name -> key tree, with locations
    files -- source name -> the files those locations point into
    """

    def __init__(self, trees: Mapping[str, KeyTree], files: Mapping[str, FileSet]) -> None:
        self._trees = trees
        self._files = files

    def __call__(self, leaf: Leaf) -> torch.Tensor:
        """Return the tensor of a source key; TensorError `tensor_without_bytes` where the tree does not say where it lies."""
        tree = self._trees[leaf.source]
        info = tree.tensors[leaf.key]
        if info.where is None or info.shape is None or info.layout != "strided":
            raise TensorError("tensor_without_bytes", key=leaf.key)
        dtype, length = torch_dtype(plain_dtype(info.dtype)), span_of(info)
        if not length:
            return torch.empty(info.shape, dtype=dtype)
        name = tree.files[info.where.file].name
        data = self._files[leaf.source].open(name).read_at(info.where.offset, length)
        if len(data) != length:
            raise TensorError("tensor_truncated", key=leaf.key, file=name)
        if info.dtype in UNPACKED:
            return torch.from_numpy(unpacked(data, info.dtype)).reshape(info.shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the buffer is read-only, and is only read
            flat = torch.frombuffer(data, dtype=dtype)
        return flat.reshape(info.shape) if info.stride is None else flat.as_strided(info.shape, info.stride)


def raw_bytes(tensor: torch.Tensor) -> memoryview:
    """Return the bytes of a tensor in row-major order."""
    dense = tensor.detach().resolve_conj().resolve_neg().contiguous()
    flat = dense.as_strided((dense.numel(),), (1,))  # a single element may keep any stride
    return flat.view(torch.uint8).numpy().data if flat.numel() else memoryview(b"")
