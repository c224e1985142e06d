"""Classes that find each other by name, and configurations that say how they are made: which one is the model, and its arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.definitions import BuildError, build, from_code, from_files, resolved, scan

HEAD = "import torch\nfrom torch import nn\n"
PARTS = """
class Body(nn.Module):
    def __init__(self, width, depth=2):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
class Head(nn.Module):
    def __init__(self, width, classes=10):
        super().__init__()
        self.fc = nn.Linear(width, classes)
"""
WHOLE = """
class Whole(nn.Module):
    def __init__(self, body, head):
        super().__init__()
        self.body = build(body)
        self.head = build(head)
"""


def _decorated(decorator):
    return (PARTS + WHOLE).replace("class ", f"{decorator}\nclass ")


METHOD = """
class Registry:
    def __init__(self):
        self.known = {}
    def register_module(self, name=None):
        def keep(cls):
            self.known[name or cls.__name__] = cls
            return cls
        return keep
MODELS = Registry()
BACKBONES = MODELS
def build(config):
    config = dict(config)
    return MODELS.known[config.pop("type")](**config)
"""
FUNCTION = """
_known = {}
def register(cls):
    _known[cls.__name__] = cls
    return cls
def build(config):
    config = dict(config)
    return _known[config.pop("type")](**config)
"""
CALLS = """
_known = {}
def build(config):
    config = dict(config)
    return _known[config.pop("type")](**config)
"""
REGISTRIES = {
    "a method decorates": METHOD + _decorated("@MODELS.register_module()"),
    "by another name of it": METHOD + _decorated("@BACKBONES.register_module()"),
    "a function decorates": FUNCTION + _decorated("@register"),
    "a table": PARTS + '_known = {"Body": Body, "Head": Head}\n' + CALLS.replace("_known = {}\n", "") + WHOLE,
    "entries": CALLS + PARTS + '_known["Body"] = Body\n_known["Head"] = Head\n' + WHOLE,
    "calls": CALLS + PARTS + "_known.update(Body=Body, Head=Head)\n" + WHOLE,
    "words": PARTS + WHOLE.replace("build(body)", 'globals()["Body"](**body)').replace("build(head)", 'globals()["Head"](**head)'),
}
CONFIG = (
    'norm = dict(eps=1)\nmodel = dict(type="Whole", body=dict(type="Body", width=4, depth=3), head=dict(type="Head", width=4, classes=5))\n'
)


@pytest.mark.parametrize("form", REGISTRIES)
def test_what_is_found_by_name_is_a_part(form):
    """The class that looks into the registry is the model; those it finds there are its parts."""
    assert [candidate.name for candidate in scan(HEAD + REGISTRIES[form]).candidates if candidate.root] == ["Whole"]


def test_two_that_find_each_other_stay_two():
    """Of two that are looked up in one place by both, neither is a part of the other."""
    source = METHOD + (PARTS + WHOLE + WHOLE.replace("Whole", "Other")).replace("class ", "@MODELS.register_module()\nclass ")
    assert {candidate.name for candidate in scan(HEAD + source).candidates if candidate.root} == {"Whole", "Other"}


def test_decorators_of_libraries_are_no_registry():
    """`torch.jit.script` or a dataclass hold nothing together."""
    source = "from dataclasses import dataclass\n@torch.jit.script\nclass A(nn.Module): ...\n@dataclass\nclass B(nn.Module):\n    a: object = torch.zeros(1)\n"
    assert {candidate.name for candidate in scan(HEAD + source).candidates if candidate.root} == {"A", "B"}


def test_a_configuration_in_the_source_fills_the_call(sandbox):
    """`model = dict(type=...)` names the model and its arguments."""
    tree = build(from_code(HEAD + REGISTRIES["a method decorates"] + CONFIG), sandbox=sandbox)
    assert {key: info.shape for key, info in tree.tensors.items() if key.endswith("weight")} == {
        f"body.layers.{i}.weight": (4, 4) for i in range(3)
    } | {"head.fc.weight": (5, 4)}


PROJECT = {
    "src/__init__.py": b"",
    "src/parts.py": (HEAD + PARTS).encode(),
    "src/net.py": (HEAD + WHOLE.replace("build(body)", "body").replace("build(head)", "head")).encode(),
}
BESIDE = {
    "conf/model.yaml": "width: 4\nmodel:\n  _target_: src.net.Whole\n  body:\n    _target_: src.parts.Body\n    width: ${width}\n    depth: 3\n"
    "  head: {_target_: src.parts.Head, width: 4, classes: 5}\n",
    "config.yml": "seed_everything: 1\nmodel:\n  class_path: src.net.Whole\n  init_args:\n    body:\n      class_path: src.parts.Body\n"
    "      init_args: {width: 4, depth: 3}\n    head:\n      class_path: src.parts.Head\n      init_args: {width: 4, classes: 5}\n",
    "config.json": '{"model": {"_target_": "src.net.Whole", "body": {"_target_": "src.parts.Body", "width": 4, "depth": 3},'
    ' "head": {"_target_": "src.parts.Head", "width": 4, "classes": 5}}}',
}


@pytest.mark.parametrize("path", BESIDE)
def test_a_configuration_beside_the_code_fills_the_call(sandbox, path):
    """Parts are made before the whole, from whatever module they stand in."""
    definition = from_files(PROJECT | {path: BESIDE[path].encode()})
    (whole,) = [candidate for candidate in scan(definition.readable).candidates if candidate.root]
    assert (whole.name, whole.place) == ("Whole", path)
    tree = build(definition, sandbox=sandbox)
    assert [len([key for key in tree.tensors if key.startswith(part)]) for part in ("body", "head")] == [6, 2]
    assert tree.tensors["head.fc.weight"].shape == (5, 4)


def test_configurations_that_do_not_fit_fill_nothing():
    """One that lacks what is required, has what is not taken, or refers to what is elsewhere."""
    for text in (
        "type: Body",
        "type: Body\nwidth: 4\nheight: 5",
        "type: Body\nwidth: ${hydra:runtime.cwd}",
        "type: Body\nwidth: ${a.b}",
        "type: Body\nwidth: 2020-01-01",
    ):
        (body, *_) = [found for found in scan({"a.py": HEAD + PARTS, "a.yaml": text}).candidates if found.name == "Body"]
        assert (body.given, body.place) == ({}, ""), text


def test_several_configurations_are_a_question():
    """Of two sizes of one model none is taken silently; the same arguments twice are no question."""
    files = {
        "a.py": (HEAD + PARTS.partition("class Head")[0]).encode(),
        "big.yaml": b"type: Body\nwidth: 9\n",
        "small.yaml": b"type: Body\nwidth: 4\n",
    }
    with pytest.raises(BuildError) as caught:
        resolved(from_files(files))
    assert (caught.value.code, caught.value.params["places"]) == ("build_several_configs", "big.yaml, small.yaml")
    (body,) = scan(from_files(files).readable).candidates
    assert (body.given, body.place, body.others) == ({"width": "9"}, "big.yaml", ("small.yaml",))
    assert resolved(from_files(files | {"small.yaml": b"type: Body\nwidth: 9\n"})).call.kwargs == {"width": "9"}


def test_arguments_that_were_given_stay():
    """A person's own arguments go before those of a configuration."""
    from app.definitions import parse_call

    files = {"a.py": (HEAD + PARTS.partition("class Head")[0]).encode(), "a.yaml": b"type: Body\nwidth: 4\n"}
    assert resolved(from_files(files)).call == parse_call("width=4")
    assert resolved(from_files(files, call=parse_call("width=9"))).call == parse_call("width=9")


@pytest.mark.parametrize(
    "text",
    [
        'type: Body\nwidth: !!python/object/apply:os.system ["touch escaped"]\n',
        "type: Body\n\"width=__import__('os').system('touch escaped'), depth\": 1\n",
        '_target_: a.Body\nwidth: {_target_: "os.system(1)#"}\n',
        "x: &x\n  type: Body\n  width: *x\n",
        "".join(
            f"{name}: &{name} [{','.join([f'*{before}' if before else '1'] * 9)}]\n"
            for before, name in zip(["", *"abcdefg"], "abcdefgh", strict=True)
        )
        + "m: {type: Body, width: *h}\n",
        "type: Body\nwidth: " + "[" * 3_000 + "]" * 3_000,
        "type: Body\nwidth:\n  " + "- " * 60_000 + "1",
        "\x00",
    ],
    ids=range(8),
)
def test_hostile_configurations_are_passed_over(text, tmp_path, monkeypatch):
    """Tags that call, names that are code, circles, expansion, depth: nothing is run, and the scan ends."""
    monkeypatch.chdir(tmp_path)
    (body, *_) = [found for found in scan({"a.py": HEAD + PARTS, "a.yaml": text}).candidates if found.name == "Body"]
    assert body.given == {}
    assert not list(tmp_path.iterdir())


def test_configurations_are_read_from_the_root_on_and_not_without_end():
    """Of a project with megabytes of them those near the root count; who waits for the form does not wait for all."""
    filler = {f"data/{number}.yaml": "# " + "x" * 200_000 + "\ntype: Body\nwidth: 9\n" for number in range(9)}
    near = {"a.py": HEAD + PARTS, "config.yaml": "type: Body\nwidth: 4\n"}
    (body, *_) = [found for found in scan(near | filler).candidates if found.name == "Body"]
    assert (body.given, body.place, len(body.others)) == ({"width": "4"}, "config.yaml", 2)


@given(st.text(max_size=200))
def test_any_text_may_lie_beside_the_code(text):
    """No configuration makes a scan fail."""
    assert scan({"a.py": HEAD + PARTS, "a.yaml": text, "b.json": text}).candidates


def test_several_are_named_with_what_they_want():
    """Who has to choose sees how each is called, and how the first is asked for."""
    with pytest.raises(BuildError) as caught:
        resolved(from_code(HEAD + PARTS))
    assert caught.value.code == "build_several"
    assert caught.value.params["names"] == "Head(width, classes=10), Body(width, depth=2)"
    assert caught.value.params["example"] == ":Head(width=…)"
