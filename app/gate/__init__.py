"""What stands in front of every request: who may come in, under which name, from where, and what a browser may do with the answer."""

from app.gate.doorkeeper import Doorkeeper
from app.gate.entry import Entry, EntryError, StrangerError
from app.gate.guard import guard, still_admitted, still_heard, tabs_of
from app.gate.middleware import Gate

__all__ = ["Doorkeeper", "Entry", "EntryError", "Gate", "StrangerError", "guard", "still_admitted", "still_heard", "tabs_of"]
