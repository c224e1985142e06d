"""What a reviewer is told of two versions."""

from app import mapping
from app.keys.tree import KeyTree, from_shapes
from app.viewing.changes import Version, changes


def tree(shapes: dict[str, tuple[int, ...]]) -> KeyTree:
    """A tree of floats."""
    return from_shapes({key: (shape, "F32") for key, shape in shapes.items()})


def version(text: str) -> Version:
    """A plan on two fixed trees."""
    plan = mapping.parse_plan("keygraft_plan 1\n" + text)
    sources = {"": tree({f"blocks.{at}.fc.weight": (4, 4) for at in range(3)} | {"head.weight": (10, 4), "other.weight": (10, 4)})}
    target = tree({f"layers.{at}.fc.weight": (4, 4) for at in range(3)} | {"out.weight": (10, 4)})
    return Version(plan, mapping.evaluate(plan, sources, target))


BLOCKS = '"layers.{i}.fc.weight" = "blocks.{i}.fc.weight"\n'


def test_the_same_plan_changed_nothing() -> None:
    """Equal versions give no changes."""
    assert changes(version(BLOCKS), version(BLOCKS)).same


def test_an_added_rule_counts_its_keys_and_moves_their_family() -> None:
    """A new rule is told with the keys it touches, and the family whose outcome it changed is told once."""
    found = changes(version(""), version(BLOCKS))
    (rule,) = found.rules
    assert (rule.kind, rule.before, rule.after.keys if rule.after else 0) == ("added", None, 3)
    family = next(each for each in found.outcomes if each.side == "target")
    assert (family.family, family.before, family.after, family.keys) == ("layers.{}.fc.weight", "missing", "loaded", 3)


def test_another_source_for_the_same_target_is_one_change() -> None:
    """A rule that went and one that came for the same keys are one line; the keys stay loaded, from elsewhere."""
    found = changes(version(BLOCKS + '"out.weight" = "head.weight"\n'), version(BLOCKS + '"out.weight" = "other.weight"\n'))
    assert [rule.kind for rule in found.rules] == ["changed"]
    assert [(each.before, each.after, each.origin) for each in found.outcomes if each.side == "target"] == [("loaded", "loaded", True)]
    assert {(each.family, each.before, each.after) for each in found.outcomes if each.side == "source"} == {
        ("head.weight", "used", "unexpected"),
        ("other.weight", "unexpected", "used"),
    }


def test_a_rule_that_went_is_told_with_what_it_did() -> None:
    """A removed rule keeps its words and count; its keys are missing now."""
    found = changes(version(BLOCKS), version(""))
    (rule,) = found.rules
    assert (rule.kind, rule.before.keys if rule.before else 0, rule.name) == ("removed", 3, BLOCKS.strip())


def test_a_note_or_a_switch_is_a_small_change() -> None:
    """A rule that says the same but carries something else is told as carried; switched off, its keys change too."""
    found = changes(version(BLOCKS), version("off " + BLOCKS))
    assert [rule.kind for rule in found.rules] == ["carried"]
    assert [(each.before, each.after) for each in found.outcomes if each.side == "target"] == [("loaded", "missing")]


def test_rules_that_only_changed_places_are_moved() -> None:
    """Two rules that changed places: one of them moved, nothing came or went."""
    one, two = '"out.weight" = "head.weight"\n', 'ignore "other.*"\n'
    assert {rule.kind for rule in changes(version(one + two), version(two + one)).rules} == {"moved"}
