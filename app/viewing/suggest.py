"""Rows of the source that a person may mean while they type what fills a row of the target."""

from collections.abc import Iterable
from heapq import nsmallest

import msgspec

from app.keys import TensorInfo
from app.viewing.cases import ranked
from app.viewing.labels import path_text
from app.viewing.likeness import alike
from app.viewing.scene import Scene
from app.viewing.sizes import shape_text

MOST = 12
_WEIGHED = 600
"""Rows whose names are compared; the others keep their order."""


class Suggested(msgspec.Struct, frozen=True):
    """One row: number, path, shape, whether the shape fits as it is, and whether the mapper thinks of it."""

    node: int
    path: str
    shape: str
    fits: bool
    thought: bool


def suggest(scene: Scene, number: int, query: str = "") -> tuple[Suggested, ...]:
    """The rows whose path holds what was typed: those that the mapper thinks of first, then those that fit, then by likeness of names."""
    outline, wanted = scene.source_outline, scene.target_outline.node(number)
    keys = scene.target_outline.keys(number)
    thought = _thought(scene, keys)
    words = query.casefold().split()
    leaves, first = outline.firsts
    texts = ((leaf, outline.order[at]) for leaf, at in zip(leaves.tolist(), first.tolist(), strict=True))
    near = [(leaf, key) for leaf, key in texts if not words or _has_all(key.casefold(), words)]
    shape = wanted.info.shape if wanted.info else None
    rated = [(leaf not in thought, not _fits(scene.source.tensors[key], shape), leaf) for leaf, key in near]
    rated.sort(key=lambda each: each[:2])
    name = path_text(wanted, scene.target_outline)
    chosen = [(unthought, other, outline.nodes[leaf]) for unthought, other, leaf in rated[:_WEIGHED]]
    best = nsmallest(MOST, chosen, key=lambda each: (*each[:2], -alike(path_text(each[2], outline), name)))
    return tuple(
        Suggested(node.id, path_text(node, outline), shape_text(node.info.shape) if node.info else "", not other, not unthought)
        for unthought, other, node in best
    )


def _thought(scene: Scene, keys: Iterable[str]) -> set[int]:
    """Source rows of the ranked claims of the first key."""
    claims = ranked(scene.proposals.get(next(iter(keys), "")))
    leaf_of = scene.source_outline.leaf_of
    return {leaf_of[source] for claim, _ in claims for source in claim.sources if source in leaf_of}


def _has_all(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _fits(info: TensorInfo, shape: tuple[int, ...] | None) -> bool:
    return shape is not None and info.shape == shape
