"""Keys by the rule that decides them, without a look at each where a family has one rule."""

from app.keys import KeyTree, TensorInfo
from app.mapping import evaluate, parse_plan

PLAN = """keygraft_plan 1
"m.{i}.w" = "s.{i}.w"
init "m.2.*" with zeros
rename strip_prefix "old."
"""


def _tree(*keys):
    return KeyTree(format="text", tensors={key: TensorInfo(shape=(2,), dtype="F32") for key in keys})


def test_it_says_of_each_key_what_its_outcome_says():
    """Even families, families of which an init takes some, keys that equal names fill, and keys that nothing reaches."""
    source = _tree(*(f"s.{i}.w" for i in range(4)), "same", "old.moved")
    target = _tree(*(f"m.{i}.{name}" for i in range(4) for name in "wb"), "same", "moved", "bare")
    targets = evaluate(parse_plan(PLAN), {"": source}, target).targets
    wanted = [key for key in target.tensors if key != "m.0.w"]
    found = targets.by_rule(wanted)
    naive: dict[int | None, set[str]] = {}
    for key in wanted:
        naive.setdefault(targets[key].rule, set()).add(key)
    assert {rule: set(keys) for rule, keys in found.items()} == naive
    assert sum(map(len, found.values())) == len(wanted)
    assert {0, 1, 2, None} <= found.keys()
