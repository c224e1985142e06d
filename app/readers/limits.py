"""How much a file may ask of us. Every value is a setting."""

import msgspec

MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one reading.

    entries       -- files in an archive
    keys          -- tensors in all trees of a checkpoint
    key_length    -- characters of one token of a key
    depth         -- containers inside each other
    header_bytes  -- a safetensors header, an index, an ONNX graph without data
    pickle_bytes  -- bytes of a pickle that are walked; array data that is skipped does not count
    opcodes       -- of all pickles of a file together
    memo          -- entries of a pickle's memo
    stack         -- values on a pickle's stack
    globals       -- different classes and functions that a pickle names
    shown         -- leaves that are no tensors, and warnings of one kind, that are listed
    files         -- files of a checkpoint
    seconds       -- own CPU time of the limited child process
    wall_seconds  -- from start to end; waiting for a lent file is not counted
    memory_bytes  -- address space of the limited child process
    """

    entries: int = 400_000
    keys: int = 300_000
    key_length: int = 65_536
    depth: int = 512
    header_bytes: int = 100_000_000
    pickle_bytes: int = 96 * MIB
    opcodes: int = 16_000_000
    memo: int = 6_000_000
    stack: int = 4_000_000
    shown: int = 1_000
    globals: int = 20_000
    files: int = 4_096
    seconds: float = 5.0
    wall_seconds: float = 15.0
    memory_bytes: int = 448 * MIB
