"""Values that are found again, in real files."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from app.exporting.fingerprints import compare
from app.keys import KeyTree
from app.mapping.claims import Claim
from app.readers import read_limited
from app.sources import LocalFiles


def _random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _side(folder: Path, name: str, tensors: dict[str, torch.Tensor]) -> tuple[KeyTree, LocalFiles]:
    path = folder / f"{name}.safetensors"
    save_file({key: value.clone(memory_format=torch.contiguous_format) for key, value in tensors.items()}, path)
    files = LocalFiles(path)
    return read_limited(files), files


def _found(folder: Path, source: dict[str, torch.Tensor], target: dict[str, torch.Tensor]) -> dict[str, Claim | None]:
    tree, files = _side(folder, "source", source)
    goal, goal_files = _side(folder, "target", target)
    proposals = compare({"": tree}, {"": files}, goal, goal_files)
    assert all(each.accepted and each.confidence == 1 for each in proposals.values())
    return {key: each.claim for key, each in proposals.items()}


ORDER = [3, 1, 0, 2, 7, 6, 5, 4, 11, 9, 8, 10]


def _changed(a: torch.Tensor, b: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"moved": a, "turned": a.T, "cut": a[4:8], "joined": torch.cat([b, a]), "reordered": a[ORDER]}


def _wanted() -> dict[str, Claim]:
    return {
        "moved": Claim(("a",)),
        "turned": Claim(("a",), "transpose", {"dims": [0, 1]}),
        "cut": Claim(("a",), "slice", {"dim": 0, "start": 4, "length": 4}),
        "joined": Claim(("b", "a"), "concat", {"dim": 0}),
        "reordered": Claim(("a",), "permute", {"kind": "rows", "dim": 0, "index": ORDER}),
    }


def test_equal_values_are_found_wherever_they_went(tmp_path: Path) -> None:
    """Moved, transposed, cut, joined, with rows in another order."""
    a, b = _random(12, 8, seed=1), _random(6, 8, seed=2)
    assert _found(tmp_path, {"a": a, "b": b}, _changed(a, b)) == _wanted()


def test_a_cast_hides_nothing(tmp_path: Path) -> None:
    """The same, where the target is kept in half precision, either way round."""
    a, b = _random(12, 8, seed=3), _random(6, 8, seed=4)
    for dtype in (torch.bfloat16, torch.float16):
        narrow = {key: value.to(dtype) for key, value in _changed(a, b).items()}
        assert _found(tmp_path, {"a": a, "b": b}, narrow) == _wanted()
        assert _found(tmp_path, {"a": a.to(dtype), "b": b.to(dtype)}, _changed(a.to(dtype).float(), b.to(dtype).float())) == _wanted()


def test_equal_norms_are_not_equal_values(tmp_path: Path) -> None:
    """Columns in another order, or another sign, leave the norms of rows as they were; that is no proof."""
    a = _random(12, 8, seed=5)
    assert _found(tmp_path, {"a": a}, {"shuffled": a.flip(1), "negated": -a, "half": -a[:6]}) == {}


def test_what_many_share_settles_nothing(tmp_path: Path) -> None:
    """Constants and copies."""
    a = _random(4, 4, seed=6)
    source = {"ones": torch.ones(8), "zeros": torch.zeros(8), "a": a, "copy": a, "count": torch.tensor(3), "scalar": torch.tensor(0.5)}
    target = {"norm": torch.ones(8), "bias": torch.zeros(8), "t": a, "count": torch.tensor(3), "scalar": torch.tensor(0.5)}
    assert _found(tmp_path, source, target) == {}


def test_sources_keep_their_names(tmp_path: Path) -> None:
    """A join of two files says which part comes from which."""
    a, b = _random(5, 3, seed=7), _random(4, 3, seed=8)
    first, second = _side(tmp_path, "first", {"w": a}), _side(tmp_path, "second", {"w": b})
    goal, goal_files = _side(tmp_path, "target", {"both": torch.cat([a, b])})
    found = compare({"x": first[0], "y": second[0]}, {"x": first[1], "y": second[1]}, goal, goal_files)
    assert found["both"].claim == Claim(("w", "w"), "concat", {"dim": 0}, ("x", "y"))


def test_norms_that_are_nearly_equal_hide_nothing(tmp_path: Path) -> None:
    """Rows of wide matrices as they are initialised have almost one norm; half precision makes many of them equal."""
    q, k, v, wide = (_random(96, 256, seed=seed) for seed in (9, 10, 11, 12))
    target = {"qkv": torch.cat([q, k, v]).bfloat16(), "w": wide.T.bfloat16(), "order": v.flip(0).bfloat16()}
    found = _found(tmp_path, {"q": q, "k": k, "v": v, "fc": wide}, target)
    assert found == {
        "qkv": Claim(("q", "k", "v"), "concat", {"dim": 0}),
        "w": Claim(("fc",), "transpose", {"dims": [0, 1]}),
        "order": Claim(("v",), "permute", {"kind": "rows", "dim": 0, "index": list(range(95, -1, -1))}),
    }
