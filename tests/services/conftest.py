"""A house in a folder of its own, and small transfers in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import bootstrap, settings
from app.services import sides, transfers
from app.services.cards import TransferCard
from app.services.house import House
from tests.services.keylists import keys


@pytest.fixture(scope="module", autouse=True)
def houses_begin_quickly(copied_databases: None) -> None:
    """No test here is about migrations."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A running house that may open files in the test's folder; it runs no code, so that no sandbox starts."""
    root = tmp_path / "root"
    root.mkdir()
    made = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(root,), code=False))
    yield made
    made.close()


@pytest.fixture
def root(house: House) -> Path:
    """The folder whose files may be opened."""
    return house.settings.roots[0]


@pytest.fixture
def transfer(house: House) -> TransferCard:
    """Two renamed layers, one equal name, and a head of another size."""
    source = sides.understand(house, keys(conv__weight=(8, 3, 3, 3), norm__weight=(8,), fc__weight=(10, 8), left__weight=(2, 2)))
    target = sides.understand(house, keys(backbone_conv__weight=(8, 3, 3, 3), norm__weight=(8,), fc__weight=(20, 8)))
    return transfers.create(house, {"": source.id}, target.id)


@pytest.fixture
def example(house: House) -> TransferCard:
    """The example that the home page offers."""
    return transfers.example(house)
