"""The snippet for live models."""

import contextlib
import io

from app.definitions import SNIPPET, build, from_code, from_text

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 8, 3, groups=2)
        self.norm = nn.BatchNorm2d(8)
        self.a = nn.Linear(8, 3)
        self.b = nn.Linear(8, 3)
        self.b.weight = self.a.weight
        self.lazy = nn.LazyLinear(2)
"""


def test_the_snippet_is_short():
    """At most fifteen lines."""
    assert len(SNIPPET.strip().splitlines()) <= 15


def test_what_it_prints_is_the_built_tree(sandbox):
    """Run on a live model and pasted, it gives the tree that the sandbox builds."""
    namespace = {"__name__": "definition"}
    exec(NET, namespace)  # noqa: S102  our own source
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(SNIPPET, {"model": namespace["Net"]()})  # noqa: S102  our own snippet
    pasted, built = from_text(printed.getvalue()), build(from_code(NET), sandbox=sandbox)
    assert {key: (i.shape, i.dtype, i.kind, i.alias) for key, i in pasted.tensors.items()} == {
        key: (i.shape, i.dtype, i.kind, i.alias) for key, i in built.tensors.items()
    }
    assert list(pasted.tensors) == list(built.tensors)
    assert pasted.modules["conv"].hyper["groups"] == built.modules["conv"].hyper["groups"] == 2
    assert {path: (module.cls, module.base) for path, module in pasted.modules.items()} == {
        path: (module.cls, module.base) for path, module in built.modules.items()
    }


def test_what_a_model_prints_before_it_does_not_matter():
    """A terminal's text is pasted whole: a warning, a progress line, the snippet's line, a prompt."""
    namespace = {"__name__": "definition"}
    exec(NET, namespace)  # noqa: S102  our own source
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(SNIPPET, {"model": namespace["Net"]()})  # noqa: S102  our own snippet
    alone = from_text(printed.getvalue())
    noise = 'UserWarning: lazy modules\nnumber of parameters: 0.25M {"x": 1}\n'
    assert from_text(f"{noise}{printed.getvalue().strip()}  \n$ \n") == alone
    assert from_text(f"```\n{noise}{printed.getvalue()}```") == alone
