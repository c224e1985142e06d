"""What `load_state_dict` says when a checkpoint does not fit: with the checkpoint at hand, the target follows from it.

Source of the wording: torch/nn/modules/module.py, `load_state_dict`; for the second form transformers' loading report.
"""

import re
from collections import Counter

import msgspec

from app.definitions.entries import UNKNOWN_DTYPE
from app.definitions.errors import TextError
from app.definitions.notation import shape_of
from app.keys import KeyTree, TensorInfo, Warned, spell_token

_SECTION = re.compile(r"(Missing|Unexpected) key\(s\) in state_dict:")
_MISMATCH = re.compile(
    r"size mismatch for\s+(?P<key>\S{1,4096}?):\s+copying a param(?:eter)? (?:with shape|of)\s+(?P<old>torch\.Size\(\[[^\]]*\]\))\s+from checkpoint,\s*"
    r"(?:the shape in current model is|where the shape is)\s+(?P<new>torch\.Size\(\[[^\]]*\]\))"
    r"(?:\s+in current model)?"
)
_HUB_MISMATCH = re.compile(
    r"-\s*(?P<key>\S{1,4096}?):\s+found shape\s+(?P<old>torch\.Size\(\[[^\]]*\]\))\s+in the checkpoint and\s+(?P<new>torch\.Size\(\[[^\]]*\]\))\s+in the model"
)
_QUOTED = re.compile(r'"([^"]*)"')
_LISTED = re.compile(r"'([^']*)'")
_HUB_UNEXPECTED = re.compile(r"were not used when initializing [^:\[]{0,1000}:?\s{0,9}(\[[^\]]{0,1000000}\])")
_HUB_MISSING = re.compile(r"(?:were not initialized from|newly initialized)[^\[]{0,1000}(\[[^\]]{0,1000000}\])")
_WRAP = re.compile(r"\s*\n\s*")


class LoadError(msgspec.Struct, frozen=True):
    """Keys that the model has and the checkpoint lacks, keys that it does not know, and shapes it has otherwise: key -> (old, new)."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: dict[str, tuple[tuple[int, ...] | None, tuple[int, ...] | None]]


def parse_load_error(text: str) -> LoadError | None:
    """Read the message; None where the text is no such message."""
    found: dict[str, list[str]] = {"Missing": [], "Unexpected": []}
    marks = [*_SECTION.finditer(text)]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        mismatch = text.find("size mismatch for", mark.end(), end)
        section = text[mark.end() : end if mismatch < 0 else mismatch]
        found[mark[1]] += [_WRAP.sub("", key) for key in _QUOTED.findall(section)]
    for pattern, name in ((_HUB_UNEXPECTED, "Unexpected"), (_HUB_MISSING, "Missing")):
        for match in pattern.finditer(text):
            found[name] += _LISTED.findall(match[1])
    mismatched = {
        match["key"]: (shape_of(match["old"]), shape_of(match["new"]))
        for pattern in (_MISMATCH, _HUB_MISMATCH)
        for match in pattern.finditer(text)
    }
    if not (found["Missing"] or found["Unexpected"] or mismatched):
        return None
    return LoadError(tuple(dict.fromkeys(found["Missing"])), tuple(dict.fromkeys(found["Unexpected"])), mismatched)


def target_of(error: LoadError, source: KeyTree | None) -> KeyTree:
    """Rebuild the model's tree: (source - unexpected) + missing, mismatched keys in their new shape.

    Missing keys have no shape: the message does not tell it. Raises TextError where the source is not at hand, or is another one.
    """
    if source is None:
        raise TextError("load_error_needs_source", missing=len(error.missing), unexpected=len(error.unexpected))
    named = [spell_token(key) for key in (*error.unexpected, *error.mismatched)]
    strange = [key for key in named if key not in source.tensors]
    if strange:
        raise TextError("load_error_other_source", key=strange[0][:200], count=len(strange))
    unexpected = {spell_token(key) for key in error.unexpected}
    shapes = {spell_token(key): new for key, (_, new) in error.mismatched.items()}
    usual = Counter(info.dtype for info in source.tensors.values()).most_common(1)
    dtype = usual[0][0] if usual else UNKNOWN_DTYPE
    tensors = {
        key: TensorInfo(shapes.get(key, info.shape), info.dtype, kind=info.kind)
        for key, info in source.tensors.items()
        if key not in unexpected
    }
    for key in error.missing:
        tensors.setdefault(spell_token(key), TensorInfo(None, dtype))
    if not tensors:
        raise TextError("text_without_keys")
    warnings = (Warned("load-error-shapes-unknown", {"count": len(error.missing)}),) if error.missing else ()
    return KeyTree("text", tensors, separator=source.separator, metadata={"text": "load-error"}, warnings=warnings, ordered=False)
