"""What lets somebody in: a long random word that is shown once. Kept is its digest; a plain hash suffices, for nobody can guess the word."""

import hashlib
import secrets

_BYTES = 32


def new(prefix: str = "") -> tuple[str, str]:
    """A new word, and its digest."""
    word = prefix + secrets.token_urlsafe(_BYTES)
    return word, digest(word)


def digest(word: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
