"""Whole conversions: the corpus, families it lacks, and what must stay open."""

import pytest

from app.automap import propose
from app.automap.vocabulary import NO_WORDS
from app.keys.tree import from_shapes
from tests.automap import conversions
from tests.automap.scoring import scored, scorer, tree

KNOWABLE = [family for family in conversions.FAMILIES if family is not conversions.student_and_teacher]


@pytest.fixture(scope="module")
def score(shared):
    """The corpus' scorer."""
    return scorer(shared)


def case_of(family):
    """A family as a corpus case."""
    made = family()
    return {"source": made.source, "target": made.target, "truth": made.truth}


@pytest.mark.parametrize("order", ["listed", "sorted", "shuffled"])
@pytest.mark.parametrize("family", KNOWABLE, ids=lambda family: family.__name__)
def test_families_beside_the_corpus(family, order, score):
    """Conversions that nothing was tuned on are found whole, and nothing wrong is accepted, in any listing order."""
    result = scored(score, case_of(family), order)
    assert result["f1"] >= 0.99
    assert result["accepted_precision"] == 1.0


@pytest.mark.parametrize("order", ["listed", "sorted", "shuffled"])
def test_corpus(shared, score, order):
    """The figures that are promised: right proposals, right recipes, and accepted ones that nobody has to look at."""
    rows = []
    for name, path in score.cases(str(shared / "corpus")):
        rows.append({"name": name, **scored(score, score.load_case(path), order), "seconds": 0.0})
    total = score.summary(rows)
    assert total["f1"] >= 0.99
    assert total["recipe_acc"] >= 0.97
    assert total["accepted_precision"] >= 0.998
    assert total["accepted_share"] >= 0.9


def test_without_vocabulary(shared, score):
    """With every table of words empty fewer proposals are accepted, but not wrong ones."""
    rows = []
    for name, path in score.cases(str(shared / "corpus"), "*-to-*"):
        rows.append({"name": name, **scored(score, score.load_case(path), vocabulary=NO_WORDS), "seconds": 0.0})
    assert score.summary(rows)["accepted_precision"] >= 0.99


@pytest.mark.parametrize("order", ["listed", "sorted"])
def test_a_free_rival_keeps_a_pair_open(order, score):
    """Two equal towers in one file: which of them a plain backbone wants is not known, so nothing is accepted."""
    case = case_of(conversions.student_and_teacher)
    assert scored(score, case, order)["accepted"] == 0


def test_opaque_names_are_not_believed():
    """Where no name says anything, pairs may be proposed but none is accepted."""
    shapes = {"a0.weight": ((8, 4), "F32"), "a1.weight": ((4, 8, 3), "F32"), "a2.weight": ((7,), "F32")}
    renamed = {key.replace("a", "zq"): value for key, value in shapes.items()}
    proposals = propose({"": from_shapes(shapes)}, from_shapes(renamed))
    assert not any(proposal.accepted for proposal in proposals.values())


def test_one_proposal_for_each_target_key_in_order():
    """Every target key gets a proposal, known or not, in the order of the target."""
    target = from_shapes({"new": ((3,), "F32"), "fc.weight": ((2, 2), "F32"), "lost": (None, "F32")})
    proposals = propose({"": from_shapes({"fc.weight": ((2, 2), "F32")})}, target)
    assert list(proposals) == ["new", "fc.weight", "lost"]
    assert proposals["new"].claim is None


def test_named_sources_are_told_apart():
    """A claim names its source where sources have names."""
    vision = from_shapes({"encoder.conv.weight": ((8, 3, 3, 3), "F32"), "encoder.norm.weight": ((8,), "F32")})
    text = from_shapes({"encoder.embed.weight": ((100, 16), "F32")})
    target = from_shapes(
        {
            "vision.encoder.conv.weight": ((8, 3, 3, 3), "F32"),
            "vision.encoder.norm.weight": ((8,), "F32"),
            "text.encoder.embed.weight": ((100, 16), "F32"),
        }
    )
    proposals = propose({"vision": vision, "text": text}, target)
    claims = {key: proposal.claim for key, proposal in proposals.items()}
    assert claims["vision.encoder.conv.weight"].names == ("vision",)
    assert claims["text.encoder.embed.weight"].names == ("text",)


def test_the_same_input_gives_the_same_proposals(score):
    """Proposing is a function: the same trees give equal proposals."""
    case = case_of(conversions.gemma_pytorch)
    source, target = tree(case["source"]), tree(case["target"])
    assert propose({"": source}, target) == propose({"": source}, target)
