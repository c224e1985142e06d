"""Pasted text: every form is recognised, and what is none is refused with the line that is wrong."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.definitions import TextError, from_text
from app.keys.tree import from_shapes

SHAPES = {"conv1.weight": (64, 3, 7, 7), "bn1.num_batches_tracked": (), "layer1.0.bias": (64,), "0.weight": (3, 4)}
ERROR = """RuntimeError: Error(s) in loading state_dict for Net:
	Missing key(s) in state_dict: "backbone.weight", "head.0.bias".
	Unexpected key(s) in state_dict: "old.weight", "old.bias".
	size mismatch for fc.weight: copying a param with shape torch.Size([1000, 512]) from checkpoint, the shape in current model is torch.Size([10, 512]).
	size mismatch for fc.bias: copying a param with shape torch.Size([1000]) from checkpoint, the shape in current model is torch.Size([10]).
"""


def _shapes(text, **options):
    return {key: info.shape for key, info in from_text(text, **options).tensors.items()}


def _code(text, **options):
    with pytest.raises(TextError) as caught:
        from_text(text, **options)
    return caught.value.code


FORMS = {
    "named_parameters": "\n".join(f"{key} torch.Size({list(shape)})" for key, shape in SHAPES.items()),
    "tuples": "\n".join(f"('{key}', torch.Size({list(shape)}))" for key, shape in SHAPES.items()),
    "colons": "\n".join(f"{key}: {list(shape)}" for key, shape in SHAPES.items()),
    "numbered": "\n".join(f"{number}: {key}  {tuple(shape)!r}" for number, (key, shape) in enumerate(SHAPES.items())),
    "bulleted": "# a comment\n\n" + "\n".join(f"- {key} -> {list(shape)}" for key, shape in SHAPES.items()),
    "table": "| key | shape | dtype |\n|---|---|---|\n"
    + "\n".join(f"| {key} | {list(shape)} | torch.float32 |" for key, shape in SHAPES.items()),
    "csv": "name,shape,dtype\n" + "\n".join(f'{key},"{list(shape)}",F32' for key, shape in SHAPES.items()),
    "tsv": "key\tdtype\tshape\n" + "\n".join(f"{key}\tF32\t{tuple(shape)!r}" for key, shape in SHAPES.items()),
    "json shapes": json.dumps({key: list(shape) for key, shape in SHAPES.items()}),
    "json objects": json.dumps({key: {"shape": list(shape), "dtype": "F32"} for key, shape in SHAPES.items()}),
    "json tree": json.dumps({"format": "x", "tensors": {key: {"shape": list(shape), "dtype": "BF16"} for key, shape in SHAPES.items()}}),
    "json header": json.dumps(
        {"__metadata__": {"format": "pt"}}
        | {key: {"dtype": "F32", "shape": list(shape), "data_offsets": [0, 1]} for key, shape in SHAPES.items()}
    ),
    "json rows": json.dumps([{"name": key, "shape": list(shape)} for key, shape in SHAPES.items()]),
    "dictionary": "{" + ", ".join(f"'{key}': torch.Size({list(shape)})" for key, shape in SHAPES.items()) + "}",
    "printed": "OrderedDict(["
    + ", ".join(f"('{key}', tensor(..., device='meta', size={shape!r}))" for key, shape in SHAPES.items())
    + "])",
    "fenced": "```\n" + "\n".join(f"{key} {list(shape)}" for key, shape in SHAPES.items()) + "\n```",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form):
    """Each form gives the same keys, shapes and order."""
    found = _shapes(FORMS[form])
    assert found == SHAPES
    assert list(found) == list(SHAPES)


def test_keys_alone():
    """A list of keys has no shapes; dtypes are assumed and the tree says so."""
    for text in ("a.b\nc.d", "odict_keys(['a.b', 'c.d'])", '["a.b", "c.d"]', "['a.b', 'c.d']"):
        tree = from_text(text)
        assert {key: info.shape for key, info in tree.tensors.items()} == {"a.b": None, "c.d": None}
        assert tree.metadata["dtype"] == "assumed"


def test_printed_values():
    """A print of numbers tells shape and dtype; a summarised one no shape."""
    import torch

    state = {
        "a": torch.ones(2, 3),
        "b": torch.arange(4),
        "c": torch.tensor(2.5),
        "d": torch.ones(2, dtype=torch.bool),
        "e": torch.zeros(2, 0),
        "f": torch.ones(2, dtype=torch.float16),
        "g": torch.nn.Parameter(torch.ones(1, 2)),
        "h": torch.zeros(100, 100),
    }
    tree = from_text(str(state))
    assert {key: info.shape for key, info in tree.tensors.items()} == {key: tuple(value.shape) for key, value in state.items()} | {
        "h": None
    }
    assert [tree.tensors[key].dtype for key in "abcdefg"] == ["F32", "I64", "F32", "BOOL", "F32", "F16", "F32"]


def test_load_errors():
    """With the source at hand the target is (source - unexpected) + missing; mismatched keys take the new shape."""
    keys = {"fc.weight": ((1000, 512), "F32"), "fc.bias": ((1000,), "F32"), "conv.weight": ((64, 3), "F16")}
    source = from_shapes(keys | {"old.weight": ((2,), "F32"), "old.bias": ((2,), "F32")})
    expected = {"fc.weight": (10, 512), "fc.bias": (10,), "conv.weight": (64, 3), "backbone.weight": None, "head.0.bias": None}
    assert _shapes(ERROR, source=source) == expected
    assert _shapes("Traceback (most recent call last):\n  File x\n" + ERROR, source=source) == expected
    tree = from_text(ERROR, source=source)
    assert tree.warnings[0].code == "load-error-shapes-unknown"
    assert not tree.ordered


def test_load_errors_need_their_source():
    """Without the source, or with another one, the error says what is needed."""
    assert _code(ERROR) == "load_error_needs_source"
    assert _code(ERROR, source=from_shapes({"x": ((1,), "F32")})) == "load_error_other_source"


def test_torch_says_it_so():
    """The message is read as this torch writes it."""
    import torch
    from torch import nn

    source = {"0.weight": torch.zeros(3, 2), "0.bias": torch.zeros(3), "extra": torch.zeros(1)}
    model = nn.Sequential(nn.Linear(2, 4), nn.LayerNorm(4))
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(source)
    tree = from_text(str(caught.value), source=from_shapes({key: (tuple(value.shape), "F32") for key, value in source.items()}))
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    assert {key: info.shape or expected[key] for key, info in tree.tensors.items()} == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        ("this is prose about a model", "text_line_unreadable"),
        ("a.b [3]\na.b [4]", "text_duplicate_key"),
        ("a.b\n[3]\n[4]", "text_line_unreadable"),
        ('{"a": [1], "a": [2]}', "text_duplicate_key"),
        ('{"a": "b c"}', "text_shape_unreadable"),
        ('{"a": {"shape": [1], "dtype": "F99"}}', "text_dtype_unknown"),
        ('{"a": {"shape": [-1]}}', "text_shape_unreadable"),
        ('{"a": {"shape": [4611686018427387904, 4]}}', "text_shape_unreadable"),
        ('{"model_type": "bert", "hidden_size": 64}', "text_is_config"),
        ("import torch\nclass Net(torch.nn.Module): pass", "text_is_code"),
        ("Net(\n  (fc): Linear(in_features=2, out_features=3)\n)", "text_is_module_print"),
        ("{'a': tensor([1, 2", "text_cut"),
        ("x" * 5000, "text_key_length"),
        ("{}", "text_without_keys"),
        ('{"format": "keygraft-model", "version": 2, "tensors": {}}', "live_malformed"),
        ('{"format": "keygraft-model", "version": 1, "tensors": {"a": {"shape": [-1], "dtype": "x"}}}', "live_malformed"),
    ],
)
def test_refusals(text, code):
    """What cannot be read is refused by name."""
    assert _code(text) == code


@given(st.text(max_size=300))
@example(";\r0")
@example('a;"' + "x" * 140_000)
def test_any_text_is_read_or_refused(text):
    """No text makes it fail otherwise."""
    try:
        tree = from_text(text)
    except TextError:
        return
    assert tree.tensors


KEY = st.from_regex(r"[a-z_][a-z0-9_]{0,8}(\.[a-z0-9_]{1,8}){0,3}", fullmatch=True)
TREES = st.dictionaries(KEY, st.lists(st.integers(0, 9), max_size=4).map(tuple), min_size=1, max_size=6)


@given(TREES, st.sampled_from(["{k} torch.Size({l})", "{k}: {l}", "{k}\t{l}", "('{k}', torch.Size({l}))", "- {k} {l}"]))
def test_lists_come_back(shapes, form):
    """Writing keys and shapes as a list and reading it is the identity."""
    known = {"key", "name", "parameter", "param", "tensor", "layer", "keys", "names", "variable", "shape", "size", "dtype", "type"}
    if known & set(shapes):
        return
    text = "\n".join(form.format(k=key, l=list(shape)) for key, shape in shapes.items())
    assert _shapes(text) == shapes


@pytest.mark.parametrize(
    "text",
    [
        "| " * 2_000 + '"',
        "a.b [" + "1" * 8_000 + "x",
        "a.b " + "1 " * 4_000 + "[",
        "{'a': tensor(" + "[" * 50_000 + "]" * 50_000 + ")}",
        "'" * 100_000,
        "newly initialized " * 50_000,
        "size mismatch for " + "x" * 1_000_000,
        "Missing key(s) in state_dict: " * 20_000,
        "[" * 200_000,
        '{"a": ' * 50_000,
        "\n" * 1_000_000,
        "a," * 500_000,
    ],
    ids=range(12),
)
def test_hostile_text_is_read_in_one_pass(text):
    """No text makes a pattern go back and forth: each is read or refused."""
    try:
        from_text(text)
    except TextError:
        return
