"""The tensors of a file, gathered by the containers they stand in: what is asked of each of them is asked once."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.keys import Token
from app.readers.pickles import Array, Tensor

Path = tuple[Token, ...]
"""Tokens from the root of the file."""


class Stand(NamedTuple):
    """Tensors that follow each other in one container.

    path   -- of the container
    key    -- the same without the inner names of modules: what state_dict would say
    tokens -- the tensors' own names in it; none for a file that is nothing but one tensor
    """

    path: Path
    key: Path
    tokens: list[Token]
    tensors: list[Tensor | Array]

    @property
    def depth(self) -> int:
        """Tokens of the tensors' paths."""
        return len(self.path) + 1 if self.tokens else 0

    def keys(self, depth: int) -> list[Path]:
        """Keys of the tensors, relative to a tree that lies `depth` deep."""
        inner = self.key[depth:]
        return [(*inner, token) for token in self.tokens] if self.tokens else [inner]

    def paths(self) -> list[Path]:
        """Paths of the tensors."""
        return [(*self.path, token) for token in self.tokens] if self.tokens else [self.path]


class Stands:
    """All stands of a file, in order, and how many tensors they hold."""

    def __init__(self) -> None:
        self._listed: list[Stand] = []
        self._open: Path | None = None
        self.count = 0

    def __iter__(self) -> Iterator[Stand]:
        return iter(self._listed)

    def add(self, path: Path, key: Path, tensor: Tensor | Array) -> None:
        """Add a tensor by its own path and key."""
        self.extend(path[:-1], key[:-1], path[-1:], [tensor])

    def extend(self, path: Path, key: Path, tokens: Iterable[Token], tensors: Iterable[Tensor | Array]) -> None:
        """Add tensors of a container. One whose path is not all strings stands anew each time: 1 is not True."""
        held = list(tensors)
        if not held:
            return
        if path != self._open:
            self._listed.append(Stand(path, key, [], []))
        last = self._listed[-1]
        before = len(last.tensors)
        last.tokens.extend(tokens)
        last.tensors.extend(held)
        self.count += len(last.tensors) - before
        self._open = path if last.tokens and all(type(token) is str for token in path) else None
