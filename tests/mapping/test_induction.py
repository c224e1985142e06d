"""Rules from claims: few, and replaying exactly."""

import random
import statistics

import pytest
import torch

from app.mapping import Bind, Claim, Leaf, Plan, claim_of, evaluate, induce, statement
from app.mapping.block import leaves
from tests.mapping.trees import numbered, run, tree


def _replay(case, made):
    """Outcomes in the words of the corpus."""
    evaluation = evaluate(made, {"": case.source}, case.target)
    found = {}
    for key, outcome in evaluation.targets.items():
        if outcome.state == "loaded":
            claim = claim_of(outcome.recipe, {"": case.source})
            found[key] = (list(claim.sources), claim.op, claim.args)
    return found


def test_every_conversion_becomes_few_rules_that_replay_it(induced):
    """Sources, op and arguments of every key come out as they went in; nothing else is filled."""
    sizes = {}
    for case, made in induced:
        sizes[case.name] = len(made.rules)
        found = _replay(case, made)
        wanted = {
            key: (truth["source"], truth["op"], {name: value for name, value in truth["args"].items() if name != "function"})
            for key, truth in case.truth.items()
        }
        assert found == wanted, case.name
    assert sum(sizes.values()) <= 450, sizes
    assert statistics.median(sizes.values()) <= 10, sizes


def _truth_tensor(truth, tensors, target_shape):
    """What the words of the corpus say, written out by hand in torch."""
    parts = [tensors[key] for key in truth["source"]]
    op, args = truth["op"], truth["args"]
    match op:
        case "identity":
            return parts[0]
        case "slice":
            return parts[0].narrow(args["dim"], args["start"], args["length"])
        case "transpose":
            return parts[0].transpose(*args["dims"])
        case "reshape":
            return parts[0].reshape(target_shape)
        case "concat":
            return torch.cat(parts, args["dim"])
        case "stack":
            inner = args.get("inner")
            if inner:
                count = inner["count"]
                parts = [torch.cat(parts[at : at + count], inner["dim"]) for at in range(0, len(parts), count)]
            return torch.stack(parts, args["dim"])
        case "permute":
            view = parts[0].reshape(*args["view"], -1).permute(*args["dims"], 3)
            return view.reshape(parts[0].shape)
        case "sum":
            return parts[0].sum(args["dim"], keepdim=True)
    raise AssertionError(op)


def test_recipes_move_the_elements_that_the_truth_moves(induced):
    """Run on tensors whose elements carry unique ids, one key of each kind a case."""
    for case, made in induced:
        evaluation = evaluate(made, {"": case.source}, case.target)
        seen = set()
        for key, truth in case.truth.items():
            kind = (truth["op"], str(truth["args"]))
            recipe = evaluation.targets[key].recipe
            size = sum(case.source.tensors[leaf.key].numel for leaf in leaves(recipe))
            if kind in seen or truth["op"] == "interpolate" or size > 40_000_000:
                continue
            seen.add(kind)
            tensors = numbered({leaf.key: case.source.tensors[leaf.key].shape for leaf in leaves(recipe)})
            assert torch.equal(run(recipe, tensors), _truth_tensor(truth, tensors, case.target.tensors[key].shape)), (case.name, key)


@pytest.mark.parametrize("seed", range(12))
def test_any_claims_come_out_as_they_went_in(seed):
    """Claims without any system still replay: a rule of its own each, where nothing better is found."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    words = ["a", "b", "block", "0", "1", "2", "fc", "weight", "bias", "x{", "layer1", "10"]

    def key():
        return ".".join(rng.choice(words) for _ in range(rng.randint(1, 4)))

    source = tree({key(): (4, 4) for _ in range(40)})
    target = tree({key(): (4, 4) for _ in range(40)})
    claims = {}
    for wanted in target.tensors:
        if rng.random() < 0.8:
            claims[wanted] = Claim(
                (rng.choice(list(source.tensors)),), *(("transpose", {"dims": [0, 1]}) if rng.random() < 0.3 else ("identity", {}))
            )
    rules = induce(claims, {"": source}, target)
    evaluation = evaluate(Plan(rules), {"": source}, target)
    for wanted, outcome in evaluation.targets.items():
        claim = claims.get(wanted)
        if claim is None:
            assert outcome.state in {"missing", "initialised"}
        else:
            found = claim_of(outcome.recipe)
            assert (found.sources, found.op) == (claim.sources, claim.op)


def test_experts_gather_into_one_rule():
    """Stacks over experts name a gather, not a list."""
    source = tree({f"l.{i}.e.{e}.w{w}": (4, 6) for i in range(2) for e in range(3) for w in (1, 3)})
    target = tree({f"l.{i}.gate_up": (3, 8, 6) for i in range(2)})
    claims = {
        f"l.{i}.gate_up": Claim(
            tuple(f"l.{i}.e.{e}.w{w}" for e in range(3) for w in (1, 3)),
            "stack",
            {"dim": 0, "inner": {"op": "concat", "dim": 0, "count": 2}},
        )
        for i in range(2)
    }
    rules = induce(claims, {"": source}, target)
    assert [statement(rule) for rule in rules] == [
        '"l.{i}.gate_up" = concat(stack("l.{i}.e.{e}.w1", dim=0), stack("l.{i}.e.{e}.w3", dim=0), dim=1)'
    ]


def test_sources_keep_their_names():
    """Two sources with equal keys are told apart."""
    one, two = tree({"l.0.w": (2,), "l.1.w": (2,)}), tree({"l.0.w": (2,), "l.1.w": (2,)})
    target = tree({f"{side}.{i}.w": (2,) for side in ("a", "b") for i in range(2)})
    claims = {f"{side}.{i}.w": Claim((f"l.{i}.w",), names=(name,)) for side, name in (("a", "first"), ("b", "second")) for i in range(2)}
    rules = induce(claims, {"first": one, "second": two}, target)
    assert [rule for rule in rules if not isinstance(rule, Bind)] == []
    assert len(rules) == 2
    evaluation = evaluate(Plan(rules), {"first": one, "second": two}, target)
    assert evaluation.targets["b.1.w"].recipe.source == "second"


def test_a_wrapper_is_taken_off_by_a_rename():
    """`module.` is said once, not in every rule."""
    source = tree(
        {f"module.l.{i}.qkv.w": (6, 2) for i in range(2)} | {f"module.l.{i}.{name}.w": (2, 2) for i in range(2) for name in ("n", "o", "m")}
    )
    target = tree({f"l.{i}.{name}.w": (2, 2) for i in range(2) for name in ("q", "k", "v", "n", "o", "m")})
    claims = {f"l.{i}.{name}.w": Claim((f"module.l.{i}.{name}.w",)) for i in range(2) for name in ("n", "o", "m")}
    for at, name in enumerate("qkv"):
        claims |= {f"l.{i}.{name}.w": Claim((f"module.l.{i}.qkv.w",), "slice", {"dim": 0, "start": 2 * at, "length": 2}) for i in range(2)}
    rules = induce(claims, {"": source}, target)
    assert [statement(rule) for rule in rules][:2] == ['rename strip_prefix "module."', '"l.{i}.q.w" = chunk("l.{i}.qkv.w", 3, dim=0)[0]']
    assert evaluate(Plan(rules), {"": source}, target).clean


def test_a_pair_list_of_thousands_is_induced():
    """Permuted indices have no rule; they still come out, one bind each."""
    rng = random.Random(5)  # noqa: S311 - no secret
    order = list(range(1500))
    rng.shuffle(order)
    source, target = tree({f"a.{i}": (2,) for i in order}), tree({f"b.{i}": (2,) for i in order})
    claims = {f"b.{i}": Claim((f"a.{j}",)) for i, j in enumerate(order)}
    evaluation = evaluate(Plan(induce(claims, {"": source}, target)), {"": source}, target)
    assert all(outcome.recipe == Leaf(claims[key].sources[0]) for key, outcome in evaluation.targets.items())
