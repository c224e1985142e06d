"""Memory: approved transfers are found by architecture and replayed."""

from app.automap import Approved, fingerprint, propose, recall
from app.keys.tree import from_shapes
from app.mapping.claims import Claim

SOURCE = {"a.weight": ((4, 4), "F32"), "b.weight": ((4,), "F32")}
TARGET = {"x.weight": ((4, 4), "F32"), "y.weight": ((4,), "F32")}


def approved(source, target):
    """A transfer that turned a square."""
    claims = {"x.weight": Claim(("a.weight",), "transpose", {"dims": [0, 1]}), "y.weight": Claim(("b.weight",))}
    return Approved({"": fingerprint(source)}, fingerprint(target), claims, "a to x")


def test_neither_order_nor_dtype_enters_a_fingerprint():
    """The same keys and shapes have the same fingerprint, another shape another."""
    halved = {key: (shape, "F16") for key, (shape, _) in reversed(SOURCE.items())}
    assert fingerprint(from_shapes(SOURCE)) == fingerprint(from_shapes(halved))
    assert fingerprint(from_shapes(SOURCE)) != fingerprint(from_shapes({**SOURCE, "b.weight": ((5,), "F32")}))


def test_what_was_approved_is_replayed():
    """The same two architectures again: all claims return, accepted, recipes included."""
    source, target = from_shapes(SOURCE), from_shapes(TARGET)
    proposals = propose({"": source}, target, library=[approved(source, target)])
    assert proposals["x.weight"].claim.op == "transpose"
    assert all(proposal.accepted for proposal in proposals.values())


def test_a_changed_model_recalls_what_still_stands():
    """With another head the transfer is still found, with the share that it settles, and is not replayed as a whole."""
    source, target = from_shapes(SOURCE), from_shapes(TARGET)
    changed = from_shapes({**TARGET, "head.weight": ((9, 4), "F32")})
    found = recall([approved(source, target)], {"": source}, changed)
    assert [(item.exact, round(item.share, 2)) for item in found] == [(False, 0.33)]
    assert not propose({"": source}, changed, library=[approved(source, target)])["head.weight"].accepted
