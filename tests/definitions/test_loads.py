"""What torch says of a load, without data."""

from app.definitions import build, from_code, try_load
from app.keys import TensorInfo

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.rates = [x.item() for x in torch.linspace(0, 1, n)]
        self.a = nn.Linear(n, 2)
        self.b = nn.BatchNorm1d(2)
"""


def test_a_tree_loads_into_its_own_model(sandbox):
    """The built tree is exactly what the model takes; the ladder is climbed for a load as for a build."""
    definition = from_code(NET)
    loaded = try_load(definition, build(definition, sandbox=sandbox).tensors, sandbox=sandbox)
    assert (loaded.loaded, loaded.missing, loaded.unexpected, loaded.message) == (True, [], [], "")


def test_what_does_not_fit_is_told_in_the_words_of_torch(sandbox):
    """Missing, unexpected and mismatched keys, with the message that `load_state_dict` raises."""
    state = dict(build(from_code(NET), sandbox=sandbox).tensors)
    del state["b.weight"]
    state["c.weight"] = TensorInfo((1,), "F32")
    told = try_load(from_code(NET), state, sandbox=sandbox)
    assert (told.loaded, told.missing, told.unexpected) == (False, ["b.weight"], ["c.weight"])
    assert "Missing key(s) in state_dict" in told.message
    state["a.weight"] = TensorInfo((2, 9), "F32")
    assert "size mismatch for a.weight" in try_load(from_code(NET), state, sandbox=sandbox).message
