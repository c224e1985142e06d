"""Two key trees in, proposals out: names, structure, shapes and order, weighed against each other."""

from app.automap.documents import to_json
from app.automap.proposing import propose

__all__ = ["propose", "to_json"]
