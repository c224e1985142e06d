"""What differs between two sides: keys, shapes, dtypes, ties and, where asked for, values."""

from collections.abc import Iterable
from typing import Any

import msgspec

from app import messages
from app.cli.given import Side
from app.keys import KeyTree, TensorInfo
from app.keys.difference import Difference, difference
from app.sources import FileSet
from app.viewing.plain import difference_lines

BLOCK = 8 << 20


class Apart(msgspec.Struct, frozen=True):
    """A key whose tensors hold different values; `largest` is the largest difference, None where one side has a NaN that the other has not."""

    key: str
    largest: float | None


class Comparison(msgspec.Struct, frozen=True):
    """The difference of two sides; `values` is None where they were not compared."""

    keys: Difference
    separator: str
    values: tuple[Apart, ...] | None = None

    @classmethod
    def of(cls, a: Side, b: Side, *, values: bool) -> "Comparison":
        """Compare. Raises KeygraftError where values are asked for and a side has none here."""
        found = difference(a.tree, b.tree)
        return cls(found, a.tree.separator, tuple(_apart(a, b, _alike(a.tree, b.tree, found))) if values else None)

    @property
    def same(self) -> bool:
        """Whether nothing differs but perhaps the order."""
        return self.keys.same and not self.values

    def document(self) -> dict[str, Any]:
        """For `--json`; each list is empty where nothing differs in that way."""
        found: dict[str, Any] = {"same": self.same, **msgspec.to_builtins(self.keys)}
        if self.values is not None:
            found["values"] = msgspec.to_builtins(self.values)
        return found

    def lines(self) -> list[str]:
        """For a terminal."""
        lines = difference_lines(self.keys, self.separator)
        if self.values is None:
            return lines
        shown = [f"~ {each.key}  {_largest(each)}" for each in self.values]
        return [*shown, *lines, messages.text("file-values", count=len(self.values))]


def _largest(apart: Apart) -> str:
    if apart.largest is None:
        return messages.text("file-values-nan")
    return messages.text("file-values-apart", largest=f"{apart.largest:.3g}")


def _alike(a: KeyTree, b: KeyTree, found: Difference) -> list[str]:
    changed = {each.key for each in found.reshaped} | {each.key for each in found.retyped}
    return [key for key in a.tensors if key in b.tensors and key not in changed]


def _apart(a: Side, b: Side, keys: Iterable[str]) -> Iterable[Apart]:
    """Bytes first: equal ones are equal values. Only what differs, or lies scattered, becomes tensors."""
    unequal = [key for key in keys if not _same_bytes(_Stretch(a, key), _Stretch(b, key))]
    if unequal:
        from app.cli.computing import differing

        return (Apart(key, largest) for key, largest in differing(a, b, unequal))
    return ()


class _Stretch:
    """Where a tensor's bytes lie in a row, if they do."""

    def __init__(self, side: Side, key: str) -> None:
        self.files: FileSet = side.held
        self.info: TensorInfo = side.tree.tensors[key]
        where = self.info.where
        self.plain = where is not None and self.info.stride is None and self.info.shape is not None and self.info.layout == "strided"
        self.name = side.tree.files[where.file].name if where is not None else ""
        self.offset = where.offset if where is not None else 0

    def read(self, at: int) -> bytes:
        """Read the next block."""
        return self.files.open(self.name).read_at(self.offset + at, min(BLOCK, self.info.nbytes - at))


def _same_bytes(a: _Stretch, b: _Stretch) -> bool:
    if not (a.plain and b.plain):
        return False
    return all(a.read(at) == b.read(at) for at in range(0, a.info.nbytes, BLOCK))
