"""What can be wrong with a checkpoint: one family for each format, one code for each category.

Every error names the `file` and, where one sentence would not tell enough, a `detail` that the catalogue turns into words.
"""

from app.errors import KeygraftError, LimitError


class ReadError(KeygraftError):
    """A checkpoint that cannot be read."""

    status = 422


class PickleError(ReadError):
    """`malformed_pickle`, `dangerous_global`."""


class ZipError(ReadError):
    """`zip_invalid`, `zip_path`, `zip_bomb`."""


class TorchError(ReadError):
    """`missing_storage`, `bounds`, `shape` of torch's own formats, where they cannot be shown as a warning."""


class SafetensorsError(ReadError):
    """`safetensors_header`, `offsets`, `dtype`, `shape`."""


class ShardsError(ReadError):
    """`index_header`, `index_path`, `missing_shard`, `parts_missing`, `shards_collide`, `several_checkpoints`."""


class GgufError(ReadError):
    """`gguf_header`, `offsets`, `dtype`."""


class NumpyError(ReadError):
    """`npy_header`, `object_array`."""


class Hdf5Error(ReadError):
    """`hdf5_invalid`."""


class OnnxError(ReadError):
    """`onnx_invalid`."""


class UnknownFormatError(ReadError):
    """`unknown_format`, `lfs_pointer`, `truncated`, or recognised but not read (`unsupported_format`, `needs_consolidation`)."""


class ReadLimitError(LimitError):
    """`limit`: a bound of `Limits`; `detail` names it."""
