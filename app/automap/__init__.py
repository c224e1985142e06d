"""Two key trees in, proposals out: names, structure, shapes and order, weighed against each other."""

from app.automap.documents import to_json
from app.automap.memory import Approved, Recalled, fingerprint, recall
from app.automap.proposing import AutomapLimitError, propose
from app.automap.values import Fingerprint, by_value

__all__ = ["Approved", "AutomapLimitError", "Fingerprint", "Recalled", "by_value", "fingerprint", "propose", "recall", "to_json"]
