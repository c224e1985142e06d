"""The scripts of every conversion of the corpus, run where torch is all there is, give what our own kernels give."""

import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from app.exporting import loader_script
from app.keys import KeyTree
from app.mapping import Plan, evaluate, induce, inverse
from app.mapping.outcomes import Evaluation
from app.tensors import run
from tests.exporting.alone import run_alone
from tests.mapping.trees import Case, cases

_LARGE = 30_000_000
_LAYER = re.compile(r"(?:layers?|h|blocks?|resblocks)\.([0-9]+)\.")

_CHECKSUM = """
def checksum(tensor):
    seen = tensor[tuple(slice(None, None, 7) if size > 64 else slice(None) for size in tensor.shape)]
    return zlib.crc32(seen.contiguous().flatten().view(torch.uint8).numpy())
"""
"""Of every seventh row and column of what is large: no two rows and no two columns of a tensor here are alike."""

_RUN_ALL = f"""
import importlib.util, json, pathlib, zlib, torch
{_CHECKSUM}
found = {{}}
for path in sorted(pathlib.Path(".").glob("*.py")):
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    loader = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loader
    spec.loader.exec_module(loader)
    report = loader.inspect(path.with_suffix(".pth"))
    assert not report.mismatched and not report.unexpected, (path, report.problems)
    new = loader.remap_state_dict(path.with_suffix(".pth"), strict=False)
    assert set(new) == set(report.loaded)
    found[path.stem] = {{key: [list(value.shape), checksum(value)] for key, value in new.items()}}
    del new
print(json.dumps(found))
"""


def shortened(tree: KeyTree) -> KeyTree:
    """Keep two layers of a large model: a test need not take minutes."""
    if tree.parameters < _LARGE:
        return tree
    kept = {key: info for key, info in tree.tensors.items() if not (match := _LAYER.search(key)) or int(match[1]) < 2}
    return msgspec.structs.replace(tree, tensors=kept)


def synthetic(tree: KeyTree, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Make tensors of these shapes whose rows and columns all differ, each a view of a small buffer."""
    generator = torch.Generator().manual_seed(7)
    out = {}
    for key, info in tree.tensors.items():
        shape = info.shape or ()
        strides = [5, 3, 2, 1][-len(shape) :] if len(shape) <= 4 else [7, 5, 3, 2, 1]
        size = sum((count - 1) * step for count, step in zip(shape, strides, strict=False)) + 1
        buffer = torch.randint(-100, 100, (max(size, 1),), generator=generator).to(dtype)
        out[key] = buffer.as_strided(shape, strides if shape else ())
    return out


def prepared(case: Case) -> tuple[Plan, KeyTree, KeyTree, Evaluation]:
    """Induce the plan of a conversion, on trees that a test machine holds."""
    plan = Plan(induce(case.claims, {"": case.source}, case.target))
    source, target = shortened(case.source), shortened(case.target)
    return plan, source, target, evaluate(plan, {"": source}, target)


def checksums() -> Callable[[torch.Tensor], int]:
    """The same function that the scripts' results are summed up by."""
    scope = {"torch": torch, "zlib": zlib}
    exec(_CHECKSUM, scope)  # noqa: S102 -- our own text, above
    return scope["checksum"]  # type: ignore[return-value]


def wanted(evaluation: Evaluation, tensors: dict[str, torch.Tensor]) -> dict[str, list[object]]:
    """Run each recipe with our kernels."""
    out: dict[str, list[object]] = {}
    checksum = checksums()
    for key, outcome in evaluation.targets.items():
        if outcome.state == "loaded" and outcome.recipe is not None:
            made = run(outcome.recipe, lambda leaf: tensors[leaf.key])
            out[key] = [list(made.shape), checksum(made)]
    return out


def moving(evaluation: Evaluation) -> torch.dtype:
    """Take bytes where elements only move, floats where values are computed."""
    ops = {outcome.recipe.op for outcome in evaluation.targets.values() if hasattr(outcome.recipe, "op")}
    return torch.float32 if ops & {"interpolate", "sum", "mean", "add", "scale", "pad"} else torch.int8


def test_every_conversion_forth_and_back(shared: Path, tmp_path: Path) -> None:
    """All tensors of the 37 conversions, and of those that can be undone on the way back, come out of the scripts as out of our kernels."""
    expected: dict[str, dict[str, list[object]]] = {}
    for case in cases(shared):
        plan, source, target, evaluation = prepared(case)
        ways = {case.name: (plan, source, target, evaluation)}
        back = inverse(plan, {"": source}, target, source="").plan
        ways[f"{case.name}-back"] = (back, target, source, evaluate(back, {"": target}, source))
        for name, (own, old, new, found) in ways.items():
            tensors = synthetic(old, moving(found))
            expected[name] = wanted(found, tensors)
            if expected[name]:
                torch.save(tensors, tmp_path / f"{name}.pth")
                (tmp_path / f"{name}.py").write_text(loader_script(own, {"": old}, new, found))
    found = json.loads(run_alone(tmp_path, _RUN_ALL))
    assert set(found) == {name for name, keys in expected.items() if keys}
    for name, keys in found.items():
        assert keys == expected[name], name
    formatted = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--line-length", "100", str(tmp_path)]
    done = subprocess.run(formatted, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
