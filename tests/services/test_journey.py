"""The main job, end to end: a real checkpoint, a model as text, proposals, edits, undo, a loader that runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import ConflictError
from app.services import edits, exports, files_out, mappings, proposals, sides, transfers, workspaces
from app.services.cards import TransferCard
from app.services.house import House


def renamed(tree_of: dict[str, tuple[tuple[int, ...] | None, str]]) -> str:
    """A model whose keys carry no wrapper, and whose head is named otherwise and larger."""
    out = {}
    for key, (shape, dtype) in tree_of.items():
        plain = key.removeprefix("model.").replace("emb.", "embedding.")
        out[plain] = {"shape": [20, *(shape or ())[1:]] if plain == "head.weight" else list(shape or ()), "dtype": dtype}
    return json.dumps(out)


def test_from_a_lightning_checkpoint_to_a_loader(house: House, shared: Path, tmp_path: Path) -> None:
    """What is proposed is taken, the head starts fresh, an undo is done again, and the script loads what the file holds."""
    import torch

    path = shared / "checkpoints" / "generated" / "lightning_plain.ckpt"
    source = sides.upload(house, path.name, path.read_bytes())
    tensors = sides.tree(house, source.id).tensors
    target = sides.understand(house, renamed({key: (info.shape, info.dtype) for key, info in tensors.items()}))
    made = transfers.create(house, {"": source.id}, target.id)

    workspace = workspaces.open_workspace(house, made.id)
    assert workspace.proposals
    keys = [key for key, proposal in workspace.proposals.items() if proposal.claim and proposal.claim.op == "identity"]
    proposals.accept(house, made.id, 0, keys=keys)
    workspace = workspaces.open_workspace(house, made.id)
    still = [key for key, outcome in workspace.evaluation.targets.items() if outcome.state != "loaded" and not outcome.benign]
    mappings.start_fresh(house, made.id, workspace.version, still)
    assert "head.weight" in still
    edits.undo(house, made.id)
    assert not workspaces.open_workspace(house, made.id).evaluation.clean
    edits.redo(house, made.id)
    assert workspaces.open_workspace(house, made.id).evaluation.clean

    exported = exports.export(house, made.id, "safetensors")
    from safetensors.torch import load_file

    there = load_file(exported.path)
    here = torch.load(path, weights_only=False)["state_dict"]
    assert torch.equal(there["embedding.weight"], here["model.emb.weight"])
    assert "head.weight" not in there

    script = tmp_path / "loader.py"
    script.write_text(exports.script(house, made.id))
    compiled = subprocess.run([sys.executable, "-m", "py_compile", str(script)], capture_output=True, check=False)
    assert compiled.returncode == 0, compiled.stderr


def test_the_home_page_lists_totals(house: House, example: TransferCard) -> None:
    """Coverage follows the newest version."""
    before = transfers.get(house, example.id)
    proposals.accept(house, example.id, 0, certain=True)
    after = transfers.get(house, example.id)
    assert before.coverage is not None
    assert after.coverage is not None
    assert after.coverage.keys == before.coverage.keys + 1


def test_names_archive_delete(house: House, example: TransferCard) -> None:
    """The example is made once; put away it is listed elsewhere; deleted it leaves no file."""
    assert transfers.example(house).id == example.id
    assert transfers.rename(house, example.id, "  My \n net ").title == "My net"
    transfers.archive(house, example.id)
    assert transfers.listed(house) == ()
    assert [card.id for card in transfers.listed(house, archived=True)] == [example.id]
    transfers.delete(house, example.id)
    assert transfers.listed(house, archived=True) == ()
    assert list(house.folder("uploads").iterdir()) == []


def test_a_plan_carries_its_target(house: House, example: TransferCard) -> None:
    """An exported plan begins a new transfer without the model."""
    proposals.accept(house, example.id, 0, certain=True)
    plan = exports.preview(house, example.id, "plan")
    source = sides.upload(house, "again.safetensors", Path(exports.export(house, example.id, "safetensors").path).read_bytes())
    again = transfers.from_plan(house, plan, {"": source.id})
    workspace = workspaces.open_workspace(house, again.id)
    assert len(workspace.plan.rules) == 1
    assert len(workspace.target.tensors) == len(workspaces.open_workspace(house, example.id).target.tensors)


def test_a_changed_source_is_noticed(house: House, root: Path) -> None:
    """Bytes are not taken from a file that is no longer the one that was read."""
    from app.services import example_files

    path = root / "net.safetensors"
    path.write_bytes(example_files.checkpoint())
    side = sides.understand(house, str(path))
    made = transfers.create(house, {"": side.id}, side.id)
    path.write_bytes(example_files.checkpoint() + b"x")
    with pytest.raises(ConflictError, match="source_changed"):
        exports.export(house, made.id, "safetensors")


def test_computed_tensors_and_shards(house: House, shared: Path) -> None:
    """A transposed tensor is computed from the tree that was chosen; shards are files of one job."""
    import torch
    from safetensors.torch import load_file

    from app.mapping.edits import AddRule
    from app.mapping.text import parse_rule
    from app.services.cards import Said

    path = shared / "checkpoints" / "generated" / "gan_two_nets.pt"
    first = sides.upload(house, path.name, path.read_bytes())
    other = next(offer for offer in first.offers if offer.nesting != first.nesting and offer.role == "weights")
    source = sides.nest(house, first.id, other.nesting)
    tensors = sides.tree(house, source.id).tensors
    key = next(key for key, info in tensors.items() if info.shape is not None and len(info.shape) == 2)
    shape = tensors[key].shape or ()
    target = sides.understand(
        house, json.dumps({"turned": {"shape": list(shape[::-1]), "dtype": tensors[key].dtype}, key: {"shape": list(shape)}})
    )
    made = transfers.create(house, {"": source.id}, target.id)
    rule = parse_rule(f'"turned" = transpose("{key}")')
    edits.apply(house, made.id, 0, [AddRule(rule)], label=Said("edit-rules", {"count": 1}))

    written = load_file(exports.export(house, made.id, "safetensors").path)
    expected = torch.load(path, weights_only=False)
    for token in source.nesting:
        expected = expected[token]
    assert torch.equal(written["turned"], expected[key].T)
    sharded = files_out.start(house, made.id, "safetensors", {"max_shard_size": str(tensors[key].nbytes)})
    assert [file.name for file in sharded.files][-1] == "model.safetensors.index.json"
    assert len(sharded.files) == 3
    with pytest.raises(ConflictError, match="export_is_several"):
        exports.export(house, made.id, "safetensors", {"max_shard_size": str(tensors[key].nbytes)})
