"""What a person may choose about an export."""

from typing import Literal

import msgspec

EXAMPLE = "checkpoint.pth"
"""What a checkpoint is called where its name is not known."""


UNREAD = frozenset({"gguf", "npz", "npy", "hdf5", "keras-zip", "onnx", "dcp", "raw-pickle", "torchscript", "pt2"})
"""Formats of checkpoints that a loader script cannot open: neither torch with `weights_only` nor safetensors reads them."""


class ScriptOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Choices for a loader script.

    only         -- target keys to transfer, as a shell pattern: "backbone.*"
    min_coverage -- least share of a model's elements that must load; None: nine tenths of what the plan covers
    module       -- the file's name without .py, by which a project imports it: a Python identifier
    model_name   -- what the script calls the goal in its heading; user text, ends in a literal
    checkpoint   -- the file that its heading loads as an example; user text, ends in a literal
    """

    only: str = "*"
    min_coverage: float | None = None
    model_name: str = ""
    module: str = "loader"
    checkpoint: str = EXAMPLE


Container = Literal["safetensors", "torch", "torch-legacy"]


class FileOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Choices for a remapped file.

    dtype          -- what floating tensors become: "" or "keep" leaves each, "target" takes the model's, else a type (F32, F16, BF16, ...)
    dtypes         -- pattern of target keys -> the same choice for those keys; the first that fits decides, then `dtype`
    max_shard_size -- bytes of a shard; 0: one file
    shards         -- number of shards, as even as whole tensors allow; 0: by size
    shared         -- what becomes of tensors that share memory: "clone" writes each, "alias" writes one and names the others in the metadata
    metadata       -- further entries of the file's metadata, such as provenance
    container      -- "safetensors", "torch" (zip), or "torch-legacy", which torch wrote before 1.6
    """

    dtype: str = ""
    dtypes: dict[str, str] = {}
    max_shard_size: int = 0
    shards: int = 0
    shared: Literal["clone", "alias"] = "clone"
    metadata: dict[str, str] = {}
    container: Container = "safetensors"
