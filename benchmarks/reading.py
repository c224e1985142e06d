"""Reading key trees: ours beside its peers, in one run, as ratios.

usage: python benchmarks/reading.py [--folder DIR] [--pairs 7] [--memory FILE] [--first FILE [--peer]]

Files are written sparsely, so that tens of gigabytes cost no disk: two files as torch.save writes them, a `.pth` of 13.5 GB with 291 tensors
and a checkpoint of 10 GB with 1,200, and 163 safetensors shards with 91,991 tensors. `--memory` reads one file or folder and prints the memory that took, in a process that has done nothing else;
`--first` the seconds that a first reading takes, what it imports beforehand left out. A file is mostly opened once: the other figures are
of callers that read it again and again, with everything torch ever looks up found.
Each figure is the median of pairs whose order alternates; the ratio is ours / peer, lower is better. Python's collector is left as it is:
our reader pauses it while it reads, the peers let it run. It is not called between two measures either: to sweep all that torch keeps would
empty the processor's caches, and whoever is quickest would pay most for that; to freeze what torch keeps would spare the peers what they
cost their users.
"""

import argparse
import gc
import json
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.readers import read, read_limited
from app.readers.archive import Archive
from app.readers.limits import Limits
from app.sources import LocalFiles


def llama(folder: Path) -> Path:
    """Write a 13.5 GB state dict; its data are holes."""
    import torch

    path = folder / "llama-7b.pth"
    if not path.exists():
        state: dict[str, Any] = {"tok_embeddings.weight": torch.empty(32000, 4096, dtype=torch.float16)}
        for layer in range(32):
            for name in ("wq", "wk", "wv", "wo"):
                state[f"layers.{layer}.attention.{name}.weight"] = torch.empty(4096, 4096, dtype=torch.float16)
            for name, shape in (("w1", (11008, 4096)), ("w2", (4096, 11008)), ("w3", (11008, 4096))):
                state[f"layers.{layer}.feed_forward.{name}.weight"] = torch.empty(shape, dtype=torch.float16)
            for name in ("attention_norm", "ffn_norm"):
                state[f"layers.{layer}.{name}.weight"] = torch.empty(4096, dtype=torch.float16)
        state["norm.weight"] = torch.empty(4096, dtype=torch.float16)
        state["output.weight"] = torch.empty(32000, 4096, dtype=torch.float16)
        with torch.serialization.skip_data():
            torch.save(state, path)
    return path


def unet(folder: Path) -> Path:
    """Write a checkpoint of 1,200 tensors below `state_dict`; its data are holes."""
    import torch

    path = folder / "unet.ckpt"
    if not path.exists():
        state: dict[str, Any] = {}
        for block in range(40):
            stem = f"model.diffusion_model.input_blocks.{block}"
            for name in ("to_q", "to_k", "to_v", "to_out", "net_in", "net_out", "norm1", "norm2"):
                shape = (1280,) if "norm" in name else (1280, 1280)
                state[f"{stem}.1.transformer_blocks.0.{name}.weight"] = torch.empty(shape)
                state[f"{stem}.1.transformer_blocks.0.{name}.bias"] = torch.empty(1280)
                state[f"{stem}.1.transformer_blocks.0.{name}.scale"] = torch.empty(1280, dtype=torch.float16)
            for number in range(6):
                state[f"{stem}.0.layers.{number}.weight"] = torch.empty(1280, 640, 3, 3)
        with torch.serialization.skip_data():
            torch.save({"state_dict": state, "global_step": 3}, path)
    return path


def deepseek(folder: Path) -> Path:
    """Write the headers of 163 shards; their data are holes."""
    shards = folder / "deepseek"
    if shards.exists():
        return shards
    shards.mkdir()
    names = [
        (f"model.layers.{layer}.mlp.experts.{expert}.{part}.{kind}", kind == "weight")
        for layer in range(60)
        for expert in range(256)
        for part in ("gate_proj", "up_proj", "down_proj")
        for kind in ("weight", "weight_scale_inv")
    ][:91_991]
    for number in range(163):
        header, place = {}, 0
        for name, whole in names[number * 565 : (number + 1) * 565]:
            dtype, shape, size = ("F8_E4M3", [2048, 7168], 2048 * 7168) if whole else ("F32", [16, 56], 16 * 56 * 4)
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + size]}
            place += size
        text = json.dumps(header, separators=(",", ":")).encode()
        with (shards / f"model-{number + 1:05}-of-00163.safetensors").open("wb") as stream:
            stream.write(struct.pack("<Q", len(text)) + text)
            stream.truncate(8 + len(text) + place)
    return shards


def with_safe_open(folder: Path) -> dict[str, Any]:
    """What the reference library needs for names, shapes and dtypes."""
    from safetensors import safe_open

    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for key in file.keys():  # noqa: SIM118 -- it is no dictionary
                piece = file.get_slice(key)
                found[key] = (piece.get_shape(), piece.get_dtype())
    return found


def seconds(act: Callable[[], Any]) -> float:
    """CPU seconds of this process for one call; what it made is freed outside of the measure."""
    start = time.process_time()
    made = act()
    spent = time.process_time() - start
    del made
    return spent


def pair(title: str, ours: Callable[[], Any], peer: Callable[[], Any], pairs: int) -> None:
    """Measure both, the order alternating, and tell."""
    seconds(ours)
    seconds(peer)
    rows = []
    for number in range(pairs):
        first, second = (ours, peer) if number % 2 else (peer, ours)
        spent = {first: seconds(first), second: seconds(second)}
        rows.append((spent[ours], spent[peer]))
    mine, other = (statistics.median(row[side] for row in rows) for side in (0, 1))
    ratio = statistics.median(row[0] / row[1] for row in rows)
    print(f"{title}: {mine * 1000:.1f} ms / {other * 1000:.1f} ms = {ratio:.3f}")


def first(path: Path, *, peer: bool) -> None:
    """Read once and tell the CPU seconds, in a process that has imported what it needs and done nothing else."""
    if peer:
        import torch

        print(seconds(lambda: torch.load(path, mmap=True, weights_only=True)))
    else:
        print(seconds(lambda: read(LocalFiles(path))))


def of_itself(path: Path, *more: str) -> float:
    """What `--first` prints, run as a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--first", str(path), *more], check=True, capture_output=True, text=True)
    return float(done.stdout)


def pair_of_firsts(title: str, path: Path, pairs: int) -> None:
    """Measure the first reading of both, the order alternating, and tell."""
    rows = []
    for number in range(pairs):
        spent = {peer: of_itself(path, *["--peer"] * peer) for peer in ((False, True) if number % 2 else (True, False))}
        rows.append((spent[False], spent[True]))
    mine, other = (statistics.median(row[side] for row in rows) for side in (0, 1))
    ratio = statistics.median(row[0] / row[1] for row in rows)
    print(f"{title}: {mine * 1000:.1f} ms / {other * 1000:.1f} ms = {ratio:.3f}")


def resident(field: str) -> float:
    """MiB of this process: `VmRSS` now, `VmHWM` at most so far."""
    line = next(line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def remember(path: Path) -> None:
    """Read once and tell what the reading took at its peak, the tree included: what lies beyond the tree is less."""
    gc.collect()
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    tree = read(LocalFiles(path))
    peak = resident("VmHWM")
    print(f"memory, {len(tree.tensors)} keys: {peak - before:.1f} MiB at the peak, tree included")


def main() -> None:
    """Write the files, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--memory", type=Path)
    parser.add_argument("--first", type=Path)
    parser.add_argument("--peer", action="store_true", help="with --first: the peer's")
    given = parser.parse_args()
    if given.first:
        first(given.first, peer=given.peer)
        return
    if given.memory:
        remember(given.memory)
        return
    import torch

    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        path, checkpoint, shards = llama(folder), unet(folder), deepseek(folder)
        tree = read(LocalFiles(path))
        archive = Archive(LocalFiles(path).open(path.name), Limits())
        allowed = sum(46 + len(entry.name) for entry in archive.entries) + next(
            e.size for e in archive.entries if e.name.endswith("data.pkl")
        )
        print(
            f"13.5 GB .pth: {tree.bytes_read} bytes read; directory and data.pkl are {allowed}, so {tree.bytes_read - allowed} beside them"
        )
        for title, each in (("13.5 GB .pth", path), ("checkpoint of 1,200 tensors", checkpoint)):
            pair_of_firsts(f"{title}, first reading of a process, read / torch.load(mmap=True)", each, given.pairs)
        pair(
            "13.5 GB .pth, read / torch.load(mmap=True)",
            lambda: read(LocalFiles(path)),
            lambda: torch.load(path, mmap=True, weights_only=True),
            given.pairs,
        )
        pair(
            "13.5 GB .pth, read / torch.load(meta)",
            lambda: read(LocalFiles(path)),
            lambda: torch.load(path, map_location="meta", mmap=True, weights_only=True),
            given.pairs,
        )
        pair(
            f"{checkpoint.stat().st_size / 1e9:.1f} GB checkpoint of 1,200 tensors, read / torch.load(mmap=True)",
            lambda: read(LocalFiles(checkpoint)),
            lambda: torch.load(checkpoint, mmap=True, weights_only=True),
            given.pairs,
        )
        pair("91,991 keys in 163 shards, read / safe_open", lambda: read(LocalFiles(shards)), lambda: with_safe_open(shards), given.pairs)
        sys.stdout.flush()
        for each in (path, shards):
            subprocess.run([sys.executable, __file__, "--memory", str(each)], check=True)
        start = time.perf_counter()
        read_limited(path)
        middle = time.perf_counter()
        read_limited(path)
        print(
            f"in the limited child process: first {(middle - start) * 1000:.0f} ms, then {(time.perf_counter() - middle) * 1000:.1f} ms (wall)"
        )


if __name__ == "__main__":
    main()
