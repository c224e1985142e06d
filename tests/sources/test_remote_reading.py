"""Checkpoints on a web server: the same trees as from disk, for a fraction of the bytes."""

import json
from pathlib import Path

import msgspec
import pytest

from app import readers
from app.errors import KeygraftError
from app.keys.tree import from_shapes
from app.sources import LocalFiles
from app.sources.opening import open_remote
from app.sources.remote import in_rounds


def outcome(act):
    """A tree without its counters, or the code of what stopped it."""
    try:
        return msgspec.structs.replace(act(), bytes_read=0)
    except KeygraftError as error:
        return error.code, dict(error.params)


def test_every_sample_reads_alike(site, policy, shared):
    """Each single file among the samples gives the same tree, or the same error, directly by ranges and in rounds."""
    paths = sorted(path for path in (shared / "checkpoints").rglob("*") if path.is_file() and path.suffix not in {".py", ".md"})
    assert len(paths) > 20
    unlike = []
    for path in paths:
        name = path.name
        if name.endswith(".index.json") or name.startswith("."):
            continue
        site.routes[f"/{name}"] = path.read_bytes()
        local = outcome(lambda path=path: readers.read(LocalFiles(path)))
        with open_remote(f"{site.base}/{name}", policy) as files:
            if (
                outcome(lambda files=files: readers.read(files)) != local
                or outcome(lambda files=files: in_rounds(files, readers.read)) != local
            ):
                unlike.append(str(path.relative_to(shared)))
    assert unlike == []


@pytest.fixture
def shards(tmp_path, site):
    """Twenty shards of two megabytes each with an index, on disk and on the server."""
    import torch
    from safetensors.torch import save_file

    weight_map = {}
    for number in range(20):
        name = f"model-{number:05}.safetensors"
        save_file({f"layers.{number}.{part}": torch.zeros(500, 500) for part in ("q", "k")}, tmp_path / name)
        weight_map |= {f"layers.{number}.{part}": name for part in ("q", "k")}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    for path in tmp_path.iterdir():
        site.routes["/" + path.name] = path.read_bytes()
    return tmp_path


def test_shards_cost_little(site, policy, shards):
    """Of forty megabytes in twenty shards both ends of each are read, by a child process that sees no network, and the tree is that of the folder."""
    with open_remote(f"{site.base}/model.safetensors.index.json", policy) as files:
        tree = in_rounds(files, readers.read_limited)
        assert files.received < 20 * 150_000
    local = readers.read(LocalFiles(shards / "model.safetensors.index.json"))
    assert tree.tensors == local.tensors
    assert len(site.log) <= 21 + 2 * 20


def test_a_torch_file_costs_its_directory(site, policy, tmp_path):
    """Of a file by torch.save its ends are read, not its tensors."""
    import torch

    path: Path = tmp_path / "m.pt"
    torch.save({f"layers.{i}.weight": torch.zeros(1000, 500) for i in range(10)}, path)
    site.routes["/m.pt"] = path.read_bytes()
    with open_remote(f"{site.base}/m.pt", policy) as files:
        tree = in_rounds(files, readers.read)
        assert files.received < 300_000 < path.stat().st_size / 50
        assert len(site.log) <= 3
    assert tree.tensors == readers.read(LocalFiles(path)).tensors


def test_a_remapped_file_is_written_without_a_local_copy(site, policy, shards, tmp_path):
    """The pieces of an export are ranges of remote files as well as of local ones: the same bytes come out."""
    from app import exporting, mapping

    local = LocalFiles(shards / "model.safetensors.index.json")
    source = readers.read(local)
    target = from_shapes({key.replace("layers", "blocks"): (info.shape, info.dtype) for key, info in source.tensors.items()})
    plan = mapping.parse_plan('keygraft_plan 1\nrename replace "layers." -> "blocks."\n')
    with open_remote(f"{site.base}/model.safetensors.index.json", policy) as files:
        for name, tree, held in (("there", in_rounds(files, readers.read), files), ("here", source, local)):
            evaluation = mapping.evaluate(plan, {"": tree}, target)
            made = exporting.pieces(evaluation, {"": tree}, target)
            exporting.write(made, {"": held}, tmp_path / name)
        assert files.received < 50_000_000
    assert (tmp_path / "there").read_bytes() == (tmp_path / "here").read_bytes()
    assert (tmp_path / "here").stat().st_size > 40_000_000
