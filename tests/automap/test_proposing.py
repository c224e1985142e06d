"""Whole conversions: the corpus, families it lacks, and what must stay open."""

import pytest

from app.automap import propose
from app.automap.acceptance import SURE
from app.automap.vocabulary import NO_WORDS, VOCABULARY
from app.keys.tree import from_shapes
from tests.automap import conversions
from tests.automap.families import FAMILIES
from tests.automap.scoring import scored, scorer, tree

KNOWABLE = [family for family in FAMILIES if family is not conversions.student_and_teacher]
ONLY_LISTED = {"deformable_detr", "perceiver_haiku"}
"""Which of several norms is which, only the order of registration says."""


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
    """Conversions of families that the corpus lacks are found whole, and nothing wrong is accepted, in any listing order."""
    result = scored(score, case_of(family), order)
    assert result["f1"] >= (0.99 if order == "listed" or family.__name__ not in ONLY_LISTED else 0.6)
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


@pytest.mark.parametrize("vocabulary", [VOCABULARY, NO_WORDS], ids=["words", "no words"])
def test_nothing_is_accepted_that_is_not_believed(vocabulary):
    """Whatever kinds of evidence there are: below a confidence a person looks."""
    for family in FAMILIES:
        case = case_of(family)
        found = propose({"": tree(case["source"])}, tree(case["target"]), vocabulary=vocabulary)
        assert min((each.confidence for each in found.values() if each.accepted), default=1.0) >= SURE


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
    proposals = propose({"": tree(case["source"])}, tree(case["target"]))
    assert {"second-copy", "rival"} & {reason.code for reason in proposals["blocks.0.mlp.fc1.weight"].reasons}


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


@pytest.mark.parametrize("order", ["listed", "sorted", "shuffled"])
def test_which_blocks_are_meant_is_not_guessed(order, score):
    """A file that counts its blocks from 1, and a model with fewer that counts from 0: by number or by place, nobody says. With all blocks it is said."""
    whole = case_of(conversions.phi_mixformer)
    assert scored(score, whole, order)["accepted_share"] > 0.5
    last = max(int(key.split(".")[2]) for key in whole["target"] if key.startswith("model.layers."))
    kept = {key: value for key, value in whole["target"].items() if not key.startswith(f"model.layers.{last}.")}
    cut = {"source": whole["source"], "target": kept, "truth": {key: value for key, value in whole["truth"].items() if key in kept}}
    assert scored(score, cut, order)["accepted_precision"] == 1.0


def test_a_pair_that_is_alone_in_its_block_is_not_taken_on_that_alone():
    """StyleGAN2's generator under two countings: `convs.0` is not the convolution of the first block, though it is the only one of its shape there."""
    widths = [512, 512, 256, 128, 64]
    source, target = {}, {}
    for i in range(8):
        for part, shape in (("weight", (512, 512)), ("bias", (512,))):
            source[f"style.{i + 1}.{part}"] = target[f"mapping.layers.{i}.{part}"] = shape
    for i, wide in enumerate(widths):
        for k in (0, 1) if i else (1,):
            into = widths[max(i - 1, 0)] if k == 0 else wide
            theirs, ours = f"convs.{2 * (i - 1) + k}." if i else "conv1.", f"synthesis.b{4 * 2**i}.conv{k}."
            source[f"{theirs}conv.weight"], target[f"{ours}weight"] = (1, wide, into, 3, 3), (wide, into, 3, 3)
            for part, size in (("weight", (into, 512)), ("bias", (into,))):
                source[f"{theirs}conv.modulation.{part}"] = target[f"{ours}affine.{part}"] = size
            source[f"{theirs}activate.bias"] = target[f"{ours}bias"] = (wide,)
            source[f"{theirs}noise.weight"], target[f"{ours}noise_strength"] = (1,), ()
    source["input.input"], target["synthesis.b4.const"] = (1, 512, 4, 4), (512, 4, 4)
    sides = [from_shapes({key: (shape, "F32") for key, shape in side.items()}) for side in (source, target)]
    found = propose({"": sides[0]}, sides[1])["synthesis.b4.conv1.weight"]
    assert found.claim.sources == ("conv1.conv.weight",) or not found.accepted
