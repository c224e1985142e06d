"""Bonds, links and the aligned view."""

from app.mapping.claims import Claim
from app.viewing.layout import View
from app.viewing.lines import spine
from app.viewing.links import links

from .trees import scene, tree, vit

BLOCKS = '"layers.{i}.{rest*}" = "blocks.{i}.{rest*}"'


FIRST = View()


def _links(made, source=FIRST, target=FIRST, windows=((0, 100), (0, 100))):
    layouts = made.layout("s", source), made.layout("t", target)
    return links(made.source_outline, made.target_outline, made.bonds, made.target_marks, layouts, windows)


def test_a_family_is_one_link():
    """Four blocks with two tensors each: a link for each family, that counts its keys."""
    made = scene(vit(4, "blocks", ("q.w", "k.w")), vit(4, "layers", ("q.w", "k.w")), BLOCKS)
    assert [(link.count, link.tone) for link in _links(made)] == [(1, "graft"), (4, "graft"), (4, "graft"), (2, "graft")]


def test_closed_rows_gather_their_links():
    """With everything closed, one link between the runs stands for all below."""
    made = scene(vit(4, "blocks", ("q.w", "k.w")), vit(4, "layers", ("q.w", "k.w")), BLOCKS)
    closed = View("none")
    assert [(link.source, link.target, link.count) for link in _links(made, closed, closed)] == [(0, 0, 1), (1, 1, 8), (2, 2, 2)]


def test_links_need_an_end_in_a_window():
    """What lies wholly outside is not sent."""
    made = scene(tree(*(f"k{i}" for i in range(50))), tree(*(f"k{i}" for i in range(50))))
    assert [link.source for link in _links(made, windows=((10, 3), (12, 3)))] == [10, 11, 12, 13, 14]


def test_a_mismatch_says_what_differs():
    """The chip names the sides that differ."""
    (link,) = _links(scene(tree("fc", fc=(10, 64)), tree("fc", fc=(20, 64))))
    assert (link.tone, link.chip) == ("bad", "10 → 20")


def test_a_proposal_is_dashed_and_says_how_sure_it_is():
    """Nobody took it yet."""
    (link,) = _links(scene(tree("a"), tree("b"), proposals={"b": Claim(("a",), "transpose", {"dims": [0, 1]})}))
    assert (link.tone, link.proposed, link.confidence, link.chip) == ("ask", True, 0.9, "transpose")


def test_partners_stand_on_the_same_line():
    """In the target's order; what nothing takes waits at the end."""
    source = tree("left", "blocks.0.b", "blocks.0.a", "blocks.1.b", "blocks.1.a")
    made = scene(source, tree("layers.0.a", "layers.0.b", "layers.1.a", "layers.1.b"), BLOCKS)
    lines = spine(made, made.aligned(View("all")), made.layout("t", View("all")))
    shown = [("".join(part.text for part in line.source.parts) if line.source else "", bool(line.target)) for line in lines]
    assert shown == [("blocks.{0–1}", True), ("a", True), ("b", True), ("left", False)]


def test_one_source_for_several_rows_branches():
    """A fused tensor is shown once, its further parts branch off it."""
    plan = "\n".join(f'"{name}" = chunk("qkv", 3, dim=0)[{part}]' for part, name in enumerate("qkv"))
    made = scene(tree("qkv", qkv=(12, 4)), tree("q", "k", "v"), plan)
    assert [(line.source, line.again) for line in made.aligned(View())] == [(1, False), (1, True), (1, True)]


def test_the_partner_of_a_row_is_found():
    """A row selected here is brought into view there."""
    made = scene(vit(4, "blocks", ("q.w",)), vit(4, "layers", ("q.w",)), BLOCKS)
    closed = made.layout("s", View("none")), made.layout("t", View("none"))
    assert made.partner_line("s", made.source_outline.leaf_of["blocks.0.q.w"], closed) == 1
