"""The static builder: certain trees equal the built ones, all others say so, and nothing hostile holds it up."""

import pytest

from app import messages
from app.definitions import BuildError, build, from_code, from_files, parse_call, preview
from app.definitions.static.layers import TABLE, make_layer
from app.definitions.static.values import Module
from tests.definitions.architectures import ARCHITECTURES

HEAD = "import torch, math\nfrom torch import nn\n"
START = HEAD + "class Net(nn.Module):\n  def __init__(self, n=3):\n    super().__init__()\n    self.a = nn.Linear(n, 2)\n"

SAMPLES = {
    "Linear": "(3, 4)",
    "Bilinear": "(2, 3, 4)",
    **{f"Conv{n}d": "(4, 8, 3, groups=2)" for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": "(4, 8, 3, groups=2, bias=False)" for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": "(4, affine=False)" for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": "(4, track_running_stats=True)" for n in (1, 2, 3)},
    "SyncBatchNorm": "(4)",
    "LayerNorm": "([2, 3], bias=False)",
    "RMSNorm": "(5)",
    "GroupNorm": "(2, 4)",
    "Embedding": "(5, 6)",
    "EmbeddingBag": "(5, 6)",
    "PReLU": "(3)",
    "RNN": "(3, 4, 2)",
    "GRU": "(3, 4, bidirectional=True)",
    "LSTM": "(3, 4, 2, bidirectional=True, proj_size=2)",
    "RNNCell": "(3, 4)",
    "GRUCell": "(3, 4, bias=False)",
    "LSTMCell": "(3, 4)",
    "MultiheadAttention": "(8, 2, kdim=4, add_bias_kv=True)",
    "TransformerEncoderLayer": "(8, 2, 16)",
    "TransformerDecoderLayer": "(8, 2, bias=False)",
    "TransformerEncoder": "(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)",
    "TransformerDecoder": "(nn.TransformerDecoderLayer(8, 2, 16), 2, nn.LayerNorm(8))",
    "Transformer": "(8, 2, 1, 2, 16, batch_first=True)",
}


def _facts(tree):
    return {key: (info.shape, info.dtype, info.kind, info.alias, info.requires_grad) for key, info in tree.tensors.items()}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_layer_holds_what_torch_says(name):
    """Every row of the table, made with arguments that touch its shapes, has torch's keys, order, shapes and dtypes."""
    import torch
    from torch import nn

    found = preview(from_code(HEAD + f"def make() -> nn.Module:\n    return nn.Sequential(nn.{name}{SAMPLES[name]})\n", name="make"))
    assert found.complete, found.reasons
    with torch.device("meta"):
        layer = nn.Sequential(eval(f"nn.{name}{SAMPLES[name]}", {"nn": nn}))  # noqa: S307  our own text
    expected = {key: (tuple(value.shape), str(value.dtype)) for key, value in layer.state_dict().items()}
    from app.keys.dtypes import TORCH

    assert {key: (info.shape, "torch." + TORCH[info.dtype]) for key, info in found.tree.tensors.items()} == expected
    assert list(found.tree.tensors) == list(expected)


def test_classes_without_tensors():
    """Layers said to be bare are bare in torch."""
    from torch import nn

    from app.definitions.static.layers import BARE

    assert all(hasattr(nn, name) for name in BARE)
    assert isinstance(make_layer("ReLU", [], {}), Module)
    needing = {"Threshold": (1, 2), "Unflatten": (1, (2, 2)), "LocalResponseNorm": (2,), "CrossMapLRN2d": (2,), "ChannelShuffle": (2,)}
    for name in BARE - {"FractionalMaxPool2d"}:
        kind = getattr(nn, name)
        made = None
        for args in (needing.get(name), (), (2,), (2, 2), ((2, 2), 2)):
            try:
                made = kind(*args) if args is not None else None
            except (TypeError, ValueError):
                continue
            if made is not None:
                break
        assert made is not None, name
        assert not made.state_dict(), name


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_certain_trees_are_right(name, sandbox):
    """Where the builder is certain, the sandbox builds the same tree: keys, order, shapes, dtypes, kinds, ties, gradients, bases."""
    found = preview(from_code(ARCHITECTURES[name]))
    if name == "unknown":
        assert not found.complete
        assert "a.weight" in found.tree.tensors
        return
    built = build(from_code(ARCHITECTURES[name]), sandbox=sandbox)
    assert found.complete, found.reasons
    assert _facts(found.tree) == _facts(built)
    assert list(found.tree.tensors) == list(built.tensors)
    assert {path: module.base for path, module in found.tree.modules.items()} == {
        path: module.base for path, module in built.modules.items()
    }


def test_layers_of_einops_and_timm_that_hold_nothing():
    """What only moves elements, and helpers of constructors, leave a tree certain though their packages are not here; what may hold tensors does not."""
    code = """
from torch import nn
from einops import rearrange
from einops.layers.torch import Rearrange, Reduce, EinMix
from timm.layers import DropPath, to_2tuple, trunc_normal_
import torch
class Net(nn.Module):
    def __init__(self, size=4, drop=0.1):
        super().__init__()
        height, width = to_2tuple(size)
        self.pos = nn.Parameter(torch.zeros(1, height * width, 8))
        trunc_normal_(self.pos, std=0.02)
        self.embed = nn.Sequential(Rearrange("b c h w -> b (h w) c"), nn.Linear(3, 8), Reduce("b n c -> b c", "mean"))
        self.drop = DropPath(drop) if drop else nn.Identity()
"""
    found = preview(from_code(code))
    assert found.complete, found.reasons
    assert {key: info.shape for key, info in found.tree.tensors.items()} == {
        "pos": (1, 16, 8),
        "embed.1.weight": (8, 3),
        "embed.1.bias": (8,),
    }
    assert not preview(from_code(code + "        self.mix = EinMix('b c -> b d', weight_shape='c d', c=3, d=4)\n")).complete


@pytest.mark.parametrize(
    "change",
    [
        "torch.set_default_dtype(torch.float64)",
        "torch.set_default_tensor_type(torch.DoubleTensor)",
        "nn.Linear.__init__ = lambda self, *sizes: nn.Module.__init__(self)",
        "torch.nn.Linear = nn.Identity",
        "setattr(nn, 'Linear', nn.Identity)",
    ],
)
def test_what_changes_torch_itself_is_not_certain(change):
    """Every layer would come out otherwise."""
    code = f"import torch\nfrom torch import nn\n{change}\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(2, 2)\n"
    assert not preview(from_code(code)).complete
    assert preview(from_code(code.replace(change, "torch.backends.cudnn.benchmark = True"))).complete


@pytest.mark.parametrize(
    "line",
    [
        "self.b = unknown_package.Layer(3)",
        "self.b = torch.nn.utils.weight_norm(nn.Linear(2, 2))",
        "self.b = torch.compile(nn.Linear(2, 2))",
        "self.b = torch.load('x.pt')",
        "self.b = nn.NotYetKnown(3)",
        "self.b = nn.Linear(2, 2) if torch.cuda.is_available() else nn.Linear(2, 3)",
        "self.register_buffer('b', torch.nonzero(torch.ones(3)))",
        "self.apply(lambda m: setattr(m, 'x', nn.Linear(2, 2)))",
        "self.register_forward_pre_hook(print)",
        "import random\n    if random.random() > 0.5: self.b = nn.Linear(2, 2)",
        "self.b = nn.DataParallel(nn.Linear(2, 2))",
        "unknown_package.change(self)",
        "self.b = nn.Parameter(torch.multinomial(torch.ones(3), 2))",
    ],
)
def test_what_is_not_certain_says_so(line):
    """A tree that depends on what is not here is incomplete, with a reason in words, and still shows what is known."""
    found = preview(from_code("import unknown_package\n" + START + "    " + line))
    assert not found.complete
    assert found.reasons
    assert found.tree is None or "a.weight" in found.tree.tensors
    for reason in found.reasons:
        assert messages.text(f"preview-{reason.code}", **reason.params)


def test_the_constructor_raises():
    """Wrong arguments are told as Python would."""
    for args, word in (("1, 2, 3", "too many"), ("m=3", "unexpected argument m")):
        found = preview(from_code(START, name="Net", call=parse_call(args)))
        assert not found.complete
        assert word in found.reasons[0].params["detail"]


@pytest.mark.parametrize(
    "body",
    [
        "self.a = nn.Linear(1, 1)",
        "super().__init__(); self.a = nn.ModuleDict({'x.y': nn.Linear(1, 1)})",
        "super().__init__(); self.a = nn.Linear(1, 1); self.add_module('', nn.Linear(1, 1))",
        "super().__init__(); self.a = None; self.register_parameter('a', nn.Parameter(torch.zeros(1)))",
        "super().__init__(); self.a = nn.Linear(1, 1); self.register_buffer('a', torch.zeros(1))",
    ],
)
def test_what_torch_refuses_is_not_certain(body, sandbox):
    """A module without its super().__init__(), or a name that torch does not take, gives no certain tree."""
    definition = from_code(f"import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        {body}\n")
    with pytest.raises(BuildError):
        build(definition, sandbox=sandbox)
    found = preview(definition)
    assert not found.complete
    assert [reason.code for reason in found.reasons][-1:] in (["raises"], ["empty"])


def test_arguments_edits_and_projects():
    """Arguments are read, edits applied, and modules of the project imported from its own files."""
    import msgspec

    definition = from_code(START, name="Net", call=parse_call("n=7"))
    assert preview(definition).tree.tensors["a.weight"].shape == (2, 7)
    edited = msgspec.structs.replace(definition, edits=("net.a = nn.Linear(1, 1)",))
    assert preview(edited).tree.tensors["a.weight"].shape == (1, 1)
    files = {
        "pkg/__init__.py": b"",
        "pkg/net.py": b"from torch import nn\nfrom .layers import Block\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.b = Block(2, 3)\n",
        "pkg/layers.py": b"from torch import nn\nclass Block(nn.Linear): pass\n",
    }
    assert preview(from_files(files, module="pkg.net", name="Net")).tree.tensors["b.weight"].shape == (3, 2)


@pytest.mark.parametrize(
    "line",
    [
        "while True: pass",
        "x = [0] * 10**12",
        "x = 'a' * 10**5\n    for i in range(100): x = x.replace('a', x)",
        "x = [1]\n    for i in range(200): x = [x, x]\n    y = x == [1]",
        "x = (1,)\n    for i in range(200): x = (x, x)\n    y = {x: 1}",
        "x = 3\n    for i in range(10**9): x = x ** 99",
        "x = [1]\n    for i in range(100): x.extend(x)",
        "x = ','.join(['a' * 90000] * 90000)",
        "x = '%99999999d' % 3",
        "x = f'{3:99999999}'",
        "x = '{0:99999999}'.format(3)",
        "f = lambda n: f(n)\n    f(1)",
        "x = list(range(10**15))",
        "self.b = nn.ModuleList([nn.Linear(2, 2) for _ in range(10**9)])",
        "x = " + "(" * 90 + ")" * 90,
        "x = 1 << 10**9",
        "x = sum([[1] * 1000] * 1000, [])\n    self.b = nn.LSTM(2, 2, 10**8)",
    ],
)
def test_hostile_code_is_bounded(line):
    """Nothing that a constructor can say takes memory or time without bound: the builder gives up, or goes on without it."""
    found = preview(from_code(START + "    " + line + "\n"))
    assert found.tree is None or len(found.tree.tensors) < 200_000
