"""Does it load? Torch's own answer beside ours. `trying` imports torch; import it where that is allowed."""

from app.checking.verdict import Disagreement, TorchWords, Verdict, verdict

__all__ = ["Disagreement", "TorchWords", "Verdict", "verdict"]
