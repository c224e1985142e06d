"""Keys gathered from a text, checked as they come."""

from app.definitions.errors import TextError
from app.keys import KeyTree, TensorInfo, spell_token

UNKNOWN_DTYPE = "F32"
MAX_KEYS = 1_000_000
MAX_KEY_LENGTH = 4_096


class Entries:
    """Key -> shape and dtype, in order; refuses a key that comes twice with another shape."""

    def __init__(self) -> None:
        self._tensors: dict[str, TensorInfo] = {}
        self._assumed = False

    def __len__(self) -> int:
        return len(self._tensors)

    def add(self, key: str, shape: tuple[int, ...] | None = None, dtype: str | None = None, kind: str | None = None) -> None:
        """Take one key. A dtype of None means the text does not say; F32 is then assumed and the tree says so."""
        if not key or len(key) > MAX_KEY_LENGTH:
            raise TextError("text_key_length", limit=MAX_KEY_LENGTH)
        if len(self._tensors) >= MAX_KEYS:
            raise TextError("text_too_many_keys", limit=MAX_KEYS)
        info = TensorInfo(shape, dtype or UNKNOWN_DTYPE, kind=kind)
        spelt = spell_token(key)
        if self._tensors.setdefault(spelt, info) != info:
            raise TextError("text_duplicate_key", key=spelt)
        self._assumed |= dtype is None

    def tree(self, *, form: str, ordered: bool = True) -> KeyTree:
        """Return what was gathered; TextError where there is nothing."""
        if not self._tensors:
            raise TextError("text_without_keys")
        separator = "." if any("." in key for key in self._tensors) or not any("/" in key for key in self._tensors) else "/"
        metadata = {"text": form} | ({"dtype": "assumed"} if self._assumed else {})
        return KeyTree("text", self._tensors, separator=separator, metadata=metadata, ordered=ordered)
