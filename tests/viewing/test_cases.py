"""Cases and options: one decision for a family, ranked ways, and nothing but what was shown is done."""

from app import mapping
from app.mapping.claims import Claim, Proposal
from app.viewing.cases import Rows, claims_alike
from app.viewing.options import MOST, options
from app.viewing.scene import Scene

from .trees import scene, tree, vit

BLOCKS = range(3)
SOURCE = tree(
    *(f"blocks.{i}.fc.{part}" for i in BLOCKS for part in ("weight", "bias")),
    *(f"blocks.{i}.other.{part}" for i in BLOCKS for part in ("weight", "bias")),
    "free.scale",
)
TARGET = tree(*(f"layers.{i}.lin.{part}" for i in BLOCKS for part in ("weight", "bias")), "new.scale", "alone")


def _proposed(accepted: bool = False) -> Scene:
    """Both modules of the source could fill the target's."""
    offered = {
        f"layers.{i}.lin.{part}": Proposal(
            f"layers.{i}.lin.{part}",
            Claim((f"blocks.{i}.fc.{part}",)),
            0.8,
            accepted,
            alternatives=((Claim((f"blocks.{i}.other.{part}",)), 0.1),),
        )
        for i in BLOCKS
        for part in ("weight", "bias")
    }
    evaluation = mapping.evaluate(mapping.parse_plan("keygraft_plan 1\n"), {"": SOURCE}, TARGET)
    return Scene({"": SOURCE}, TARGET, evaluation, offered)


def test_a_module_of_all_blocks_is_one_case() -> None:
    """Weight and bias of three blocks come from one module: one decision."""
    found = _proposed().cases
    assert [len(case.keys) for case in found] == [6, 1, 1]
    assert {case.state for case in found} == {"proposed", "missing"}


def test_what_needs_thought_comes_first() -> None:
    """Certain cases stand last."""
    assert [case.certain for case in _proposed(accepted=True).cases] == [False, False, True]


def test_options_are_ranked() -> None:
    """The mapper's claims with their confidence, then a fresh start."""
    seen = _proposed()
    found = options(seen, seen.cases[0])
    assert [(option.kind, option.sources, option.hits) for option in found] == [
        ("claim", ("blocks.{0–2}.fc",), 6),
        ("claim", ("blocks.{0–2}.other",), 6),
        ("fresh", (), 6),
    ]
    assert len({option.token for option in found}) == len(found)


def test_an_alternative_means_the_same_for_every_key() -> None:
    """Claims are matched by what they do, not by their place in a key's own list."""
    seen = _proposed()
    taken = claims_alike(Rows(seen.sources, seen.target), seen.cases[0], 1, seen.proposals)
    assert {key: claim.sources[0] for key, claim in taken.items()} == {
        f"layers.{i}.lin.{part}": f"blocks.{i}.other.{part}" for i in BLOCKS for part in ("weight", "bias")
    }


def test_free_rows_of_the_source_are_offered() -> None:
    """What nothing takes and has the shape and nearly the name is a way to fill what the mapper knows nothing of."""
    seen = _proposed()
    case = next(case for case in seen.cases if case.keys == ("new.scale",))
    first = options(seen, case)[0]
    assert (first.kind, first.sources) == ("rules", ("free.scale",))
    assert first.statements == ('"new.scale" = "free.scale"',)


def test_ways_that_make_a_shape_fit() -> None:
    """At most seven, each hits; an op that keeps everything stands before a fresh start."""
    seen = scene(tree("kernel", shape=(4, 40)), tree("kernel", shape=(40, 4)))
    (case,) = seen.cases
    found = options(seen, case)
    assert case.state == "mismatched"
    assert 1 < len(found) <= MOST
    assert all(option.hits == 1 for option in found)
    assert found[0].words == "transpose"


def test_a_part_is_never_the_first_guess() -> None:
    """A head of fewer classes: which part of the old one it should be cannot be known, so a fresh start comes first, and one cut of each kind after it."""
    seen = scene(tree("head", shape=(40, 4)), tree("head", shape=(10, 4)))
    kinds = [(option.kind, option.words) for option in options(seen, seen.cases[0])]
    assert kinds[0] == ("fresh", "")
    assert len(kinds) == len(set(kinds)) > 1


def test_ids_hold_while_the_case_does() -> None:
    """The same question has the same name, another answer of the mapper another one."""
    assert [case.id for case in _proposed().cases] == [case.id for case in _proposed().cases]
    assert not {case.id for case in _proposed().cases if case.state == "proposed"} & {case.id for case in scene(SOURCE, TARGET).cases}


def test_families_that_wait_as_one_are_the_cases_that_their_keys_are() -> None:
    """Proposals in families, as the page has them, give the cases that the same proposals give one by one."""
    source = vit(6, "h", ("attn.w", "attn.b", "norm.w"))
    target = vit(6, "layers", ("self.w", "self.b", "ln.w"))
    names = {"self.w": "attn.w", "self.b": "attn.b", "ln.w": "norm.w"}
    claims = {f"layers.{i}.{here}": Claim((f"h.{i}.{there}",)) for i in range(6) for here, there in names.items()}
    for left_out in ((), ("layers.2.self.w",), ("layers.0.ln.w", "layers.5.self.b")):
        offered = {key: Proposal(key, claim, 0.9) for key, claim in claims.items() if key not in left_out}
        evaluation = mapping.evaluate(mapping.parse_plan("keygraft_plan 1\n"), {"": source}, target)
        one_by_one = Scene({"": source}, target, evaluation, offered).cases
        in_families = Scene({"": source}, target, evaluation, mapping.offers(evaluation.targets.folded, offered)).cases
        assert in_families == one_by_one
        assert {key for case in in_families for key in case.keys} >= set(claims)
