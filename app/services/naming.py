"""Names of what leaves the house."""

import re

_SUFFIXES = re.compile(
    r"(?:\.(?:safetensors|pth|pt|pt2|bin|ckpt|tar|zip|gguf|npz|npy|h5|hdf5|keras|onnx|pkl|index|json|txt|csv|py|ipynb))+\Z", re.IGNORECASE
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def stem_of(title: str) -> str:
    """A file name without suffix, of a transfer's title: `a.safetensors → net.py` is `a-to-net`."""
    parts = (_SUFFIXES.sub("", part.strip()) or part for part in title.split("→"))
    return _UNSAFE.sub("-", " to ".join(parts)).strip("-.")[:60] or "transfer"


def module_of(stem: str) -> str:
    """A name that Python can import: a loader is used as `from load_x import load_into`."""
    return "load_" + re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_").lower()


def quoted(name: str) -> str:
    """A word of a shell's line."""
    return name if not _UNSAFE.search(name) else "'" + name.replace("'", "'\\''") + "'"
