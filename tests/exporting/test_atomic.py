"""Output files appear whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from app.errors import KeygraftError
from app.exporting import FileOptions, PieceList, appearing, pieces, write, writing
from app.mapping.outcomes import Leaf
from app.sources import LocalFiles
from tests.exporting.cases import evaluated, safetensors_case

_SLOW = """
import sys, time
from pathlib import Path
import msgspec
from app.exporting import PieceList, write
from app.sources import LocalFiles
made = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=PieceList)
def stop(count):
    print("writing", flush=True)
    time.sleep(60)
write(made, {"": LocalFiles(sys.argv[2])}, Path(sys.argv[3]), progress=stop)
"""


def case(folder: Path, **options: int) -> PieceList:
    """Make a checkpoint of some megabytes, and the list of its copy."""
    tensors = {f"t{index}": torch.randn(1 << 18) for index in range(8)}
    tree = safetensors_case(tensors, folder / "old")
    return pieces(evaluated({key: Leaf(key) for key in tensors}, {"": tree}, tree), {"": tree}, tree, FileOptions(**options))


@pytest.mark.parametrize("shards", [0, 3])
def test_a_killed_writer_leaves_nothing(tmp_path: Path, root: Path, shards: int) -> None:
    """After kill -9 in the middle of a file the older output stands as it was, and nothing else lies beside it."""
    import msgspec

    made = case(tmp_path, shards=shards)
    (tmp_path / "list").write_bytes(msgspec.json.encode(made))
    out = tmp_path / "folder" / ("" if shards else "out.safetensors")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "out.safetensors").write_bytes(b"before")
    command = [sys.executable, "-c", _SLOW, str(tmp_path / "list"), str(tmp_path / "old"), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["out.safetensors"]
    assert (tmp_path / "folder" / "out.safetensors").read_bytes() == b"before"


@pytest.mark.parametrize("way", ["itself", "a hard link", "a link"])
def test_a_source_is_never_the_goal(tmp_path: Path, way: str) -> None:
    """Under whatever name it goes: the only copy of weights that nobody looked at yet."""
    made = case(tmp_path)
    source, goal = tmp_path / "old", tmp_path / "old" if way == "itself" else tmp_path / "new"
    if way == "a hard link":
        goal.hardlink_to(source)
    elif way == "a link":
        goal.symlink_to(source)
    before = source.read_bytes()
    with pytest.raises(KeygraftError) as caught:
        write(made, {"": LocalFiles(source)}, goal)
    assert caught.value.code == "goal_is_source"
    assert source.read_bytes() == before


def test_only_files_are_replaced(tmp_path: Path) -> None:
    """A pipe, or what leads to a device, stays what it is."""
    made = case(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    for name in ("pipe", "null"):
        with pytest.raises(KeygraftError) as caught:
            write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / name)
        assert caught.value.code == "goal_not_file"
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "null").is_symlink()


def test_shards_of_two_outputs_do_not_mix(tmp_path: Path) -> None:
    """Two shards beside the three of an older output would be read as one checkpoint; the same number again replaces them."""
    three, two, out = case(tmp_path, shards=3), case(tmp_path, shards=2), tmp_path / "out"
    files = {"": LocalFiles(tmp_path / "old")}
    write(three, files, out)
    write(three, files, out)
    before = sorted(path.name for path in out.iterdir())
    with pytest.raises(KeygraftError) as caught:
        write(two, files, out)
    assert (caught.value.code, caught.value.params["count"]) == ("goal_among_shards", 3)
    assert sorted(path.name for path in out.iterdir()) == before


def test_a_file_where_a_folder_has_to_be(tmp_path: Path) -> None:
    """It is said, in one line."""
    made = case(tmp_path)
    with pytest.raises(KeygraftError) as caught:
        write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "old" / "new.safetensors")
    assert caught.value.code == "write_failed"


@pytest.mark.parametrize("nameless", [True, False])
def test_a_file_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool) -> None:
    """Until it appears, the goal is what it was; this holds where the file system knows no nameless files too."""
    if not nameless:
        monkeypatch.setattr(appearing, "_NAMELESS", 0)
    goal = tmp_path / "goal"
    goal.write_bytes(b"old")
    with appearing.Appearing(goal) as made:
        os.write(made.fileno(), b"new")
        made.sync()
        assert goal.read_bytes() == b"old"
        assert len(list(tmp_path.iterdir())) == (1 if nameless else 2)
        made.appear()
    assert goal.read_bytes() == b"new"
    with appearing.Appearing(goal):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["goal"]
    assert goal.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_many_shards_hold_few_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of shards their files are closed as they are finished, and still appear together."""
    made = case(tmp_path, shards=8)
    most = 0

    def count(written: int) -> None:
        nonlocal most
        most = max(most, len(list(Path("/proc/self/fd").iterdir())))

    monkeypatch.setattr(writing, "MOST_NAMELESS", 4)
    before = len(list(Path("/proc/self/fd").iterdir()))
    files = write(made, {"": LocalFiles(tmp_path / "old")}, tmp_path / "folder", progress=count)
    assert len(files) == 9
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == sorted(path.name for path in files)
    assert most <= before + 4


def test_a_full_disk_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little space ends the work before a byte is written: by the file system's count, and by its refusal to reserve."""
    made = case(tmp_path)
    files = {"": LocalFiles(tmp_path / "old")}
    told: list[int] = []

    def code() -> str:
        with pytest.raises(KeygraftError) as caught:
            write(made, files, tmp_path / "out", progress=told.append)
        return caught.value.code

    with monkeypatch.context() as patched:
        patched.setattr(writing.shutil, "disk_usage", lambda _: writing.shutil._ntuple_diskusage(10, 5, 5))
        assert code() == "disk_full"

    def refuse(descriptor: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(writing, "reserve", refuse)
    assert code() == "disk_filled"
    assert not told
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_space_is_really_reserved(tmp_path: Path) -> None:
    """`reserve` claims blocks of the disk, and passes a limit on to the one who asks."""
    from app.exporting.kernel import reserve

    with (tmp_path / "file").open("wb") as file:
        reserve(file.fileno(), 1 << 20)
        assert os.fstat(file.fileno()).st_blocks * 512 >= 1 << 20
        with pytest.raises(OSError, match=r"No space|too large"):
            reserve(file.fileno(), 1 << 60)
