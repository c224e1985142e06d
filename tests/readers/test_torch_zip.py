"""torch zip files, against torch itself."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.keys import dtypes
from app.keys.tree import alias_groups
from app.readers import Limits, read
from app.sources import LocalFiles, MemoryFiles

DTYPES = (
    "float32",
    "float16",
    "bfloat16",
    "float64",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
    "complex64",
    "float8_e4m3fn",
    "uint16",
)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_every_tensor_lies_where_we_say(saved: Callable[..., Path], protocol: int) -> None:
    """The bytes at each location, read raw, are the tensor's own."""
    import torch

    base = torch.randn(6, 4)
    state = OrderedDict(w=base, row=base[2], turned=base.t(), half=torch.ones(3, dtype=torch.float16), number=torch.tensor(7))
    path = saved(state, pickle_protocol=protocol)
    tree = read(LocalFiles(path))
    raw = path.read_bytes()
    for key, value in state.items():
        info = tree.tensors[key]
        assert info.where is not None
        assert info.shape == tuple(value.shape)
        assert dtypes.TORCH[info.dtype] == str(value.dtype).removeprefix("torch.")
        first = raw[info.where.offset : info.where.offset + value.element_size()]
        assert first == value.flatten()[:1].numpy().tobytes()
    assert tree.tensors["turned"].stride == (1, 4)
    assert {info.where.storage for info in (tree.tensors["w"], tree.tensors["row"])} == {tree.tensors["w"].where.storage}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.one_of(st.text(max_size=12), st.integers(-5, 5), st.none()),
        st.tuples(st.lists(st.integers(0, 4), max_size=3), st.sampled_from(DTYPES)),
        max_size=8,
    )
)
def test_any_state_dict_is_read_like_torch_reads_it(tmp_path: Path, shapes: dict[Any, tuple[list[int], str]]) -> None:
    """Keys keep type and order; shapes and dtypes are torch's."""
    import torch

    from app.keys.spelling import spell_token

    state = {key: torch.zeros(shape, dtype=getattr(torch, dtype)) for key, (shape, dtype) in shapes.items()}
    path = tmp_path / "x.pt"
    torch.save(state, path)
    tree = read(LocalFiles(path), nesting=())
    assert list(tree.tensors) == [spell_token(key) for key in state]
    for key, value in state.items():
        info = tree.tensors[spell_token(key)]
        assert (info.shape, dtypes.TORCH[info.dtype]) == (tuple(value.shape), str(value.dtype).removeprefix("torch."))


def test_tied_tensors_are_one_group(saved: Callable[..., Path]) -> None:
    """The first key owns, the others name it."""
    import torch

    weight = torch.ones(3, 2)
    tree = read(LocalFiles(saved({"a": weight, "b": torch.ones(2), "c": weight})))
    assert alias_groups(tree.tensors) == [["a", "c"]]


def test_the_principal_tree_is_chosen_and_the_others_offered(saved: Callable[..., Path]) -> None:
    """Weights before optimizer; EMA is offered beside."""
    import torch

    state = {"w": torch.ones(2)}
    path = saved({"optimizer": {"state": {0: {"m": torch.ones(2)}}}, "ema": dict(state), "model": dict(state), "epoch": 3})
    tree = read(LocalFiles(path))
    assert tree.nesting == ("model",)
    assert list(tree.tensors) == ["w"]
    assert {(offer.nesting, offer.role) for offer in tree.offers} >= {
        (("model",), "weights"),
        (("ema",), "ema"),
        (("optimizer", "state"), "optimizer"),
    }
    assert tree.other["epoch"] == "3"
    assert list(read(LocalFiles(path), nesting=("ema",)).tensors) == ["w"]


def test_a_whole_module_gives_its_state_dict(saved: Callable[..., Path]) -> None:
    """Keys and order of state_dict, non-persistent buffers left out, classes named."""
    from torch import nn, ones

    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(nn.Linear(3, 1)))
    model[0].register_buffer("scratch", ones(2), persistent=False)
    tree = read(LocalFiles(saved(model)))
    assert list(tree.tensors) == list(model.state_dict())
    assert tree.modules["1"].cls == "torch.nn.modules.batchnorm.BatchNorm1d"
    assert tree.modules["0"].hyper["in_features"] == 2


@pytest.mark.parametrize("count", [2_000, 2_300, 2_600])
def test_pickles_longer_than_a_window_are_walked_whole(saved: Callable[..., Path], count: int) -> None:
    """Wherever the edge of a block falls."""
    import torch

    one = torch.zeros(1)
    for legacy in (True, False):
        state = {f"layers.{'x' * (index % 97)}.{index}": one[:1] for index in range(count)}
        tree = read(LocalFiles(saved(state, _use_new_zipfile_serialization=not legacy)))
        assert list(tree.tensors) == list(state)


def test_reading_takes_no_more_than_headers(saved: Callable[..., Path]) -> None:
    """Bytes read stay below directory, pickle and 32 KB, however large the data."""
    import torch

    path = saved({f"layer.{index}.weight": torch.zeros(256, 256) for index in range(40)})
    tree = read(LocalFiles(path))
    assert len(tree.tensors) == 40
    assert tree.bytes_read < 64_000 < path.stat().st_size


def test_the_limit_of_keys_holds(saved: Callable[..., Path]) -> None:
    """More tensors than allowed are an error, not a wait."""
    import torch

    from app.errors import KeygraftError

    data = saved({str(index): torch.zeros(1) for index in range(20)}).read_bytes()
    with pytest.raises(KeygraftError) as caught:
        read(MemoryFiles({"x": data}), limits=Limits(keys=10))
    assert (caught.value.code, caught.value.params["detail"]) == ("limit", "keys")
