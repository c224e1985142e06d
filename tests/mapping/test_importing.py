"""Imports of other people's mappings."""

import json

import pytest

from app import messages
from app.mapping import Plan, PlanError, evaluate, statement
from app.mapping.importing import import_pairs, import_substitutions, import_transformers, kind_of, recognise
from tests.mapping.trees import tree

MIXTRAL = """
[
    WeightRenaming(".block_sparse_moe.gate", ".mlp.gate"),
    WeightConverter(
        source_patterns=["block_sparse_moe.experts.*.w1.weight", "block_sparse_moe.experts.*.w3.weight"],
        target_patterns="mlp.experts.gate_up_proj",
        operations=[MergeModulelist(dim=0), Concatenate(dim=1)],
    ),
    WeightConverter(
        source_patterns=["block_sparse_moe.experts.*.w2.weight"],
        target_patterns="mlp.experts.down_proj",
        operations=[MergeModulelist(dim=0)],
    ),
    WeightConverter("self_attn.qkv", ["self_attn.q", "self_attn.k", "self_attn.v"], operations=[Chunk(dim=0)]),
    WeightConverter("x", "y", operations=[PermuteForRope()]),
]
"""


def test_transformers_lists_become_rules():
    """Renamings, stacked experts, chunks; what needs a configuration is named."""
    source = tree(
        {
            f"m.{i}.block_sparse_moe.experts.{e}.w{w}.weight": (6, 4) if w != 2 else (4, 6)
            for i in range(2)
            for e in range(12)
            for w in (1, 2, 3)
        }
        | {f"m.{i}.block_sparse_moe.gate.weight": (12, 4) for i in range(2)}
        | {f"m.{i}.self_attn.qkv.{p}": (12, 4) for i in range(2) for p in ("weight",)}
    )
    target = tree(
        {f"m.{i}.mlp.experts.gate_up_proj": (12, 12, 4) for i in range(2)}
        | {f"m.{i}.mlp.experts.down_proj": (12, 4, 6) for i in range(2)}
        | {f"m.{i}.mlp.gate.weight": (12, 4) for i in range(2)}
        | {f"m.{i}.self_attn.{p}.weight": (4, 4) for i in range(2) for p in "qkv"}
    )
    found = import_transformers(MIXTRAL, {"": source}, target)
    assert evaluate(Plan(found.rules), {"": source}, target).clean
    assert len(found.rules) == 6
    assert [skipped.reason.code for skipped in found.skipped] == ["import_operation"]
    assert messages.text("reason-import-operation", **found.skipped[0].reason.params)


def test_transformers_renamings_alone_need_no_trees():
    """They are renames, in order."""
    found = import_transformers('[WeightRenaming(r"(.+)", r"timm_model.\\1"), WeightRenaming("gamma", "weight")]', {}, tree({}))
    assert [statement(rule) for rule in found.rules] == ['rename regex "(.+)" -> "timm_model.\\1"', 'rename regex "gamma" -> "weight"']


@pytest.mark.parametrize(
    "text",
    [
        'k = re.sub(r"^a\\.(\\d+)", r"b.\\1", k)\nk = k.replace("x", "y")\nk = k.removeprefix("m.")',
        'k = re.sub(r"^a\\.(\\d+)", r"b.\\1", k).replace("x", "y").removeprefix("m.")',
    ],
)
def test_scripts_of_substitutions(text):
    """Calls one under the other, or chained."""
    assert [statement(rule) for rule in import_substitutions(text).rules] == [
        'rename regex "^a\\.(\\d+)" -> "b.\\1"',
        'rename replace "x" -> "y"',
        'rename strip_prefix "m."',
    ]


def test_lists_of_substitutions():
    """Pairs in a list, or a dictionary; what the engines read differently is left out and said."""
    pairs = import_substitutions('[(r"^a", "b"), (r"(?=x)", "y")]')
    assert [statement(rule) for rule in pairs.rules] == ['rename regex "^a" -> "b"']
    assert [skipped.reason.code for skipped in pairs.skipped] == ["regex_not_shared"]
    assert [statement(rule) for rule in import_substitutions('{"^a": "b"}').rules] == ['rename regex "^a" -> "b"']


@pytest.mark.parametrize(
    "document",
    [
        [["a.0", "b.0"], ["a.1", "b.1"]],
        [{"source": "a.0", "target": "b.0"}, {"source": "a.1", "target": "b.1"}],
        {"a.0": "b.0", "a.1": "b.1"},
        {"b.0": "a.0", "b.1": "a.1"},
    ],
)
def test_pair_lists(document):
    """Three forms, either way round, folded where the trees are known."""
    text = json.dumps(document)
    found = import_pairs(text, {"": tree({"a.0": (2,), "a.1": (2,)})}, tree({"b.0": (2,), "b.1": (2,)}))
    assert [statement(rule) for rule in found.rules] == ['"b.{i}" = "a.{i}"']
    assert len(import_pairs(text).rules) == 2


def test_pairs_that_do_not_fit_are_said():
    """Keys that are not there, targets that stand twice."""
    found = import_pairs('[["a", "b"], ["a", "b"], ["nowhere", "b"]]', {"": tree({"a": (2,)})}, tree({"b": (2,)}))
    assert [skipped.reason.code for skipped in found.skipped] == ["import_twice", "import_absent"]


@pytest.mark.parametrize(
    ("read", "text", "code"),
    [
        (import_pairs, "{", "import_unreadable"),
        (import_pairs, "3", "import_pairs"),
        (import_pairs, '[["a"]]', "import_pairs"),
        (import_substitutions, "re.sub(", "import_unreadable"),
        (import_substitutions, "print(1)", "import_nothing"),
        (lambda text: import_transformers(text, {}, tree({})), "x = 1", "import_nothing"),
    ],
)
def test_what_cannot_be_imported(read, text, code):
    """Each refusal has its name; nothing is run."""
    with pytest.raises(PlanError) as raised:
        read(text)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('keygraft_plan 1\n"b" = "a"\n', "plan"),
        ('"b" = "a"', "plan"),
        ('{"keygraft_plan": 1, "rules": []}', "plan"),
        ('[["a", "b"]]', "pairs"),
        ('{"a.weight": "b.weight"}', "pairs"),
        ('[{"source": "a", "target": "b"}]', "pairs"),
        ('[["^a", "b"]]', "substitutions"),
        ('[(r"^a", "b"),]', "substitutions"),
        ("{'^a': 'b'}", "substitutions"),
        ('key = re.sub(r"^a", "b", key)', "substitutions"),
        ('[WeightRenaming("a", "b")]', "transformers"),
        (MIXTRAL, "transformers"),
    ],
)
def test_a_text_is_recognised_by_its_content(text, kind):
    """Plan, pairs, substitutions, conversion list."""
    assert kind_of(text) == kind


def test_what_is_recognised_is_read():
    """Each kind gives rules that fill the key; a plan comes whole; what cannot be read names its place."""
    trees = {"": tree({"a": (2,)})}, tree({"b": (2,)})
    for text in ('keygraft_plan 1\n"b" = "a"\n', '[["a", "b"]]', "re.sub('^a', 'b', key)", '[WeightRenaming("a", "b")]'):
        found = recognise(text, *trees)
        assert (found.plan is not None) == (found.kind == "plan")
        assert evaluate(found.plan or Plan(found.imported.rules), *trees).clean
    with pytest.raises(PlanError) as told:
        recognise('keygraft_plan 1\n"b" = = "a"\n', *trees)
    assert told.value.params["line"] == 2
