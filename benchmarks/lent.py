"""Files that stay in the browser: what is sent of them, how soon they can be mapped, and how fast a new file is made of them.

    python benchmarks/lent.py [--gigabytes 4] [--pairs 3] [--folder DIR]

Drives headless Chromium against a server of its own. A 20 GB safetensors file with 92,000 keys and a 5 GB torch file are sparse: their tensors
are never read. Composing is measured on a file of real bytes; its peer is the plain copy of that file in the same browser, by the same kind of
handle, the order alternating. Memory is that of all of Chromium's processes beyond what they held before. Needs three times the gigabytes on
the disk.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

TENSOR = 32 << 20
LAYERS, EXPERTS = 61, 256
PICKERS = """
    globalThis.showSaveFilePicker = async ({suggestedName}) =>
        (await navigator.storage.getDirectory()).getFileHandle(suggestedName, {create: true});
    globalThis.showOpenFilePicker = undefined;
"""
COPY = """async () => {
    const [file] = document.querySelector("lent-files").held.values();
    const handle = await (await navigator.storage.getDirectory()).getFileHandle("copy", {create: true});
    const begun = performance.now();
    const writable = await handle.createWritable();
    await writable.write(file);
    await writable.close();
    return (performance.now() - begun) / 1000;
}"""
FORGET = """async () => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await root.removeEntry(name);
}"""


def large_keys() -> list[tuple[str, list[int]]]:
    """Keys and shapes of a mixture of experts: about 92,000 tensors, 20 GB in bfloat16."""
    found = [(f"model.layers.{n}.self_attn.{part}_proj.weight", [896, 128]) for n in range(LAYERS) for part in ("q", "k", "v", "o")]
    for layer in range(LAYERS):
        for expert in range(EXPERTS):
            for part in ("gate", "up", "down"):
                name = f"model.layers.{layer}.mlp.experts.{expert}.{part}_proj"
                found += [(f"{name}.weight", [896, 240]), (f"{name}.weight_scale_inv", [7, 2])]
    return found


def sparse_safetensors(path: Path) -> int:
    """Write the header of a large file and leave the rest to the file system; count its keys."""
    header: dict[str, object] = {}
    at = 0
    keys = large_keys()
    for key, shape in keys:
        size = 2 * shape[0] * shape[1]
        header[key] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + at)
    return len(keys)


def sparse_torch(path: Path, gigabytes: int = 5) -> None:
    """Let torch write a file without its data."""
    import torch

    tensors = {f"layers.{index}.weight": torch.empty(2048, 4096) for index in range(gigabytes * 32)}
    with torch.serialization.skip_data():
        torch.save(tensors, path)


def dense_safetensors(path: Path, gigabytes: float) -> list[str]:
    """Write a file of real bytes, tensor after tensor; its keys."""
    count = max(1, int(gigabytes * (1 << 30) / TENSOR))
    keys = [f"module.blocks.{index}.mlp.weight" for index in range(count)]
    header = {
        key: {"dtype": "F32", "shape": [2048, 4096], "data_offsets": [index * TENSOR, (index + 1) * TENSOR]}
        for index, key in enumerate(keys)
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    block = os.urandom(TENSOR)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in range(count):
            file.write(block)
    return keys


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Run a server; its address and its link."""
    import uvicorn

    from app.bootstrap import create_app
    from app.gate.entry import Entry
    from app.settings import Settings

    settings = Settings(data=folder / "data", token="benchmark", port=0, code=False)  # noqa: S106 -- a server that ends with the script
    entry = Entry(settings)
    server = uvicorn.Server(uvicorn.Config(create_app(settings, entry=entry), host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", entry.link(port)
    server.should_exit = True
    thread.join(10)


def chromium_path() -> str:
    """Where Chromium is, as the tests find it."""
    spec = importlib.util.spec_from_file_location("find_chromium", ROOT / "tests/browser/find_chromium.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.chromium())


class Memory:
    """Highest resident memory of a process and all below it, sampled."""

    def __init__(self, profile: str) -> None:
        self._mark = profile.encode()
        self.base = self._held()
        self.most = self.base
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.most = max(self.most, self._held())

    def _held(self) -> int:
        """Private and shared memory of our browser's processes; pages that map files are not counted."""
        parents: dict[str, str] = {}
        held: dict[str, int] = {}
        ours = set()
        for place in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                if place.name.isdigit():
                    lines = (place / "status").read_text().splitlines()
                    parents[place.name] = next(line.split()[1] for line in lines if line.startswith("PPid"))
                    held[place.name] = sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("RssAnon", "RssShmem")))
                    if self._mark in (place / "cmdline").read_bytes():
                        ours.add(place.name)
        while more := {name for name, parent in parents.items() if parent in ours} - ours:
            ours |= more
        return sum(held.get(name, 0) for name in ours)

    def end(self) -> float:
        """Stop; megabytes beyond what was held at the beginning."""
        self._stop.set()
        self._thread.join()
        return (self.most - self.base) / 1e6


def lend(page: Any, url: str, path: Path) -> tuple[float, int, int, str]:
    """Lend a file; seconds until it can be mapped, bytes sent, tensors, the side."""
    page.goto(f"{url}/new")
    page.locator("#slot-s [data-files]").wait_for(state="attached")
    before = time.perf_counter()
    page.locator("#slot-s [data-files]").set_input_files(path)
    card = page.locator("#slot-s [data-card][data-state=ready]")
    card.wait_for(timeout=120_000)
    seconds = time.perf_counter() - before
    side = card.get_attribute("data-card")
    told = page.request.get(f"{url}/api/v1/sides/{side}").json()
    return seconds, told["sent"], told["tensors"], side


def composing(page: Any, url: str, path: Path, keys: list[str], pairs: int, profile: str) -> None:
    """Compare composing with copying."""
    *_, side = lend(page, url, path)
    listed = {key.replace("module.blocks.", "layers."): {"shape": [2048, 4096], "dtype": "F32"} for key in reversed(keys)}
    target = page.request.post(f"{url}/api/v1/sides", data={"text": json.dumps(listed)}).json()["id"]
    made = page.request.post(f"{url}/api/v1/transfers", data={"sources": {"": side}, "target": target}).json()["id"]
    plan = 'keygraft_plan 1\nrename replace "module.blocks." -> "layers."\n'
    assert page.request.put(f"{url}/api/v1/transfers/{made}/plan", data={"base_version": 0, "plan": plan}).ok
    page.goto(f"{url}/t/{made}/export?kind=safetensors")
    page.locator("lent-files [data-files]").set_input_files(path)
    page.locator('lent-files[data-state="same"]').wait_for()
    gigabytes = path.stat().st_size / 1e9
    rates: dict[str, list[float]] = {"compose": [], "copy": []}
    memory: list[float] = []
    for pair in range(pairs):
        for way in ("compose", "copy") if pair % 2 else ("copy", "compose"):
            page.evaluate(FORGET)
            if way == "copy":
                rates[way].append(gigabytes / page.evaluate(COPY))
                continue
            watch = Memory(profile)
            before = time.perf_counter()
            page.get_by_role("button", name="Save the file").click()
            page.locator("#compose-going[data-state=done]").wait_for(timeout=600_000)
            rates[way].append(gigabytes / (time.perf_counter() - before))
            memory.append(watch.end())
            page.locator("#compose-going").evaluate("(area) => { area.dataset.state = ''; }")
    page.evaluate(FORGET)
    ratio = statistics.median(one / other for one, other in zip(rates["compose"], rates["copy"], strict=True))
    print(
        f"composing {gigabytes:.1f} GB, {len(keys)} tensors turned round: {statistics.median(rates['compose']):.2f} GB/s, "
        f"copying {statistics.median(rates['copy']):.2f} GB/s: {ratio:.2f} x, memory {max(memory):.0f} MB"
    )


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=asked.folder))
    try:
        count = sparse_safetensors(folder / "large.safetensors")
        sparse_torch(folder / "large.pt")
        keys = dense_safetensors(folder / "dense.safetensors", asked.gigabytes)
        with served(folder) as (url, link), sync_playwright() as started:
            profile = str(folder / "profile")
            context = started.chromium.launch_persistent_context(profile, executable_path=chromium_path(), args=["--no-sandbox"])
            page = context.new_page()
            page.add_init_script(PICKERS)
            page.goto(link)
            for name in ("large.safetensors", "large.pt"):
                runs = [lend(page, url, folder / name) for _ in range(asked.pairs)]
                size = (folder / name).stat().st_size
                print(
                    f"{name}: {size / 1e9:.1f} GB, {runs[0][2]:,} tensors, {statistics.median(run[0] for run in runs):.2f} s until it can be "
                    f"mapped ({', '.join(f'{run[0]:.2f}' for run in runs)}), {runs[0][1] / 1e6:.3f} MB sent"
                )
            assert count > 90_000
            composing(page, url, folder / "dense.safetensors", keys, asked.pairs, profile)
            context.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
