"""Remapped checkpoints: pieces against cp and against torch, side by side.

    python benchmarks/remap.py [--gigabytes 2] [--pairs 7] [--folder DIR]

Each way runs in its own process, its output is brought to the disk (fsync) within the measured time, and the order alternates.
Prints medians, ratios to cp and to the best torch path, and the highest resident memory. Needs three times the size on the disk.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

TENSOR = 32 << 20


def make(folder: Path, gigabytes: float) -> None:
    """Write the sources: a transformer's worth of tensors, as safetensors and as a torch zip."""
    import torch
    from safetensors.torch import save_file

    count = int(gigabytes * (1 << 30) / TENSOR)
    side = int((TENSOR / 4) ** 0.5) // 8 * 8
    tensors = {f"module.blocks.{index}.mlp.weight": torch.randn(side, side) for index in range(count)}
    tensors["module.norm.weight"] = torch.randn(64)
    save_file(tensors, folder / "old.safetensors")
    torch.save(tensors, folder / "old.pt")


def renamed(key: str) -> str:
    """Name of a key in the target."""
    return key.replace("module.blocks.", "layers.").replace("module.", "")


def pieces_way(source: Path, out: Path, share: float) -> None:
    """Write with pieces; a share of the tensors is transposed."""
    from app import readers
    from app.exporting import FileOptions, computing, pieces, write
    from app.keys.tree import from_shapes
    from app.mapping.outcomes import Coverage, Evaluation, Leaf, Step, TargetOutcome
    from app.sources import LocalFiles

    files = LocalFiles(source)
    tree = readers.read(files)
    turned = {key for index, key in enumerate(tree.tensors) if len(tree.tensors[key].shape) == 2 and share and not index % round(1 / share)}
    recipes = {
        renamed(key): Step("transpose", (Leaf(key),), {"dims": [0, 1]}, info.shape[::-1], info.dtype) if key in turned else Leaf(key)
        for key, info in tree.tensors.items()
    }
    target = from_shapes({renamed(key): (info.shape, info.dtype) for key, info in tree.tensors.items()})
    evaluation = Evaluation({key: TargetOutcome("loaded", recipe=recipe) for key, recipe in recipes.items()}, {}, {"loaded": Coverage()})
    made = pieces(evaluation, {"": tree}, target, FileOptions(container="torch" if out.suffix == ".pt" else "safetensors"))
    write(made, {"": files}, out, compute=computing({"": tree}, {"": files}))


def torch_way(source: Path, out: Path, share: float) -> None:
    """Write as one would with torch: memory-mapped where it can be, then saved."""
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    if source.suffix == ".pt":
        tensors = torch.load(source, weights_only=True, mmap=True)
    else:
        with safe_open(source, "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    new = {}
    for index, (key, value) in enumerate(tensors.items()):
        turn = value.dim() == 2 and share and not index % round(1 / share)
        new[renamed(key)] = value.t().contiguous() if turn else value
    (torch.save if out.suffix == ".pt" else save_file)(new, out)
    _sync(out)


def cp_way(source: Path, out: Path, share: float) -> None:
    """Copy the source."""
    del share
    subprocess.run(["cp", "--reflink=never", source, out], check=True)
    _sync(out)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


WAYS = {"cp": cp_way, "torch": torch_way, "pieces": pieces_way}
CASES = {
    "safetensors to safetensors": ("old.safetensors", "new.safetensors", 0.0),
    "torch zip to safetensors": ("old.pt", "new.safetensors", 0.0),
    "torch zip to torch zip": ("old.pt", "new.pt", 0.0),
    "a tenth transposed": ("old.safetensors", "new.safetensors", 0.1),
}


def child(way: str, source: str, out: str, share: str) -> None:
    """Run one way and print its seconds, imports left out on both sides, and its memory."""
    if way == "torch":
        import safetensors.torch  # noqa: F401
    if way == "pieces":
        import app.exporting
        import app.readers  # noqa: F401
    before = time.perf_counter()
    WAYS[way](Path(source), Path(out), float(share))
    seconds = time.perf_counter() - before
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def measure(way: str, source: Path, out: Path, share: float) -> tuple[float, float]:
    out.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, __file__, "--child", way, source, out, str(share)], capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--case", choices=CASES, action="append", help="only these cases")
    parser.add_argument("--child", nargs=4)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}]\nimport remap, pathlib\nremap.make(pathlib.Path({str(folder)!r}), {options.gigabytes})",
            ],
            check=True,
        )
        print(f"{options.gigabytes} GB, {options.pairs} rounds; speed as a share of cp")
        for name in options.case or CASES:
            old, new, share = CASES[name]
            taken: dict[str, list[float]] = {way: [] for way in WAYS}
            memory: dict[str, float] = dict.fromkeys(WAYS, 0.0)
            for turn in range(options.pairs):
                for way in list(WAYS)[:: 1 if turn % 2 else -1]:
                    seconds, held = measure(way, folder / old, folder / new, share)
                    taken[way].append(seconds)
                    memory[way] = max(memory[way], held)
            middle = {way: statistics.median(times) for way, times in taken.items()}
            to_cp = statistics.median(a / b for a, b in zip(taken["cp"], taken["pieces"], strict=True))
            to_torch = statistics.median(a / b for a, b in zip(taken["torch"], taken["pieces"], strict=True))
            seconds_text = ", ".join(f"{way} {value:.2f} s" for way, value in middle.items())
            print(
                f"{name:28} {seconds_text}; pieces are {to_cp:.2f} x cp, {to_torch:.2f} x torch; RSS {memory['pieces']:.0f} MiB, torch {memory['torch']:.0f} MiB"
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
