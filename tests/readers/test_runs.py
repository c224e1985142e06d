"""Runs of tensors are a short cut: with it or without, a pickle says the same."""

import random
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import KeygraftError
from app.readers.limits import Limits
from app.readers.persistent import storage_of
from app.readers.pickles import Call, Global, Machine, Storage, Tensor, runs
from app.sources import MemoryFiles
from tests.readers import assembler as a


def _plain(value: Any, left: int = 12) -> Any:
    """The same as values that can be compared."""
    if isinstance(value, Tensor):
        storage = value.storage and (value.storage.dtype, value.storage.key, value.storage.location, value.storage.nbytes)
        return "tensor", value.dtype, value.shape, value.stride, value.offset, value.requires_grad, value.note, storage
    if isinstance(value, Global):
        return "global", value.full
    if isinstance(value, Call):
        return "call", _plain(value.cls), [_plain(each, left - 1) for each in (value.args, value.state, value.items, value.pairs)]
    if isinstance(value, Storage):
        return "storage", value.key, value.nbytes
    if isinstance(value, list | tuple) and left:
        return type(value).__name__, [_plain(each, left - 1) for each in value], _plain(getattr(value, "state", None), left - 1)
    return value if isinstance(value, str | int | float | bytes | bool | None) else type(value).__name__


def _told(data: bytes, *, taken: bool) -> Any:
    machine = Machine("file", Limits(), storage_of, runs=taken)
    try:
        value, end = machine.load(MemoryFiles({"file": data}).open("file"))
    except KeygraftError as error:
        return error.code, error.params.get("detail")
    return _plain(value), end


def _pickle(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))


def _states() -> dict[str, Any]:
    import torch

    base = torch.randn(4, 3)
    plain = OrderedDict(
        (f"layers.{index}.weight", torch.ones(shape)) for index, shape in enumerate([(2,), (2, 3), (300, 1, 2), (), (1,) * 5] * 14)
    )
    return {
        "plain": plain,
        "views of one storage": OrderedDict((f"row.{index}", base[index % 4]) for index in range(90)),
        "the same tensor again": OrderedDict((f"k{index}", base if index % 3 else torch.ones(index)) for index in range(90)),
        "raw and averaged under equal keys": {"raw": plain, "ema": OrderedDict((key, value + 1) for key, value in plain.items())},
        "buffers between parameters": OrderedDict(
            (f"é.{index}", torch.nn.Parameter(torch.ones(2)) if index % 7 == 0 else torch.tensor(index)) for index in range(90)
        ),
    }


@pytest.mark.parametrize(
    "name", ["plain", "views of one storage", "the same tensor again", "raw and averaged under equal keys", "buffers between parameters"]
)
def test_with_and_without_runs_a_pickle_says_the_same(name: str, saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch wrote is told alike, and runs were taken."""
    data = _pickle(saved(_states()[name]))
    met: list[int] = []
    follow = runs.Follower.follow

    def spy(*args: Any) -> Any:
        run = follow(*args)
        met.append(0 if run is None else len(run.keys))
        return run

    monkeypatch.setattr(runs.Follower, "follow", spy)
    assert _told(data, taken=True) == _told(data, taken=False)
    assert sum(met) > 20 or name == "views of one storage"


def test_bent_pickles_say_the_same_too(saved: Callable[..., Path]) -> None:
    """Over a thousand times a few bytes are changed, doubled or cut: the walk and the short cut agree on the value or on the refusal."""
    dice = random.Random(20261128)  # noqa: S311 -- bends files, keeps no secret
    bases = [_pickle(saved(state)) for state in _states().values()]
    for _ in range(1_200):
        data = bytearray(dice.choice(bases))
        for _ in range(dice.choice([1, 1, 2, 5])):
            place = dice.randrange(len(data))
            match dice.randrange(3):
                case 0:
                    data[place] = dice.choice([dice.randrange(256), *b"qrhjKMJtRQX(\x85\x86\x89"])
                case 1:
                    data[place:place] = data[place - dice.randrange(1, 40) : place]
                case _:
                    del data[place : place + dice.randrange(1, 6)]
        assert _told(bytes(data), taken=True) == _told(bytes(data), taken=False)


@pytest.mark.parametrize("before", [0, 40])
def test_each_byte_of_a_record_counts(before: int, saved: Callable[..., Path]) -> None:
    """Records that look like those before them, but for one byte, are told as the walk tells them: small memo indices and large ones."""
    import torch

    data = _pickle(saved({f"layers.{index}.fc.weight": torch.ones(3, 2) for index in range(before + 12)}))
    start, end = (data.index(f"layers.{before + index}.fc.weight".encode()) for index in (8, 9))
    straight = _told(data, taken=False)
    other = 0
    for place in range(start, end):
        for value in (data[place] ^ 1, data[place] + 2 & 255, 0xFF):
            bent = data[:place] + bytes([value]) + data[place + 1 :]
            told = _told(bent, taken=True)
            assert told == _told(bent, taken=False), (place - start, value)
            other += told != straight
    assert other > 100


def _record(key: str, storage: str, first: int) -> bytes:
    """A tensor of two floats as torch writes it, its memo indices from `first` on, by globals and strings that stand at 900 to 904."""
    put = [b"r" + struct.pack("<I", first + number & 0xFFFFFFFF) for number in range(8)]
    func, name, cls, place, state = (b"j" + struct.pack("<I", 900 + number) for number in range(5))
    parts = [
        a.text(key) + put[0] + func + b"((" + name + cls + a.text(storage) + put[1] + place + b"K\2t" + put[2] + b"QK\0K\2\x85" + put[3]
    ]
    return b"".join([*parts, b"K\1\x85", put[4], b"\x89", state, b")R", put[5], b"t", put[6], b"R", put[7]])


def _dictionary(*parts: bytes) -> bytes:
    """A dictionary whose first tensor is a plain one, so that a run may follow it."""
    named = [a.name("torch._utils", "_rebuild_tensor_v2"), a.text("storage"), a.name("torch", "FloatStorage"), a.text("cpu")]
    known = [*named, a.name("collections", "OrderedDict")]
    memo = b"".join(each + b"r" + struct.pack("<I", 900 + number) + b"0" for number, each in enumerate(known))
    return a.pickle(memo + b"}(" + a.text("first") + a.tensor() + b"".join(parts) + b"u")


def _run(name: str, first: int, count: int = 30) -> bytes:
    return b"".join(_record(f"{name}.{number}.weight", str(number), first + 8 * number) for number in range(count))


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(
            (_run("a", 1_000), a.text("gap") + b"N", _run("b", 1_000), a.text("again") + b"j" + struct.pack("<I", 1_007)), id="twice"
        ),
        pytest.param(
            (_run("a", 1_000), a.text("gap") + b"N", _run("b", 1_100), a.text("again") + b"j" + struct.pack("<I", 1_107)), id="apart"
        ),
        pytest.param((_run("a", 860),), id="over what it needs"),
        pytest.param(
            (_run("a", 1_000, 9), a.name("os", "system") + b"r" + struct.pack("<I", 900) + b"0", _run("b", 3_000)), id="another global"
        ),
        pytest.param((_run("a", (1 << 32) - 100),), id="past the last index"),
        pytest.param(
            (_run("a", 1_000), _record("no number", "x\u00e9", 1_240), _record("none", "", 1_248), _run("b", 1_256)), id="odd storages"
        ),
        pytest.param(
            (_run("a", 1_000), b"X" + struct.pack("<I", 2) + b"\xff\xfe" + _record("", "7", 1_240)[5:]), id="a key that is no text"
        ),
        pytest.param(
            (_run("a", 1_000), b"j" + struct.pack("<I", 1_000) + _record("", "7", 1_239)[10:], _run("b", 1_247)),
            id="a key of the run itself",
        ),
    ],
)
def test_runs_over_a_memo_that_is_not_torchs(parts: tuple[bytes, ...]) -> None:
    """Runs that write over each other, over what they rely on, or past the last index are told as the walk tells them."""
    data = _dictionary(*parts)
    assert _told(data, taken=True) == _told(data, taken=False)


def test_a_run_that_clashes_at_its_end_does_not_cost_more_than_the_walk() -> None:
    """Where a run would write over something, there are no more runs: nobody looks at the rest of the file again for each tensor."""
    clash = a.text("early") + b"r" + struct.pack("<I", 1_000 + 8 * 2_999) + b"N"
    data = _dictionary(clash, a.text("second") + a.tensor(), _run("a", 1_000, 3_000))
    machine = Machine("file", Limits(), storage_of, runs=True)
    asked = 0
    follow = runs.Follower.follow

    def counted(*args: Any) -> Any:
        nonlocal asked
        asked += 1
        return follow(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs.Follower, "follow", counted)
        machine.load(MemoryFiles({"file": data}).open("file"))
    assert asked < 5
    assert _told(data, taken=True) == _told(data, taken=False)
