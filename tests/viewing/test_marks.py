"""States of keys, added up."""

from app import mapping
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason
from app.viewing.scene import Scene

from .trees import scene, tree


def test_states_of_both_sides():
    """Loaded, shape, missing, proposed, fresh; used, left behind, not used."""
    source = tree("same", "other", "gone", "left")
    target = tree("same", "wrong", "lacking", "offered", "new", wrong=(2,))
    made = scene(source, target, '"wrong" = "gone"\ninit "new" with model\nignore "left"', {"offered": Claim(("other",))})
    assert made.target_states == {
        "same": "loaded",
        "wrong": "mismatched",
        "lacking": "missing",
        "offered": "proposed",
        "new": "initialised",
    }
    assert made.source_states["other"] == "proposed"
    assert made.source_states["left"] == "ignored"


def test_a_module_shows_the_most_urgent_state_below():
    """One mismatch among many loaded keys is what the row shows."""
    source, target = tree("m.a", "m.b", "m.c"), tree("m.a", "m.b", "m.c", m__c=(9,))
    made = scene(source, target)
    assert made.target_marks.worst(1) == "mismatched"
    assert made.target_marks.totals(1) == {"loaded": 2, "mismatched": 1}


def test_the_meter_counts_keys_and_weighs_parameters():
    """The figure is of parameters, the legend counts keys, and it says whether a strict load passes."""
    made = scene(tree("a", "b"), tree("a", "c", c=(4, 12))).meter
    assert (made.percent, made.loaded, made.total, made.needs, made.passes) == ("25.0", 1, 2, 1, False)
    assert [(part.name, part.keys) for part in made.parts] == [("loaded", 1), ("needs", 1), ("shape", 0), ("fresh", 0)]
    assert made.unused == 1


def test_a_finished_transfer_passes():
    """Nothing waits: strict=True will pass."""
    made = scene(tree("a"), tree("a", "b"), 'init "b" with model').meter
    assert made.passes
    assert made.fresh == 1
    assert made.needs == 0


def test_the_meter_says_what_follows_from_decisions():
    """Of what is certain, it counts what a person's decisions made so."""
    source, target = tree("a", "b", "c"), tree("x", "y", "z")
    reasons = {"x": ("follows-decision", True), "y": ("same-role", True), "z": ("follows-decision", False)}
    offered = {
        key: Proposal(key, Claim((taken,)), 0.9, accepted=accepted, reasons=(Reason(code),))
        for (key, (code, accepted)), taken in zip(reasons.items(), "abc", strict=True)
    }
    made = Scene({"": source}, target, mapping.evaluate(mapping.parse_plan("keygraft_plan 1\n"), {"": source}, target), offered).meter
    assert (made.certain, made.following) == (2, 1)


def test_the_most_urgent_of_nothing():
    """A node without keys is calm."""
    assert scene(tree(), tree()).target_marks.worst(0) == "loaded"
