"""Does it load? Torch's own answer beside ours. `trying` imports torch; import it where that is allowed."""

from app.checking.outlines import outlines
from app.checking.standing_in import definition_of
from app.checking.verdict import Disagreement, TorchWords, Verdict, verdict

__all__ = ["Disagreement", "TorchWords", "Verdict", "definition_of", "outlines", "verdict"]
