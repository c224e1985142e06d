"""Readers: bytes of a checkpoint in, a key tree out. Headers only; nothing is ever executed."""

from app.readers.limited import read_limited
from app.readers.limits import Limits
from app.readers.reading import read

__all__ = ["Limits", "read", "read_limited"]
