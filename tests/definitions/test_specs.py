"""Model specifications and calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.definitions import Call, SpecError, is_spec, parse_call, parse_edits, parse_spec


def test_the_doors():
    """Each form of the contract is read into its parts."""
    spec = parse_spec("timm:resnet50(num_classes=10, in_chans=1)")
    assert (spec.door, spec.name, spec.call.kwargs) == ("timm", "resnet50", {"num_classes": "10", "in_chans": "1"})
    assert parse_spec("torchvision:resnet18").name == "resnet18"
    assert parse_spec("timm:vit_base_patch16_224.augreg_in21k(num_classes=0)").name == "vit_base_patch16_224.augreg_in21k"
    assert parse_spec("transformers:some/config.json").path == "some/config.json"
    assert parse_spec("transformers:config.json:BertModel").name == "BertModel"
    assert parse_spec("transformers:BertModel(hidden_size=64)").call.kwargs == {"hidden_size": "64"}
    assert parse_spec("diffusers:unet/config.json").door == "diffusers"
    spec = parse_spec("python:a b/(1)/net.py:Net(3, {'a': 1}); net.fc = nn.Linear(512, 10)")
    assert (spec.path, spec.name, spec.call.args) == ("a b/(1)/net.py", "Net", ("3", "{'a': 1}"))
    assert spec.edits == ("net.fc = nn.Linear(512, 10)",)
    spec = parse_spec("python:FOLDER:package.module:factory(x=[1, 2])")
    assert (spec.path, spec.module, spec.name) == ("FOLDER", "package.module", "factory")
    assert parse_spec("python:net.py").path == "net.py"
    assert parse_spec("python:package.module:factory()").module == "package.module"


def test_what_is_no_specification():
    """Paths and URLs are none."""
    assert is_spec("timm:x")
    assert not any(is_spec(text) for text in ("model.safetensors", "https://example.org/x", "C:/x", "timm"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("foo:bar", "spec_unknown_door"),
        ("timm:", "spec_name"),
        ("timm:resnet50(num_classes=)", "spec_arguments"),
        ("timm:resnet50(num_classes=n)", "spec_not_literal"),
        ("timm:resnet50(**x)", "spec_starred"),
        ("python:net.py:Net(", "spec_arguments"),
        ("python:net.py:Net(); while True: pass", "spec_arguments"),
        ("python:net.py:Net(); import os", "edit_unreadable"),
        ("timm:" + "x" * 30_000, "spec_too_long"),
    ],
)
def test_refusals(text, code):
    """What is wrong is named."""
    with pytest.raises(SpecError) as caught:
        parse_spec(text)
    assert caught.value.code == code


def test_long_arguments_are_not_even_parsed(monkeypatch):
    """What is in brackets is looked at only below the limit."""
    from app.definitions import calls

    monkeypatch.setattr(calls, "_one_group", lambda _: pytest.fail("parsed"))
    with pytest.raises(SpecError, match="spec_too_long"):
        calls.parse_call("(" + "1," * calls.MAX_CALL + ")")


LITERALS = st.recursive(
    st.integers() | st.booleans() | st.none() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: name.isidentifier() and not __import__("keyword").iskeyword(name)
)


@given(NAMES, st.lists(LITERALS, max_size=3), st.dictionaries(NAMES, LITERALS, max_size=3))
def test_a_specification_survives_its_spelling(name, args, kwargs):
    """Printing and parsing is the identity, and literals keep their value."""
    call = Call(tuple(map(repr, args)), {key: repr(value) for key, value in kwargs.items()})
    spec = parse_spec(f"timm:{name}{call}")
    assert spec.call.literals() == (args, kwargs)
    assert parse_spec(str(spec)) == spec
    local = parse_spec(f"python:net.py:{name}{call}; net.{name} = 3")
    assert parse_spec(str(local)) == local


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    """No text makes a parser fail otherwise."""
    for prefix in ("timm:", "python:", "transformers:", ""):
        try:
            parse_spec(prefix + text)
        except SpecError:
            continue


def test_calls_and_edits():
    """Arguments with or without brackets; edits by line or semicolon."""
    assert parse_call("(1, 2), (3,)").args == ("(1, 2)", "(3,)")
    assert parse_call("(10, a=1)").kwargs == {"a": "1"}
    assert parse_call("Config(n=2)").literals() is None
    assert parse_edits("net.a = 1; del net.b\nnet.c.append(nn.Linear(1, 2))") == ("net.a = 1", "del net.b", "net.c.append(nn.Linear(1, 2))")
