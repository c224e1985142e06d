"""What one sandboxed job may use."""

import msgspec

MIB = 2**20


class Limits(msgspec.Struct, frozen=True):
    """Limits of one job.

    seconds -- wall clock
    memory  -- bytes of address space beyond what the forked server already maps
    disk    -- bytes in the job's own temporary folder, deleted but open files included
    entries -- files and folders there
    file    -- bytes of one file
    files   -- open descriptors
    threads -- threads, where the job runs as a user of its own
    answer  -- bytes of the answer
    log     -- bytes of what it prints that are kept
    flood   -- bytes printed after which it is stopped
    """

    seconds: float = 20.0
    memory: int = 2048 * MIB
    disk: int = 128 * MIB
    entries: int = 5_000
    file: int = 64 * MIB
    files: int = 128
    threads: int = 64
    answer: int = 32 * MIB
    log: int = 64 * 1024
    flood: int = 64 * MIB
