"""Texts as they are really pasted: with what terminals, shells, loggers and notebooks put around them."""

import pytest

from app.definitions import TextError, from_text
from app.keys.tree import from_shapes

CONV, NORM = "stem.conv.weight", "stem.norm.bias"
SHAPES = {CONV: (16, 3, 5, 5), NORM: (16,)}

MESSY = {
    "colours": f"\x1b[1;32m{CONV}\x1b[0m torch.Size([16, 3, 5, 5])\n\x1b[32m{NORM}\x1b[0m torch.Size([16])",
    "mm log": f"2025-02-03 04:05:06,789 - mmdet - INFO - {CONV} torch.Size([16, 3, 5, 5])\n2025-02-03 04:05:06,790 - mmdet - INFO - {NORM} (16,)",
    "bracketed time": f"[2025-02-03 04:05:06] INFO: {CONV} (16, 3, 5, 5)\n[2025-02-03 04:05:06] INFO: {NORM} (16,)",
    "root logger": f"INFO:root:{CONV} [16, 3, 5, 5]\nINFO:root:{NORM} [16]",
    "loguru": f"2025-02-03 04:05:06.1 | INFO     | __main__:<module>:4 - {CONV} [16, 3, 5, 5]\n"
    f"2025-02-03 04:05:06.2 | INFO     | __main__:<module>:4 - {NORM} [16]",
    "glog": f"I0203 04:05:06.123456 77 zoo.py:12] {CONV} [16, 3, 5, 5]\nI0203 04:05:06.123457 77 zoo.py:12] {NORM} [16]",
    "ranks": f"[rank0]: {CONV} [16, 3, 5, 5]\n[rank0]: {NORM} [16]",
    "prompt": f">>> for k, v in net.state_dict().items(): print(k, v.shape)\n... \n{CONV} torch.Size([16, 3, 5, 5])\n{NORM} torch.Size([16])\n>>> ",
    "notebook": "In [3]: {k: v.shape for k, v in net.state_dict().items()}\nOut[3]: \n"
    f"{{'{CONV}': torch.Size([16, 3,\n  5, 5]),\n '{NORM}': torch.Size([16])}}",
    "mail": f"> {CONV} [16, 3, 5, 5]\n> {NORM} [16]",
    "heading": f"Model's state_dict:\n{CONV} \t torch.Size([16, 3, 5, 5])\n{NORM} \t torch.Size([16])\n",
    "initialised": f"{CONV} - torch.Size([16, 3, 5, 5]): \nKaimingInit: a=0, mode=fan_out, bias=0 \n \n{NORM} - torch.Size([16]): \n"
    "The value is the same before and after calling `init_weights` of Net  \n",
    "words": f"{CONV}: shape=[16, 3, 5, 5] dtype=torch.float32\n{NORM}: shape=(16,), dtype=float32",
    "tutorial": f"Layer: {CONV} | Size: torch.Size([16, 3, 5, 5]) | Values : tensor([[[[ 0.1, -0.2],\n   [0.3, 0.4]]]], grad_fn=<SliceBackward0>) \n\n"
    f"Layer: {NORM} | Size: torch.Size([16]) | Values : tensor([0., 0.]) \n",
    "markdown": f"| name | shape |\n|:---|---:|\n| `{CONV}` | `[16, 3, 5, 5]` |\n| `{NORM}` | `[16]` |",
    "json lines": f'{{"name": "{CONV}", "shape": [16, 3, 5, 5]}}\n{{"name": "{NORM}", "shape": [16]}}\n',
    "variables": f"<tf.Variable '{CONV}:0' shape=(16, 3, 5, 5) dtype=float32>\n<tf.Variable '{NORM}:0' shape=(16,) dtype=float32>",
    "numpy": f"{CONV} (16, 3, 5, 5) <class 'numpy.float32'>\n{NORM} (16,) <class 'numpy.float32'>",
    "old torch": f"{CONV} [torch.FloatTensor of size 16x3x5x5]\n{NORM} [torch.FloatTensor of size 16]",
    "yaml": f"{CONV}:\n  shape: [16, 3, 5, 5]\n  dtype: float32\n{NORM}:\n  shape: [16]\n  dtype: float32",
    "yaml list": f"- name: {CONV}\n  shape: [16, 3, 5, 5]\n- shape: [16]\n  name: {NORM}\n  requires_grad: true",
    "yaml blocks": f"{CONV}:\n- 16\n- 3\n- 5\n- 5\n{NORM}:\n- 16\n",
    "cells": f"{CONV}\n[16, 3, 5, 5]\nF32\n{NORM}\n[16]\nF32",
    "two prints": f"{CONV}\ntorch.Size([16, 3, 5, 5])\n{NORM}\ntorch.Size([16])",
    "labelled lines": f"Name: {CONV}\nShape: (16, 3, 5, 5)\n\nName: {NORM}\nShape: (16,)\n",
    "box": f"┏━━━┳━━━┓\n┃ name ┃ shape ┃\n┡━━━╇━━━┩\n│ {CONV} │ [16, 3, 5, 5] │\n│ {NORM} │ [16] │\n└───┴───┘",
    "diff": f"+ {CONV} [16, 3, 5, 5]\n+ {NORM} [16]",
    "engine log": f"(Engine pid=7) INFO 11-29 07:00:00 [loader.py:3] {CONV} [16, 3, 5, 5]\n(Engine pid=7) INFO 11-29 07:00:00 [loader.py:3] {NORM} [16]",
    "one speaker": f"wandb: {CONV}: [16, 3, 5, 5]\nwandb: {NORM}: [16]",
    "keras variables": f"<KerasVariable shape=(16, 3, 5, 5), dtype=float32, path={CONV}>\n<Variable path={NORM}, shape=(16,), dtype=float32, value=[0. 1.]>",
    "typographic": f"“{CONV}”: [16, 3, 5, 5]\n“{NORM}”: [16]",
    "bracketed numbers": f"[0] {CONV}: (16, 3, 5, 5)\n[1] {NORM}: (16,)",
    "statistics": f"{CONV} mean=0.1 std=0.2 (16, 3, 5, 5) - 1200 params\n{NORM} mean=0.1 std=0.2 (16,) - 16 params",
    "other types": f"{CONV} (DT_FLOAT) [16,3,5,5]\n{NORM} (DT_FLOAT) [16]",
    "json pairs": f'{{"{CONV}": ["F32", [16, 3, 5, 5]], "{NORM}": [[16], "F32"]}}',
    "json in a training state": f'{{"epoch": 3, "state_dict": {{"{CONV}": [16, 3, 5, 5], "{NORM}": [16]}}}}',
    "broken by a terminal": f"{CONV} torch.Size([16, 3, 5, 5]) torch.\nfloat32\n{NORM} torch.Size([16]) torch.float32",
}


def _read(text, **options):
    return {key: info.shape for key, info in from_text(text, **options).tensors.items()}


@pytest.mark.parametrize("form", MESSY)
def test_messy_forms(form):
    """Each gives the two keys with their shapes and nothing else."""
    assert _read(MESSY[form]) == SHAPES


LONG = "model.encoder.layers.11.self_attn.in_proj_weight"


@pytest.mark.parametrize("width", range(40, 75))
def test_lines_that_a_terminal_broke(width):
    """Wherever the break is, in a key or in a shape, no half of a key becomes one."""
    lines = [f"{LONG}_{place} torch.Size([3072, 1024])" for place in range(3)]
    text = "\n".join(line[at : at + width] for line in lines for at in range(0, len(line), width))
    assert _read(text) == {f"{LONG}_{place}": (3072, 1024) for place in range(3)}


@pytest.mark.parametrize("width", [23, 40, 61])
def test_lists_that_a_terminal_broke(width):
    """A printed list of keys holds no line breaks of its own."""
    text = str([f"{LONG}_{place}" for place in range(3)])
    assert _read("\n".join(text[at : at + width] for at in range(0, len(text), width))) == {f"{LONG}_{place}": None for place in range(3)}


def test_keys_of_one_length_stay_apart():
    """Lines as long as the longest are keys of their own where nothing says that they were broken."""
    assert _read(f"{LONG}_1\n{LONG}_2\nhead") == {f"{LONG}_1": None, f"{LONG}_2": None, "head": None}


def test_a_dtype_is_read_with_the_key_before_it():
    """A list of keys with the types in lines of their own, and one that is called like a type."""
    tree = from_text("a.w\n[2]\nBF16\nhalf\n[3]\nI64")
    assert {key: (info.shape, info.dtype) for key, info in tree.tensors.items()} == {"a.w": ((2,), "BF16"), "half": ((3,), "I64")}


def test_keys_that_begin_with_a_number_are_counted_through():
    """`enumerate` writes a number before `0.weight`."""
    assert _read("0 0.weight (4, 3)\n1 0.bias (4,)") == {"0.weight": (4, 3), "0.bias": (4,)}


def test_lines_passed_over_are_counted():
    """A line of prose among keys is no key, and the tree says which line that was."""
    (warning,) = from_text(MESSY["initialised"]).warnings
    assert (warning.code, warning.params["count"], warning.params["line"]) == ("text-lines-passed-over", 2, 2)


def test_named_parameters_with_values():
    """`print(name, parameter)` goes over several lines: no line of numbers becomes a key."""
    import torch

    net = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.PReLU(), torch.nn.Linear(100, 100))
    text = "\n".join(f"{name} {parameter}" for name, parameter in net.named_parameters())
    expected = {name: tuple(parameter.shape) for name, parameter in net.named_parameters()}
    assert "..." in text
    assert _read(text) == expected | {"2.weight": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{'a.w': FakeTensor(..., size=(3, 4)), 'b': FakeTensor(..., size=(2,), dtype=torch.bfloat16)}", {"a.w": (3, 4), "b": (2,)}),
        ("{'a.w': array([[1., 2.],\n       [3., 4.]], dtype=float32), 'b': array([1, 2])}", {"a.w": (2, 2), "b": (2,)}),
        (
            "{'a.w': DTensor(local_tensor=tensor([[1., 2.]]), device_mesh=DeviceMesh('cuda', [0, 1]), placements=(Shard(dim=0),))}",
            {"a.w": None},
        ),
        ("{'state_dict': {'a.w': tensor([1., 2.])}, 'epoch': 3}", {"a.w": (2,)}),
    ],
)
def test_other_tensors_that_are_printed(text, expected):
    """Of fake tensors, arrays and shards that are printed the shape is read where the whole is shown."""
    assert _read(text) == expected


def test_dictionaries_in_one_another_are_refused():
    """Which of several is meant cannot be told, and their paths are no keys of a list."""
    with pytest.raises(TextError) as caught:
        from_text("{'a': {'kernel': (3, 4)}, 'b': {'bias': (3,)}}")
    assert caught.value.code == "text_nested"


def test_thousands():
    """Sizes with a blank or a narrow blank between thousands are one number each; sizes parted by blanks stay several."""
    assert _read("a.w\t[32 000, 4 096]\tBF16\na.b\t[4 096]\tBF16") == {"a.w": (32000, 4096), "a.b": (4096,)}
    assert _read("a.w [128\u202f256, 4\u00a0096]\na.b [64 128]") == {"a.w": (128256, 4096), "a.b": (64, 128)}


@pytest.mark.parametrize(
    "text", ["Net [1, 10] --\n├─Conv2d: 1-1 [1, 64, 112, 112] 9,408", "Layer (type) Output Shape Param #\nconv2d (None, 26) 320"]
)
def test_summaries_are_no_keys(text):
    """What torchinfo and Keras print of a model is refused by name."""
    with pytest.raises(TextError) as caught:
        from_text(text)
    assert caught.value.code == "text_is_module_print"


SOURCE = from_shapes({"old.w": ((4, 2), "F32"), "fc.weight": ((9, 4), "F32"), "fc.bias": ((9,), "F32"), "body.w": ((2,), "F32")})
SIZES = "copying a param with shape torch.Size([9, 4]) from checkpoint, the shape in current model is torch.Size([3, 4])."
TORCH = f"""RuntimeError: Error(s) in loading state_dict for Net:
\tMissing key(s) in state_dict: "stem.w", "stem.b".
\tUnexpected key(s) in state_dict: "old.w".
\tsize mismatch for fc.weight: {SIZES}
"""
FITTED = {"fc.weight": (3, 4), "fc.bias": (9,), "body.w": (2,), "stem.w": None, "stem.b": None}
SAID = {
    "ranks": "\n".join(f"[rank1]: \x1b[31m{line}\x1b[0m" for line in TORCH.splitlines()),
    "mail": "\n".join("> " + line for line in TORCH.splitlines()),
    "narrow terminal": "\n".join(line[at : at + 31] for line in TORCH.splitlines() for at in range(0, len(line), 31)),
    "typographic": TORCH.replace('"stem.w"', "“stem.w”").replace('"stem.b"', "“stem.b”").replace('"old.w"', "“old.w”"),
    "single quotes": TORCH.replace('"', "'"),
    "entities": TORCH.replace('"', "&quot;"),
    "mmcv": "The model and loaded state dict do not match exactly\n\nunexpected key in source state_dict: old.w\n\n"
    f"missing keys in source state_dict: stem.w, stem.b\n\nsize mismatch for fc.weight: {SIZES}",
    "mmcv table": "unexpected key in source state_dict: old.w\n\nmissing keys in source state_dict: stem.w, stem.b\n\n"
    "these keys have mismatched shape:\n| key | expected shape | loaded shape |\n+---+---+---+\n"
    "| fc.weight | torch.Size([3, 4]) | torch.Size([9, 4]) |\n",
    "hub report": "Net LOAD REPORT from: somebody/net\nKey       | Status     | Details\n----------+------------+---\n"
    "old.w     | UNEXPECTED |\nstem.{w, b} | MISSING  |\n"
    "fc.weight | MISMATCH   | Reinit due to size mismatch - ckpt: torch.Size([9, 4]) vs model:torch.Size([3, 4])\n\nNotes:\n- MISSING:\tnew.\n",
}


@pytest.mark.parametrize("form", SAID)
def test_load_errors_as_they_are_pasted(form):
    """Every wording and wrapping of the same load gives the same target."""
    assert _read(SAID[form], source=SOURCE) == FITTED


def test_what_a_lenient_load_returns():
    """`load_state_dict(strict=False)` returns the keys; where all matched the target is the source."""
    text = "Out[2]: _IncompatibleKeys(missing_keys=['stem.w',\n 'stem.b'], unexpected_keys=['old.w'])"
    assert _read(text, source=SOURCE) == FITTED | {"fc.weight": (9, 4)}
    assert _read("<All keys matched successfully>", source=SOURCE) == {key: info.shape for key, info in SOURCE.tensors.items()}


def test_grouped_keys():
    """Detectron2 and the hub write several keys as one; each is meant."""
    said = "Some model parameters or buffers are not found in the checkpoint:\n  \x1b[34mstem.{w, b}\x1b[0m\n  blocks.{0...2}.g\n"
    found = _read(said, source=SOURCE)
    assert [key for key in found if key not in SOURCE.tensors] == ["stem.w", "stem.b", "blocks.0.g", "blocks.1.g", "blocks.2.g"]


def test_groups_with_gaps_name_no_key_that_is_not_there():
    """A report writes `{0...12}` for twelve layers of thirteen: what the checkpoint does not have was not meant."""
    source = from_shapes({f"layers.{i}.extra": ((1,), "F32") for i in range(13) if i != 4} | {"body.w": ((2,), "F32")})
    said = (
        "Net LOAD REPORT from: x\nKey | Status | | \n---+---+--+-\nlayers.{0...12}.extra | UNEXPECTED |  | \nhead.{0, 1}.w | MISSING | \n"
    )
    assert _read(said, source=source) == {"body.w": (2,), "head.0.w": None, "head.1.w": None}


def test_failed_copies():
    """A parameter that could not be copied takes the model's shape."""
    said = (
        'While copying the parameter named "fc.bias", whose dimensions in the model are torch.Size([3]) '
        "and whose dimensions in the checkpoint are torch.Size([9]), an exception occurred : ('x',)."
    )
    assert _read(said, source=SOURCE)["fc.bias"] == (3,)


@pytest.mark.parametrize("text", ['Missing key(s) in state_dict: "stem.w", "ste', "Unexpected key(s) in state_dict: "])
def test_a_message_that_breaks_off(text):
    """A message that ends in the middle of a key is refused: half a key would be a wrong target."""
    with pytest.raises(TextError) as caught:
        from_text(text, source=SOURCE)
    assert caught.value.code == "text_cut"


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-03 04:05:06 " * 50_000,
        ("2025-02-03 04:05:06,789 - a - INFO - " + "k" * 200 + "\n") * 5_000,
        "a tensor(" * 100_000,
        "[1 000 000 000" * 20_000,
        "\x1b]" * 500_000,
        "LOAD REPORT\n" + "x " * 500_000,
        "LOAD REPORT\n" + "{0...999999}" * 9 + " | MISSING |",
        "are not found in the checkpoint:\n" + "k\n" * 200_000 + ": :",
        "'a' tensor([" * 20_000,
    ],
    ids=range(9),
)
def test_hostile_texts_end(text):
    """No mess makes a pattern go back and forth."""
    try:
        tree = from_text(text, source=SOURCE)
    except TextError:
        return
    assert tree.tensors
