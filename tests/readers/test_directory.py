"""The directory of an archive against the standard library, and places that are reckoned against those that local headers tell."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import KeygraftError
from app.readers.archive import Archive
from app.readers.limits import Limits
from app.sources import MemoryFiles

_NAMES = st.lists(
    st.text(st.characters(exclude_characters='\\:\0/.<>"|?*', exclude_categories=["Cs"]), min_size=1, max_size=9), unique=True
)


def _archive(data: bytes) -> Archive:
    return Archive(MemoryFiles({"file": data}).open("file"), Limits())


@settings(max_examples=60, deadline=None)
@given(_NAMES, st.lists(st.tuples(st.binary(max_size=200), st.booleans(), st.booleans()), min_size=12, max_size=12))
def test_an_entry_is_what_the_standard_library_says(names: list[str], contents: list[tuple[bytes, bool, bool]]) -> None:
    """Names, forms, sizes, checksums and places; with and without wide fields, deflated and stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, (data, deflated, wide) in zip(names, contents, strict=False):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=wide) as stream:
                stream.write(data)
    ours = _archive(buffer.getvalue())
    told = [(each.name, each.flags, each.method, each.crc, each.packed, each.size, each.header) for each in ours.entries]
    infos = zipfile.ZipFile(buffer).infolist()
    kept = [(i.filename, i.flag_bits, i.compress_type, i.CRC, i.compress_size, i.file_size, i.header_offset) for i in infos]
    assert told == kept
    for info, (data, _deflated, _wide) in zip(infos, contents, strict=False):
        assert ours.read(ours[info.filename]) == data
    assert ours.warnings == []


def _saved(saved: Callable[..., Path]) -> bytes:
    import torch

    return saved({f"layers.{index}.weight": torch.ones(index % 5 * 17 + 1) for index in range(40)}).read_bytes()


def test_what_is_reckoned_is_what_the_headers_say(saved: Callable[..., Path]) -> None:
    """Every storage of a file that torch wrote is placed without its header, where its header says."""
    archive = _archive(_saved(saved))
    likely = archive.directory.likely("model/data/")
    assert len(likely) == 40
    for key, (start, size) in likely.items():
        entry = archive[f"model/data/{key}"]
        assert (start, size) == (archive.data_offset(entry), entry.size)
        assert archive.confirmed(entry.name, start) == start


@pytest.mark.parametrize("key", ["1", "23"])
def test_no_byte_of_a_local_header_is_looked_over(key: str, saved: Callable[..., Path]) -> None:
    """The quick look at a local header says what the thorough one says, whatever byte is changed in it, after others that were sound."""
    data = _saved(saved)
    sound = _archive(data)
    name = f"model/data/{key}"
    header = sound.directory.header(name)

    def told(look: Callable[[], int]) -> int | str:
        try:
            return look()
        except KeygraftError as error:
            return f"{error.code} {error.params.get('detail')}"

    refused = 0
    for place in range(header, header + 30 + len(name)):
        bent = bytearray(data)
        bent[place] ^= 5
        archive = _archive(bytes(bent))
        likely = archive.directory.likely("model/data/")
        assert archive.confirmed("model/data/0", likely["0"][0]) == likely["0"][0]
        quick = told(lambda archive=archive, likely=likely: archive.confirmed(name, likely[key][0]))
        assert quick == told(lambda archive=archive: archive.data_offset(archive[name]))
        refused += isinstance(quick, str)
    assert refused > 20
