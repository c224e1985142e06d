"""Passwords: hashed with argon2id; long enough, and not what everybody tries first."""

from functools import lru_cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from app.errors import KeygraftError

LEAST, MOST = 10, 1000
_AT_ONCE = BoundedSemaphore(2)
"""Each hash takes 64 MB for a moment: a crowd at the door must not fill the memory."""


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """A hash to compare with where there is no account, so that the answer takes as long."""
    return make("nobody has this password")


def make(password: str) -> str:
    """The hash of a password."""
    with _AT_ONCE:
        return _hasher().hash(password.encode("utf-8", "surrogatepass"))


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password; takes as long where none is kept."""
    wanted = kept or _nobodys()
    with _AT_ONCE:
        try:
            same = _hasher().verify(password.encode("utf-8", "surrogatepass"), wanted)
        except UnknownHashError:
            return False
    return same and kept is not None


def check(password: str, login: str = "") -> None:
    """Refuse what is guessed first. Raises KeygraftError."""
    if not LEAST <= len(password) <= MOST:
        raise KeygraftError("password_length", least=LEAST, most=MOST)
    lowered = password.casefold()
    if len(set(lowered)) < 4 or (login and lowered.replace(login.casefold(), "") in {"", "123", "1234", "!", "."}):
        raise KeygraftError("password_guessable")
    if any(lowered.startswith(word) for word in _TRIED) and len(lowered) < LEAST + 4:
        raise KeygraftError("password_guessable")


_TRIED = (
    "password",
    "passw0rd",
    "1234567",
    "qwerty",
    "letmein",
    "iloveyou",
    "keygraft",
    "changeme",
    "administrator",
    "abcdefg",
    "welcome1",
)
