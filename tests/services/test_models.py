"""Models from code, built in the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import bootstrap, settings
from app.errors import KeygraftError
from app.services import sides
from app.services.house import House

CODE = """
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, width, depth=2):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
"""


@pytest.fixture
def building(tmp_path: Path) -> Iterator[House]:
    """A house with a sandbox."""
    made = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path,)))
    yield made
    made.close()


def test_a_pasted_class_is_built(building: House) -> None:
    """The card becomes ready; another build of the same source is another side."""
    card = sides.understand(building, CODE)
    built = sides.build(building, card.id, "Net", "8")
    assert built.id == card.id
    assert built.tensors == 4
    assert sides.tree(building, card.id).tensors["layers.0.weight"].shape == (8, 8)
    deeper = sides.build(building, card.id, "Net", "8, depth=3")
    assert deeper.id != card.id
    assert deeper.tensors == 6
    assert sides.card(building, card.id).tensors == 4
    with pytest.raises(KeygraftError, match="build_arguments"):
        sides.build(building, card.id, "Net", "")
