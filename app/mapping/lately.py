"""A memory of what was lately worked out; for one thread at a time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lately(Generic[Key, Value]):
    """Keeps the `size` values that were asked for last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value, made now where it is not here. An error of `make` passes through and nothing is kept."""
        values = self._values
        if key in values:
            values.move_to_end(key)
            return values[key]
        made = values[key] = make()
        if len(values) > self._size:
            values.popitem(last=False)
        return made
