"""How much a checkpoint may ask of us, as the settings say."""

from app.readers import Limits
from app.settings import Settings


def limits(settings: Settings) -> Limits:
    """What reading one checkpoint may take."""
    return Limits(
        seconds=settings.read_seconds,
        wall_seconds=settings.read_wall_seconds,
        memory_bytes=settings.read_memory,
        keys=settings.read_keys,
        key_length=settings.read_key_length,
        depth=settings.read_depth,
        entries=settings.read_entries,
        files=settings.read_files,
        header_bytes=settings.read_header_bytes,
        pickle_bytes=settings.read_pickle_bytes,
        opcodes=settings.read_opcodes,
    )
