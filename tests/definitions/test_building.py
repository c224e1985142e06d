"""Definitions built in the sandbox: what is recorded, the ladder, and an answer for each failure."""

import io
import zipfile

import pytest

from app.definitions import BuildError, Definition, SpecError, build, from_code, from_files, from_upload, parse_call, parse_spec, resolved
from app.definitions.loading import from_spec
from app.sandbox import SandboxError

HEAD = "import torch\nfrom torch import nn\n"


def _build(sandbox, code, name="", args="", edits=()):
    return build(from_code(HEAD + code, name=name, call=parse_call(args), edits=tuple(edits)), sandbox=sandbox)


def _fails(sandbox, code, name="", args="", edits=()):
    with pytest.raises(BuildError) as caught:
        _build(sandbox, code, name, args, edits)
    return caught.value


def _zip(**files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return data.getvalue()


NET = """
class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.num_heads = heads
        self.attn = nn.MultiheadAttention(d, heads)
        self.norm = nn.LayerNorm(d)
class Net(nn.Module):
    def __init__(self, d: int = 8, heads: int = 2, depth: int = 2):
        super().__init__()
        self.embed = nn.Embedding(10, d)
        self.blocks = nn.ModuleList(Block(d, heads) for _ in range(depth))
        self.conv = nn.Conv2d(4, 8, 3, groups=2)
        self.head = nn.Linear(d, 10, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("mask", torch.zeros(3, dtype=torch.bool))
        self.register_buffer("cache", torch.zeros(3), persistent=False)
        self.frozen = nn.Parameter(torch.zeros(2, dtype=torch.float16), requires_grad=False)
"""


def test_everything_is_recorded(sandbox):
    """Order, kind, dtype, gradients, ties, module classes with their torch.nn base, hyperparameters, buffers that are not saved."""
    tree = _build(sandbox, NET)
    keys = list(tree.tensors)
    assert keys[:3] == ["frozen", "mask", "embed.weight"]
    assert keys[-1] == "head.weight"
    assert tree.tensors["head.weight"].alias == "embed.weight"
    assert tree.tensors["mask"].kind == "buffer"
    assert tree.tensors["mask"].dtype == "BOOL"
    assert (tree.tensors["frozen"].dtype, tree.tensors["frozen"].requires_grad) == ("F16", False)
    assert tree.tensors["blocks.1.attn.in_proj_weight"].shape == (24, 8)
    assert tree.other["cache"].startswith("non-persistent")
    assert "cache" not in tree.tensors
    conv = tree.modules["conv"]
    assert (conv.base, conv.hyper["groups"], conv.hyper["kernel_size"]) == ("Conv2d", 2, [3, 3])
    assert tree.modules["blocks.0"].cls == "definition.Block"
    assert tree.modules["blocks.0"].hyper["num_heads"] == 2
    assert tree.modules["blocks.0.attn"].hyper["embed_dim"] == 8
    assert tree.metadata["torch"].startswith("2.")
    assert tree.format == "definition"


def test_the_answer_equals_torch(sandbox):
    """Keys, order and shapes are those of `state_dict()` in this process."""
    import torch
    from torch import nn

    namespace = {"torch": torch, "nn": nn}
    exec(NET, namespace)  # noqa: S102  our own source
    expected = {key: tuple(value.shape) for key, value in namespace["Net"](12, 3, 1).state_dict().items()}
    tree = _build(sandbox, NET, "Net", "12, 3, depth=1")
    assert {key: info.shape for key, info in tree.tensors.items()} == expected
    assert list(tree.tensors) == list(expected)


def test_subclasses_name_their_base(sandbox):
    """A class of the user's own that derives from a torch.nn class says which."""
    tree = _build(
        sandbox,
        "class Scaled(nn.Linear): pass\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.a = Scaled(2, 3)",
    )
    assert tree.modules["a"].base == "Linear"
    assert tree.modules["a"].cls == "definition.Scaled"


def test_storage_ties_are_found(sandbox):
    """Two parameters over one storage are one tensor, though they are two objects."""
    code = "class Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.a = nn.Linear(2, 2); self.b = nn.Linear(2, 2); self.b.weight = nn.Parameter(self.a.weight.data)"
    assert _build(sandbox, code).tensors["b.weight"].alias == "a.weight"


def test_lazy_parameters(sandbox):
    """A lazy module gives no shape and says so; the shape of an input gives it."""
    import msgspec

    code = (
        HEAD
        + "class Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.a = nn.LazyLinear(5)\n  def forward(self, x): return self.a(x)"
    )
    tree = build(from_code(code), sandbox=sandbox)
    assert (tree.tensors["a.weight"].shape, tree.tensors["a.weight"].note) == (None, "lazy")
    assert [warning.code for warning in tree.warnings] == ["build-lazy"]
    given = msgspec.structs.replace(from_code(code), inputs=((1, 7),))
    assert build(given, sandbox=sandbox).tensors["a.weight"].shape == (5, 7)


def test_the_ladder(sandbox):
    """Constructors that read numbers, need real data, a GPU or weights still give their keys, and what was bent is said."""
    start = "class Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.a = nn.Linear(2, 2)\n"
    cases = {
        "    self.rates = [x.item() for x in torch.linspace(0, 1, 4)]\n": set(),
        "    self.a.weight.data.numpy()[:] = 1\n": {"build-rung"},
        "    self.register_buffer('x', torch.ones(2, device='cuda')); self.a.cuda()\n": {"build-patched"},
        "    self.load_state_dict(torch.load('weights.pth')['model'])\n": {"build-patched"},
        "    import urllib.request; torch.hub.load_state_dict_from_url('https://example.org/w.pth')\n": {"build-patched"},
    }
    for line, codes in cases.items():
        tree = _build(sandbox, start + line)
        assert "a.weight" in tree.tensors
        assert {warning.code for warning in tree.warnings} == codes, line


def test_ties_survive_the_second_rung(sandbox):
    """Parameters that go to meta when they are registered stay shared."""
    code = "class Net(nn.Module):\n  def __init__(self):\n    super().__init__(); n = int(torch.ones(1).sum().item()); self.a = nn.Linear(n, 2); self.b = nn.Linear(n, 2); self.b.weight = self.a.weight"
    tree = _build(sandbox, code)
    assert tree.tensors["b.weight"].alias == "a.weight"
    assert tree.tensors["a.weight"].shape == (2, 1)


def test_arguments_and_edits(sandbox):
    """Literals, names of the definition's own, and one-line edits on the built model."""
    code = (
        NET + "from dataclasses import dataclass\n@dataclass\nclass Config:\n  d: int = 4\ndef make(config): return Net(config.d, 1, 0)\n"
    )
    assert _build(sandbox, code, "make", "Config(d=6)").tensors["embed.weight"].shape == (10, 6)
    edited = _build(sandbox, NET, "Net", "", ["net.head = nn.Linear(8, 3)", "del net.conv"])
    assert edited.tensors["head.weight"].shape == (3, 8)
    assert "conv.weight" not in edited.tensors


def test_failures_have_answers(sandbox):
    """Each way to go wrong has its own code and says where."""
    init = "class Net(nn.Module):\n  def __init__(self, n=3):\n    super().__init__()\n    self.a = nn.Linear(n, 2)\n"
    assert _fails(sandbox, "import not_there_at_all\n" + init).params == {"package": "not_there_at_all", "file": "definition.py", "line": 3}
    assert _fails(sandbox, "from .other import x\n" + init).code == "build_relative_import"
    assert _fails(sandbox, "class Net(nn.Module:\n").code == "build_syntax"
    assert _fails(sandbox, init, "Net", "1, 2, 3").code == "build_arguments"
    assert '"n"' in _fails(sandbox, init, "Net", "m=3").parameters
    assert _fails(sandbox, init.replace("=3", ""), "Net").code == "build_arguments"
    assert _fails(sandbox, init, "Net", "'64'").params["name"] == "0"
    assert _fails(sandbox, init, "Nett").params["names"] == "Net"
    assert _fails(sandbox, init + "def f(): return 3\n", "f").code in {"build_not_model", "build_name"}
    assert _fails(sandbox, "x = 3\n").code == "build_no_model"
    assert _fails(sandbox, init + init.replace("Net", "Other")).params["names"] == "Net(n=3), Other(n=3)"
    assert _fails(sandbox, "open('config.yaml')\n" + init).params["path"] == "config.yaml"
    assert _fails(sandbox, "raise ValueError('no')\n" + init).params["kind"] == "ValueError"
    assert _fails(sandbox, init, "Net", "undefined_name").code == "build_argument"
    assert _fails(sandbox, init, "Net", "", ["net.a = nn.Nothing()"]).code == "build_edit"
    big = init.replace("nn.Linear(n, 2)", "torch.ones(2**40).numpy()")
    assert _fails(sandbox, big).code == "build_memory"
    traced = _fails(sandbox, init + "    undefined\n")
    assert "definition.py" in traced.traceback
    assert "keygraft" not in traced.traceback
    inside = _fails(sandbox, init.replace("nn.Linear(n, 2)", "nn.Linear(2, -1)"))
    assert 'File "torch/nn/modules/linear.py"' in inside.traceback


def test_endless_top_level_code(sandbox):
    """A job that does not end is ended, and says after how long."""
    from app.sandbox import Limits

    with pytest.raises(SandboxError) as caught:
        build(from_code(HEAD + "class Net(nn.Linear): pass\nwhile True: pass\n"), sandbox=sandbox, limits=Limits(seconds=1))
    assert caught.value.code == "sandbox_timeout"


def test_projects_named_like_ours(sandbox):
    """An uploaded project with packages called app, tests and static is imported, and ours never is."""
    data = _zip(
        app____init___py="",
        **{
            "app/model.py": "from torch import nn\nfrom tests.parts import size\nfrom static.names import n\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.fc = nn.Linear(size, n)\n",
            "tests/parts.py": "size = 3\n",
            "static/names.py": "n = 4\n",
        },
    )
    tree = build(from_upload("x.zip", data, module="app.model", name="Net"), sandbox=sandbox)
    assert tree.tensors["fc.weight"].shape == (4, 3)
    assert _fails(sandbox, "import app.sandbox\nclass Net(nn.Linear): pass\n").params["package"] == "app"


def test_folders_and_packages(sandbox):
    """Relative imports, a src layout, a file beside its siblings, and a zip around one folder."""
    model = "from torch import nn\nfrom .layers import Block\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__(); self.b = Block(2, 3)\n"
    files = {"pkg/__init__.py": b"", "pkg/net.py": model.encode(), "pkg/layers.py": b"from torch import nn\nclass Block(nn.Linear): pass\n"}
    shape = (3, 2)
    assert build(from_files(files, module="pkg.net", name="Net"), sandbox=sandbox).tensors["b.weight"].shape == shape
    assert build(from_files(files), sandbox=sandbox).tensors["b.weight"].shape == shape
    nested = {f"src/{name}": content for name, content in files.items()} | {"setup.py": b""}
    assert build(from_files(nested, module="pkg.net", name="Net"), sandbox=sandbox).tensors["b.weight"].shape == shape
    beside = {"code/net.py": model.replace(".layers", "layers").encode(), "code/layers.py": files["pkg/layers.py"], "x/y.py": b""}
    assert build(from_files(beside, module="code/net.py", name="Net"), sandbox=sandbox).tensors["b.weight"].shape == shape


def test_specifications_on_disk(sandbox, tmp_path):
    """`python:FILE.py:Class` brings the local modules it imports; `python:FOLDER:module:factory` the folder."""
    (tmp_path / "layers.py").write_text("from torch import nn\nclass Block(nn.Linear): pass\n")
    (tmp_path / "unused.py").write_text("raise SystemExit\n")
    (tmp_path / "net.py").write_text(
        "from torch import nn\nimport layers\nclass Net(nn.Module):\n  def __init__(self, n=2):\n    super().__init__(); self.b = layers.Block(n, 3)\ndef make(n): return Net(n)\n"
    )
    for text in (
        "python:net.py:Net(5)",
        f"python:{tmp_path}/net.py:make(n=5)",
        f"python:{tmp_path}:net:make(5)",
        "python:net.py:Net(4); net.b = nn.Linear(5, 3)",
    ):
        definition = from_spec(parse_spec(text), folder=tmp_path)
        assert build(definition, sandbox=sandbox).tensors["b.weight"].shape == (3, 5)
    assert "unused.py" not in from_spec(parse_spec("python:net.py"), folder=tmp_path).files


def test_missing_libraries_are_named(sandbox):
    """A library model without its library tells what to install."""
    for text, library in (("timm:resnet18", "timm"), ("diffusers:UNet2DModel(sample_size=8)", "diffusers")):
        with pytest.raises(BuildError) as caught:
            build(from_spec(parse_spec(text)), sandbox=sandbox)
        assert (caught.value.code, caught.value.params["library"]) == ("build_missing_library", library)


LIBRARY = b"""
class _Base:
    config_class = None
for _name in "BertModel BertForMaskedLM BertTokenizer RoCBertModel BertConfig _objects models".split():
    globals()[_name] = type(_name, (_Base,), {})
"""


@pytest.mark.parametrize("name", ["bert", "bert-base-uncased", "BERT_large"])
def test_names_of_checkpoints_lead_to_classes(sandbox, name):
    """Who names an architecture or a checkpoint instead of a class is shown the classes of that architecture, and no other part of the library."""
    with pytest.raises(BuildError) as caught:
        build(Definition("transformers", {"transformers/__init__.py": LIBRARY}, name=name), sandbox=sandbox)
    assert caught.value.code == "build_unknown_model"
    assert caught.value.params["close"] == "BertModel, BertForMaskedLM"


def test_names_on_the_hub_are_no_paths():
    """`owner/model` is not looked for as a file without a word on what is wanted."""
    with pytest.raises(SpecError) as caught:
        from_spec(parse_spec("transformers:facebook/opt-125m"))
    assert caught.value.code == "spec_hub_name"


def test_a_state_dict_is_a_model(sandbox):
    """A factory may return a plain dictionary of tensors."""
    tree = _build(sandbox, "def make():\n  return {'a.b': torch.zeros(2, 3), 'c': torch.zeros(1, dtype=torch.long)}\n", "make")
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {"a.b": ((2, 3), "F32"), "c": ((1,), "I64")}


def test_a_file_that_breaks_off_after_its_class_is_enough(sandbox):
    """A training loop without data, an exit at the end: the class was there, and it is said where the file ended. Before the class it fails."""
    init = "class Net(nn.Module):\n  def __init__(self, n=3):\n    super().__init__()\n    self.a = nn.Linear(n, 2)\n"
    for line in ("open('train.csv')", "raise SystemExit(1)", "Net()(torch.ones(3))"):
        tree = _build(sandbox, init + line + "\n", "Net")
        assert [(each.code, each.params["line"]) for each in tree.warnings] == [("build-cut", 7)], line
    assert _fails(sandbox, "raise SystemExit(1)\n" + init, "Net").code == "build_exits"


def test_models_without_a_class(sandbox):
    """A function that returns layers, and layers that stand at top level; a class of one's own comes first."""
    assert set(_build(sandbox, "def make(n=3):\n  return nn.Sequential(nn.Linear(2, n))\n").tensors) == {"0.weight", "0.bias"}
    kept = "def make(n=3):\n  net = nn.Linear(2, n)\n  return net\n"
    assert _build(sandbox, kept, "make", "n=5").tensors["weight"].shape == (5, 2)
    assert set(_build(sandbox, "model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))\n").tensors) == {"1.weight", "1.bias"}


def test_a_class_that_wants_arguments_is_made_by_its_factory():
    """Where a file's one class cannot be made without arguments, its factory is what is built; several are a question."""
    source = "from torch import nn\nclass _Net(nn.Module):\n    def __init__(self, n):\n        super().__init__()\ndef tiny():\n    return _Net(3)\n"
    assert resolved(from_code(source)).name == "tiny"
    with pytest.raises(BuildError) as caught:
        resolved(from_code(source + "def small(**more):\n    return _Net(5, **more)\n"))
    assert caught.value.code == "build_several"
    assert caught.value.params["names"] == "small(**more), tiny(), _Net(n)"


def test_code_that_asks_for_its_process_group(sandbox):
    """It is let believe to be alone, and that is said."""
    code = "import torch.distributed as dist\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.a = nn.Linear(2, 8 // dist.get_world_size())\n"
    tree = _build(sandbox, code)
    assert tree.tensors["a.weight"].shape == (8, 2)
    assert [each.params for each in tree.warnings] == [{"what": "alone"}]


def test_memory_that_runs_out_while_importing_is_named(sandbox):
    """With the line that wanted it."""
    failed = _fails(sandbox, "held = bytearray(1 << 40)\nclass Net(nn.Module):\n  pass\n")
    assert (failed.code, failed.params) == ("build_memory", {"file": "definition.py", "line": 3})
