"""Summaries of a checkpoint, as values and as lines of text."""

import pytest

from app import messages
from app.keys import FileInfo, ForeignGlobal, KeyTree, Location, TensorInfo, TreeOffer, Warned
from app.keys.difference import difference
from app.viewing.plain import columns, difference_lines, folded_keys, safe, summary_lines
from app.viewing.summary import Share, summarise, verdict_of


@pytest.fixture
def tree():
    """A checkpoint with a bit of everything."""
    return KeyTree(
        "torch-zip",
        {
            "layers.0.weight": TensorInfo((2, 3), "F32"),
            "layers.1.weight": TensorInfo((2, 3), "F32", stride=(1, 2)),
            "emb": TensorInfo((10,), "BF16"),
            "head": TensorInfo((10,), "BF16", alias="emb"),
            "step": TensorInfo((), "I64"),
            "lazy": TensorInfo(None, "F32"),
        },
        nesting=("state_dict",),
        files=(FileInfo("m.pt", 1000),),
        other={"epoch": "int 3"},
        globals=(
            ForeignGlobal("torch.FloatStorage", 4, "known"),
            ForeignGlobal("my.Config", 1, "unknown"),
            ForeignGlobal("os.system", 2, "dangerous"),
        ),
        warnings=(Warned("trailing_bytes", {"count": 7}),),
        offers=(TreeOffer(("state_dict",), 6, 33), TreeOffer(("ema", 0), 6, 33, "ema")),
        metadata={"format": "pt"},
        bytes_read=500,
    )


def test_values(tree):
    """Ties count once, types come by bytes, families in listing order, the dangerous first."""
    summary = summarise(tree)
    assert (summary.tensors, summary.parameters, summary.nbytes, summary.file_bytes) == (6, 23, 76, 1000)
    assert summary.dtypes == (Share("F32", 3, 12, 48), Share("BF16", 2, 10, 20), Share("I64", 1, 1, 8))
    assert summary.aliases == (("emb", "head"),)
    assert [(row.template, row.keys, row.shapes, row.nbytes) for row in summary.families][:2] == [
        ("layers.{}.weight", 2, ((2, 3),), 48),
        ("emb", 1, ((10,),), 20),
    ]
    assert [each.name for each in summary.globals] == ["os.system", "my.Config", "torch.FloatStorage"]
    assert (summary.verdict, summary.dense) == ("file-verdict-dangerous", False)
    assert [offer.nesting for offer in summary.offers] == [("ema", 0)]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), "data"),
        (("known",), "known"),
        (("known", "unknown"), "unknown"),
        (("known", "dangerous", "unknown"), "dangerous"),
        (("something new",), "unknown"),
    ],
)
def test_the_worst_decides_and_has_words(verdicts, expected):
    """Each verdict is a sentence; what we have no word for counts as unknown."""
    tree = KeyTree("raw-pickle", {}, files=(FileInfo("x.pkl", 9),), globals=tuple(ForeignGlobal("x", verdict=each) for each in verdicts))
    assert verdict_of(tree) == f"file-verdict-{expected}"
    assert messages.text(verdict_of(tree))


def test_what_is_no_file_is_not_called_one():
    """Keys of a model or of a text: there is nothing that could be loaded."""
    lines = summary_lines(summarise(KeyTree("definition", {"w": TensorInfo((1,), "F32")})))
    assert lines[-1] == messages.text("file-verdict-made")


def test_lines(tree):
    """All that the values hold is told, in plain text."""
    text = "\n".join(summary_lines(summarise(tree)))
    for part in (
        "torch-zip: 6 tensors, 23 parameters, 76 bytes",
        "Read 500 of 1,000 bytes in one file.",
        "2x  2 × 3   F32   layers.{}.weight",
        "emb = head",
        "epoch: int 3",
        "ema.0: 6 tensors, moving averages of weights",
        "format: pt",
        "can run code  2x  os.system",
        "7 bytes stand behind the end",
    ):
        assert part in text, text


def test_a_plain_file_has_few_lines():
    """What there is none of is not mentioned."""
    lines = summary_lines(summarise(KeyTree("safetensors", {"w": TensorInfo((1,), "F32")}, files=(FileInfo("w.safetensors", 0),))))
    assert lines == [
        "safetensors: 1 tensor, 1 parameter, 4 bytes",
        "",
        "  1  F32  w",
        "",
        "Only data: this file names no classes or functions.",
    ]


def test_views_of_one_memory_are_told_apart_from_ties():
    """A fused block in three parts, one of them under two keys; what has a place of its own is not named."""
    places = {"q": 0, "k": 24, "v": 48}
    tensors = {key: TensorInfo((2, 3), "F32", where=Location(0, at, 72 - at, "0")) for key, at in places.items()}
    tensors["again"] = TensorInfo((2, 3), "F32", where=Location(0, 24, 48, "0"), alias="k")
    tensors["alone"] = TensorInfo((2, 3), "F32", where=Location(0, 100, 24, "1"))
    tensors["plain"] = TensorInfo((2, 3), "F32", where=Location(0, 200, 24))
    summary = summarise(KeyTree("torch-zip", tensors))
    assert (summary.aliases, summary.views) == ((("k", "again"),), (("q", "k", "v"),))
    assert "  q, k, v" in summary_lines(summary)


def test_hostile_names_stay_on_their_line():
    """Escapes, line breaks, turned writing and lone surrogates are replaced, everywhere."""
    bad = "a\x1b[2J\nb\u202ec\ud800"
    tree = KeyTree("x\n", {bad: TensorInfo((1,), bad)}, other={bad: bad}, metadata={bad: bad}, globals=(ForeignGlobal(bad),))
    lines = [*summary_lines(summarise(tree)), *difference_lines(difference(tree, KeyTree("y", {})))]
    assert all(line.isprintable() for line in lines)
    assert safe("gut: äöü — 中") == "gut: äöü — 中"


def test_differences_are_told_by_families():
    """A hundred layers that changed alike are one line."""
    before = KeyTree("a", {f"layers.{i}.w": TensorInfo((2, 3), "F32") for i in range(100)} | {"old": TensorInfo((), "F32")})
    after = KeyTree("b", {f"layers.{i}.w": TensorInfo((3, 2), "F32") for i in range(100)} | {"new": TensorInfo((), "F32")})
    assert difference_lines(difference(before, after)) == [
        "- old",
        "+ new",
        "~ layers.{}.w  (100)  2 × 3 -> 3 × 2",
        "1 removed, 1 added, 100 of another shape, 0 of another type, 0 tied otherwise, 0 alike.",
    ]
    assert difference_lines(difference(before, before)) == ["No difference: 101 keys alike."]


def test_ties_in_words():
    """Tied before, untied now."""
    info = TensorInfo((1,), "F32")
    before, after = KeyTree("a", {"x": info, "y": TensorInfo((1,), "F32", alias="x")}), KeyTree("a", {"y": info, "x": info})
    lines = difference_lines(difference(before, after))
    assert lines[:3] == ["~ x  y -> untied", "~ y  x -> untied", "The keys that both have stand in another order."]


def test_columns_and_folds():
    """Cells stand under each other, the last is left as it is."""
    assert columns([("a", "bb", "c"), ("aaa", "b", "cc")], right={0}) == ["  a  bb  c", "aaa  b   cc"]
    assert columns([]) == []
    assert folded_keys(["a.0", "a.1", "b"]) == ["a.{}  (2)", "b"]
