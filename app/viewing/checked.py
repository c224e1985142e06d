"""A check in one sentence."""

from app import messages


def summary(passed: bool, built: bool, tensors: int, fresh: int, spared: int) -> str:
    """Whether it loads, into what, what starts fresh, and how many keys more torch misses that may be missing."""
    message = ("check-loads" if passed else "check-loads-not") if built else ("check-fits" if passed else "check-fits-not")
    said = messages.text(message, tensors=tensors, fresh=fresh)
    return f"{said} {messages.text('check-spared', count=spared)}" if passed and spared else said
