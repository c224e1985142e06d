"""Files that tests of the readers ask for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.keys import KeyTree
from app.sources import LentFiles, RangeStore, RangesWanted


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Save an object with torch and return the path."""
    import torch

    def save(value: Any, name: str = "model.pt", **options: Any) -> Path:
        path = tmp_path / name
        torch.save(value, path, **options)
        return path

    return save


class Lender:
    """A stand-in for the browser: lends files, answers what the reader asks for. `rounds` and `sent` tell what it took."""

    def __init__(self, *paths: Path) -> None:
        self.paths = {path.name: path for path in paths}
        self.files = LentFiles({name: path.stat().st_size for name, path in self.paths.items()}, RangeStore())
        self.rounds = 0
        self.sent = 0

    def read(self, reader: Callable[[LentFiles], KeyTree]) -> KeyTree:
        """Start the reader again until it wants nothing more."""
        while True:
            try:
                return reader(self.files)
            except RangesWanted as request:
                self.rounds += 1
                assert self.rounds <= 50, "the reader asks in circles"
                for wanted in request.ranges:
                    with self.paths[wanted.file].open("rb") as stream:
                        stream.seek(wanted.offset)
                        self.files.receive(wanted, stream.read(wanted.length))
                    self.sent += wanted.length


@pytest.fixture
def lender_of() -> type[Lender]:
    """Lend files."""
    return Lender
