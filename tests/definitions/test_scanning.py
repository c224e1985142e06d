"""Source scanned without running it."""

from hypothesis import given
from hypothesis import strategies as st

from app.definitions import scan

SOURCE = '''
"""A file."""
import torch, einops_not_there.layers
from torch import nn
from .parts import helper
try:
    import apex
except ImportError:
    apex = None
class Config:
    n: int = 3
class Block(nn.Module):
    """One block."""
    def __init__(self, dim: int, /, heads: int = 8, *args, bias=True, **kwargs): ...
class Base(nn.Module): ...
class Net(Base):
    def __init__(self, depth: int = 2, act: str = "gelu"):
        self.blocks = [Block(8) for _ in range(depth)]
class Odd(Unknown):
    def forward(self, x): ...
def net_small(**kwargs):
    """A small one."""
    model = Net(1, **kwargs)
    return model
def _hidden(): return Net()
def other(): return 3
'''


def test_candidates_are_ranked():
    """Roots first, sure ones before others; a class that others use comes later; factories are found by what they return."""
    found = scan(SOURCE)
    assert [candidate.name for candidate in found.candidates][:2] == ["Net", "net_small"]
    assert {candidate.name for candidate in found.candidates} == {"Net", "Block", "Base", "Odd", "net_small"}
    assert not found.find("Block").root
    assert not found.find("Odd").sure
    assert found.find("net_small").kind == "factory"
    assert found.find("Block").summary == "One block."
    assert found.find("Nothing") is None


def test_parts_made_by_helpers_are_no_roots():
    """A class that the model makes by way of a small function is a part of it."""
    source = """
from torch import nn
class Scale(nn.Module):
    def __init__(self, dim):
        super().__init__()
def make_norm(dim, plain=False):
    return nn.LayerNorm(dim) if plain else Scale(dim)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = make_norm(4)
"""
    assert [candidate.name for candidate in scan(source).candidates if candidate.root] == ["Net"]


def test_classes_inside_functions():
    """A function that defines a model and returns one is a factory."""
    source = """
from torch import nn
def make(width=3):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(width, width)
    return Net()
"""
    (found,) = scan(source).candidates
    assert (found.name, found.kind, found.ready) == ("make", "factory", True)


def test_functions_that_put_layers_around_a_class():
    """A function that returns `nn.Sequential` around a class of the file is a factory too; a helper without one is none."""
    source = """
from torch import nn
class Part(nn.Module):
    def __init__(self):
        super().__init__()
def conv(i):
    return nn.Sequential(nn.Conv2d(i, i, 1))
def make():
    net = nn.Sequential(Part(), conv(3))
    return net
"""
    assert [candidate.name for candidate in scan(source).candidates] == ["Part", "make"]


def test_constructor_forms():
    """Parameters carry kind, type and default; inherited constructors count."""
    dim, heads, args, bias, kwargs = scan(SOURCE).find("Block").parameters
    assert (dim.kind, dim.annotation, dim.required) == ("positional", "int", True)
    assert (heads.default, heads.required) == ("8", False)
    assert (args.kind, bias.kind, kwargs.kind) == ("args", "keyword", "kwargs")
    assert not scan(SOURCE).find("Block").ready
    assert scan(SOURCE).find("Net").ready
    inherited = scan("from torch import nn\nclass A(nn.Module):\n  def __init__(self, n): ...\nclass B(A): ...")
    assert inherited.find("B").parameters[0].name == "n"


def test_imports():
    """Missing packages are named with their line; relative imports, guarded ones and the standard library are none."""
    found = scan(SOURCE)
    assert [(item.package, item.line) for item in found.missing] == [("einops_not_there", 3)]
    assert any(item.level for item in found.imports)
    assert scan("import torch\nimport app", available={"torch"}).missing[0].package == "app"
    assert scan("import app").missing[0].package == "app"


def test_projects():
    """Files of a project know each other; modules are named from its root."""
    found = scan(
        {"pkg/__init__.py": "", "pkg/net.py": "import pkg.layers\nfrom torch import nn\nclass Net(nn.Module): ...", "pkg/layers.py": ""}
    )
    assert found.candidates[0].module == "pkg.net"
    assert found.missing == ()


def test_broken_source():
    """A syntax error is a finding with its line."""
    found = scan("import torch\nclass Net(nn.Module:\n")
    assert (found.problems[0].line, found.candidates) == (2, ())
    assert scan("x = " + "(" * 5000).problems
    assert scan("\0").problems


@given(st.text(max_size=200))
def test_any_text_can_be_scanned(text):
    """No text makes it fail."""
    scan(text)
