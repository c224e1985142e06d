"""Options of the commands that write remapped weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.exporting import FileOptions

ShardSize = Annotated[str, typer.Option("--max-shard-size", help="Split the output: 5GB.")]
Shards = Annotated[int, typer.Option("--shards", min=0, help="Split the output into so many files, as even as whole tensors allow.")]
Dtypes = Annotated[
    list[str] | None,
    typer.Option("--dtype", help='Cast floating tensors: F32, F16, BF16, target (as the model has them); for some keys "PATTERN=BF16".'),
]
Shared = Annotated[str, typer.Option("--shared", help="Tensors that share memory: clone writes each, alias writes one.")]
Provenance = Annotated[
    bool, typer.Option("--provenance", help="Keep the hashes of sources and plan, and versions, in the file's metadata.")
]


def options(container: str, *, max_shard_size: str, shards: int, dtypes: Sequence[str] | None, shared: str) -> "FileOptions":
    """Make the choices a value. Raises KeygraftError."""
    import msgspec

    from app.cli.work import size_of
    from app.errors import KeygraftError
    from app.exporting import FileOptions

    by_pattern = dict(_halves(text) for text in dtypes or () if "=" in text)
    everywhere = [text for text in dtypes or () if "=" not in text]
    chosen = {
        "container": container,
        "dtype": everywhere[-1] if everywhere else "",
        "dtypes": by_pattern,
        "max_shard_size": size_of(max_shard_size),
        "shards": shards,
        "shared": shared,
    }
    try:
        return msgspec.convert(chosen, FileOptions)
    except msgspec.ValidationError as error:
        raise KeygraftError("export_option", name="FileOptions", value=str(error)[:100]) from error


def _halves(text: str) -> tuple[str, str]:
    pattern, _, dtype = text.rpartition("=")
    return pattern, dtype
