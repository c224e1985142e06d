"""Models from code, built in the sandbox."""

import pytest

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


def test_a_pasted_class_is_built(house: House) -> None:
    """The card becomes ready; another build of the same source is another side."""
    card = sides.understand(house, CODE)
    built = sides.build(house, card.id, "Net", "8")
    assert built.id == card.id
    assert built.tensors == 4
    assert sides.tree(house, card.id).tensors["layers.0.weight"].shape == (8, 8)
    deeper = sides.build(house, card.id, "Net", "8, depth=3")
    assert deeper.id != card.id
    assert deeper.tensors == 6
    assert sides.card(house, card.id).tensors == 4
    with pytest.raises(KeygraftError, match="build_arguments"):
        sides.build(house, card.id, "Net", "")
