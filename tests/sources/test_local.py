"""Local files: a file by itself, an index with its neighbours, a folder."""

from pathlib import Path

import pytest

from app.errors import NotFoundError
from app.sources import LocalFiles, MemoryFiles, ReadAhead, Span, absolute


def test_a_file_stands_for_itself(tmp_path: Path) -> None:
    """Neighbours are not offered, bytes are counted."""
    (tmp_path / "a.bin").write_bytes(b"0123456789")
    (tmp_path / "b.bin").write_bytes(b"x")
    files = LocalFiles(tmp_path / "a.bin")
    source = files.open("a.bin")
    assert files.names() == ("a.bin",)
    assert (source.size, source.read_at(8, 100), source.bytes_read) == (10, b"89", 2)


def test_an_index_brings_its_neighbours(tmp_path: Path) -> None:
    """The index comes first."""
    for name in ("a.safetensors", "model.safetensors.index.json"):
        (tmp_path / name).write_bytes(b"{}")
    assert LocalFiles(tmp_path / "model.safetensors.index.json").names() == ("model.safetensors.index.json", "a.safetensors")


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    """Those of subfolders too, by relative names; hidden subfolders are left out."""
    for name in ("a", "sub/b", ".git/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    assert LocalFiles(tmp_path).names() == ("a", "sub/b")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """By base name only."""
    with pytest.raises(NotFoundError, match="file_not_found"):
        LocalFiles(tmp_path / "nothing.pt")


def test_reading_ahead_reads_blocks_once() -> None:
    """Many small reads of one block cost one read; reads over the edge of a block are whole."""
    source = MemoryFiles({"f": bytes(range(256)) * 8}).open("f")
    ahead = ReadAhead(source, 64)
    assert b"".join(ahead.read_at(place, 2) for place in range(0, 64, 2)) == bytes(range(64))
    assert source.bytes_read == 64
    assert ahead.read_at(60, 10) == bytes(range(60, 70))
    assert ahead.read_at(2040, 100) == bytes(range(248, 256))


def test_parts_of_parts_know_their_place() -> None:
    """The absolute offset of a part is that in the file itself."""
    source = MemoryFiles({"f": b"0123456789"}).open("f")
    inner = Span(Span(source, 2, 6, "outer"), 1, 3, "inner")
    assert inner.read_at(0, 10) == b"345"
    assert absolute(inner, 1) == 4
