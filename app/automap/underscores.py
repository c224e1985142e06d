"""Paths that are written with underscores before a first dot, as trainers of LoRA write them: `lora_unet_down_blocks_0_attn1_to_q.lora_up.weight`."""

import re
from itertools import islice

from app.keys import KeyTree

MANY = 4
"""A first segment of so many underscores, with a number between them, is a path."""
SAMPLE = 400
"""So many keys, spread over a file, are looked at."""
FEW = 8
"""So many such keys, and more than half of all, make it a file's way of writing."""
_FLAT = re.compile(r"[^.]*_[0-9]{1,4}_[^.]*\.[^.]", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)


def written_flat(tree: KeyTree) -> bool:
    """Whether most keys of a file, as a sample says, are paths with underscores up to their first dot."""
    keys = list(islice(tree.tensors, 0, None, 1 + len(tree.tensors) // SAMPLE))
    found = sum(1 for key in keys if _FLAT.match(key) and key.partition(".")[0].count("_") >= MANY)
    return found >= FEW and 2 * found > len(keys)


def levels(key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the levels of a key, and each as it is spelt with what stands behind it: joined, these are the key.

    A number is a level; words are one up to the next number, or to a word that ends with a digit (`attn1`).
    """
    first, *rest = key.split(".")
    found: list[list[str]] = [[]]
    for word in first.split("_"):
        if _NUMBER.fullmatch(word):
            found += [[word], []]
        else:
            found[-1].append(word)
            if word[-1:].isdigit():
                found.append([])
    flat = ["_".join(words) for words in found if words]
    spelt = [label + "_" for label in flat[:-1]] + [flat[-1] + "."]
    return (*flat, *rest), (*spelt, *(name + "." for name in rest[:-1]), *rest[-1:])
