"""Options as text: what is read, and that each refusal names what cannot be."""

import pytest

from app.errors import KeygraftError
from app.exporting import FileOptions
from app.services.export_options import file_options, read


def test_types_by_pattern_are_one_text() -> None:
    """Pieces stand between semicolons or on lines of their own; the last sign of equality parts a pattern from its type."""
    found = read(FileOptions, {"dtypes": "*.norm*=F32; head.a=b.*=keep\nrest.*=BF16;"})
    assert found.dtypes == {"*.norm*": "F32", "head.a=b.*": "keep", "rest.*": "BF16"}
    assert list(found.dtypes) == ["*.norm*", "head.a=b.*", "rest.*"]  # the first that fits decides


@pytest.mark.parametrize("text", ["head.*", "=F32", "head.*="])
def test_a_piece_without_pattern_or_type_is_named(text: str) -> None:
    """So that it can be found among several."""
    with pytest.raises(KeygraftError, match="dtypes_unreadable") as refused:
        read(FileOptions, {"dtypes": f"*.norm*=F32;{text}"})
    assert refused.value.params == {"text": text}


@pytest.mark.parametrize(
    ("text", "count"), [("5GB", 5_000_000_000), ("300kB", 300_000), ("1.5 MiB", 1_572_864), ("2T", 2 * 10**12), ("12", 12)]
)
def test_sizes_are_read_as_people_write_them(text: str, count: int) -> None:
    """A shard's size with its unit."""
    assert file_options("torch", {"max_shard_size": text}) == FileOptions(max_shard_size=count, container="torch")


@pytest.mark.parametrize("given", [{"max_shard_size": "many"}, {"shards": "few"}, {"shared": "lend"}])
def test_what_cannot_be_is_refused(given: dict[str, str]) -> None:
    """With the option's name, or the size as it was written."""
    with pytest.raises(KeygraftError) as refused:
        file_options("safetensors", given)
    assert set(given.values()) <= {str(value) for value in refused.value.params.values()}
