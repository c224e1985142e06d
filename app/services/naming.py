"""Names of what leaves the house."""

import re
from collections.abc import Mapping

from app.exporting.options import EXAMPLE
from app.services.cards import SideCard

_SUFFIXES = re.compile(
    r"(?:\.(?:safetensors|pth|pt|pt2|bin|ckpt|tar|zip|gguf|npz|npy|h5|hdf5|keras|onnx|pkl|index|json|txt|csv|py|ipynb))+\Z", re.IGNORECASE
)
_FILES = frozenset({"path", "upload", "lent", "remote"})
LISTS = frozenset({"text", "json", "definition"})
"""Formats of what has keys and no weights."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def stem_of(title: str) -> str:
    """A file name without suffix, of a transfer's title: `a.safetensors → net.py` is `a-to-net`."""
    parts = (_SUFFIXES.sub("", part.strip()) or part for part in title.split("→"))
    return _UNSAFE.sub("-", " to ".join(parts)).strip("-.")[:60] or "transfer"


def module_of(stem: str) -> str:
    """A name that Python can import: a loader is used as `from load_x import load_into`."""
    return "load_" + re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_").lower()


def checkpoint_of(cards: Mapping[str, SideCard]) -> str:
    """What the one file that weights come from is called; EXAMPLE where they come from several, or from no file that anybody has."""
    card = next(iter(cards.values()))
    known = len(cards) == 1 and card.kind in _FILES and card.format not in LISTS and not card.label.endswith(f" +{len(card.files) - 1}")
    return card.label if known else EXAMPLE
