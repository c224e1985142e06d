"""What stands in front of every request: who may come in, under which name, from where, and what a browser may do with the answer."""

from app.gate.entry import Entry, EntryError
from app.gate.middleware import Gate

__all__ = ["Entry", "EntryError", "Gate"]
