"""Parts of training runs that hold no whole tensor: recognised, with the one command that makes a checkpoint of them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.readers.errors import UnknownFormatError
from app.readers.pickles import Mapped, Tensor

_ZERO_PART = re.compile(r"(^|/)(bf16_)?zero_pp_rank_\d+_mp_rank_\d+_(optim|model)_states\.pt$")
_PIPELINE = "python -m deepspeed.checkpoint.ds_to_universal --input_folder . --output_folder OUTPUT"
_LAYER = re.compile(r"(^|/)layer_\d+-model(_\d+-model)?_states\.pt$")
_SPLIT = (
    (
        "llama",
        re.compile(r"(^|/)consolidated\.\d+\.pth$"),
        "python -m transformers.models.llama.convert_llama_weights_to_hf --input_dir . --output_dir OUTPUT",
    ),
    (
        "megatron",
        re.compile(r"(^|/)mp_rank_\d+(_\d+)*/model_optim_rng\.pt$"),
        "python tools/checkpoint/convert.py --model-type GPT --loader megatron --saver megatron --target-tensor-parallel-size 1 --target-pipeline-parallel-size 1 --load-dir . --save-dir OUTPUT",
    ),
    ("megatron", re.compile(r"(^|/)mp_rank_\d+_model_states\.pt$"), _PIPELINE),
)
"""What cuts tensors themselves into parts: who did it, names of the parts, and what puts them together again."""
_ZERO_STATE = re.compile(r"(^|/)mp_rank_\d+_model_states\.pt$")
_FLATTENED = "flat_param"
_FLAT = ("single_partition_of_fp32_groups", "fp32_flat_groups")
_DEEPSPEED = "python zero_to_fp32.py . pytorch_model.bin"
_FSDP = "FSDP.set_state_dict_type(model, StateDictType.FULL_STATE_DICT)"
"""No program joins what each rank saved by torch.save: only the run itself can (accelerate merge-weights takes the folders that we read)."""
_OPTIMIZER = "optimizer_state_dict"
_SHARDED = frozenset(
    {
        "torch.distributed._shard.sharded_tensor.api.ShardedTensor",
        "torch.distributed._shard.sharded_tensor.ShardedTensor",
        "torch.distributed.fsdp.flat_param.FlatParameter",
    }
)


def of_names(names: Sequence[str]) -> UnknownFormatError | None:
    """Return the error of a folder whose files hold parts of tensors, or layers of a pipeline; None for any other folder."""
    layers = [name for name in names if _LAYER.search(name)]
    if layers:
        return UnknownFormatError("needs_consolidation", file=layers[0], kind="pipeline", command=_PIPELINE)
    for kind, pattern, command in _SPLIT:
        cut = [name for name in names if pattern.search(name)]
        if len(cut) > 1:
            return UnknownFormatError("needs_consolidation", file=cut[0], kind=kind, command=command)
    parts = [name for name in names if _ZERO_PART.search(name)]
    if not parts:
        return None
    if any(_ZERO_STATE.search(name) for name in names) and not any("model_states" in name and "zero_pp_rank" in name for name in names):
        return None
    return UnknownFormatError("needs_consolidation", file=parts[0], kind="deepspeed", command=_DEEPSPEED)


def state_file(names: Sequence[str]) -> str | None:
    """Name of the file in which DeepSpeed keeps whole weights (ZeRO stages 0 to 2), if there is just one."""
    found = [name for name in names if _ZERO_STATE.search(name)]
    return found[0] if len(found) == 1 else None


def of_value(value: Any, names: Sequence[str], file: str) -> UnknownFormatError | None:
    """Return the error of a file that is a partition of an optimizer or of FSDP; None for any other file.

    value -- what the pickle holds
    names -- dotted names of its globals
    """
    if type(value) is Mapped:
        keys = value[::2]
        inner = value[2 * keys.index(_OPTIMIZER) + 1] if _OPTIMIZER in keys else None
        if type(inner) is Mapped and "module" not in keys and any(type(key) is str and key in _FLAT for key in inner[::2]):
            return UnknownFormatError("needs_consolidation", file=file, kind="deepspeed", command=_DEEPSPEED)
        if _is_hollow(value):
            return UnknownFormatError("needs_consolidation", file=file, kind="deepspeed", command=_DEEPSPEED)
        if _all_flat(key for key in keys if type(key) is str):
            return UnknownFormatError("needs_consolidation", file=file, kind="fsdp", command=_FSDP)
    if any(name in _SHARDED for name in names):
        return UnknownFormatError("needs_consolidation", file=file, kind="fsdp", command=_FSDP)
    return None


def _is_hollow(value: Mapped) -> bool:
    """Whether an empty tensor stands where each parameter was: ZeRO's stage 3 cuts them up and writes their shapes beside."""
    held = {key: each for key, each in zip(value[::2], value[1::2], strict=False) if type(key) is str}
    module, shapes = held.get("module"), held.get("param_shapes")
    if type(module) is not Mapped:
        return False
    tensors = {key: each for key, each in zip(module[::2], module[1::2], strict=False) if type(key) is str and type(each) is Tensor}
    for group in shapes if type(shapes) is list else [shapes]:
        for key, size in zip(group[::2], group[1::2], strict=False) if type(group) is Mapped else ():
            tensor = tensors.get(key) if type(key) is str else None
            if tensor is not None and 0 in (tensor.shape or ()) and type(size) is tuple and 0 not in size:
                return True
    return False


def _all_flat(keys: Iterator[str]) -> bool:
    """Whether there are keys and FSDP flattened what each of them names; mostly the first tells."""
    first = next(keys, "")
    return first.endswith(_FLATTENED) and all(key.endswith(_FLATTENED) for key in keys)
