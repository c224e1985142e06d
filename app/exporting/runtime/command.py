"""The script as a command: report, or convert a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from app.exporting.runtime.checkpoint import TransferError, load_checkpoint, open_source
from app.exporting.runtime.remapping import inspect, remap_state_dict
from app.exporting.runtime.tables import EXPECTED, FRESH, NESTING
from app.tensors.kernels.fresh import start_fresh

if TYPE_CHECKING:
    from collections.abc import Mapping


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
