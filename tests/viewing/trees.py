"""Small trees and what is done with them, for the tests of this room."""

from app import mapping
from app.keys.tree import KeyTree, from_shapes
from app.mapping.claims import Claim, Proposal
from app.viewing.scene import Scene


def tree(*keys: str, shape: tuple[int, ...] = (4, 4), **shapes: tuple[int, ...]) -> KeyTree:
    """A tree of keys with one shape; `shapes` names others with __ for dots."""
    return from_shapes({key: (shapes.get(key.replace(".", "__"), shape), "F32") for key in keys})


def vit(blocks: int, prefix: str, parts: tuple[str, ...]) -> KeyTree:
    """A stem, equal blocks and a head."""
    keys = ["stem.weight", *(f"{prefix}.{i}.{part}" for i in range(blocks) for part in parts), "head.weight", "head.bias"]
    return tree(*keys)


def scene(source: KeyTree, target: KeyTree, plan: str = "", proposals: dict[str, Claim] | None = None) -> Scene:
    """Evaluate a plan, and look at it."""
    parsed = mapping.parse_plan(f"keygraft_plan 1\n{plan}")
    offered = {key: Proposal(key, claim, 0.9) for key, claim in (proposals or {}).items()}
    return Scene({"": source}, target, mapping.evaluate(parsed, {"": source}, target), offered)
