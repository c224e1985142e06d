"""What is said when a checkpoint does not fit: with the checkpoint at hand, the target follows from it.

Sources of the wordings: torch/nn/modules/module.py, `load_state_dict` and what it returns; transformers' loading report and the warnings
before it; the checkpoint logs of mmcv, mmengine and detectron2.
"""

import re
from collections import Counter
from collections.abc import Callable

import msgspec

from app.definitions.braces import expanded
from app.definitions.entries import UNKNOWN_DTYPE
from app.definitions.errors import TextError
from app.definitions.notation import shape_of
from app.keys import KeyTree, TensorInfo, Warned, spell_token

Shape = tuple[int, ...] | None
_SIZE = r"torch\.Size\(\[[0-9,\s]*\]\)"
_SECTION = re.compile(r"(Missing|Unexpected)\s*key\(s\)\s*in\s*state_dict\s*:")
_MISMATCHED = re.compile(r"size\s*mismatch\s*for")
_MISMATCH = re.compile(
    rf"size\s*mismatch\s*for\s*(?P<key>\S{{1,4096}}?):\s*copying\s*a\s*param(?:eter)?\s*(?:with\s*shape|of)\s*(?P<old>{_SIZE})"
    rf"\s*from\s*checkpoint,\s*(?:the\s*shape\s*in\s*current\s*model\s*is|where\s*the\s*shape\s*is)\s*(?P<new>{_SIZE})"
)
_COPYING = re.compile(
    rf"While\s*copying\s*the\s*parameter\s*named\s*[\"'](?P<key>[^\"'\s]{{1,4096}})[\"'],\s*whose\s*dimensions\s*in\s*the\s*model\s*are\s*(?P<new>{_SIZE})"
    rf"\s*and\s*whose\s*dimensions\s*in\s*the\s*checkpoint\s*are\s*(?P<old>{_SIZE})"
)
_HUB_MISMATCH = re.compile(
    rf"-\s*(?P<key>\S{{1,4096}}?):\s*found\s*shape\s*(?P<old>{_SIZE})\s*in\s*the\s*checkpoint\s*and\s*(?P<new>{_SIZE})\s*in\s*the\s*model"
)
_TABLE_MISMATCH = re.compile(rf"\|\s*(?P<key>\S{{1,4096}})\s*\|\s*(?P<new>{_SIZE})\s*\|\s*(?P<old>{_SIZE})\s*\|")
_DOUBLE, _SINGLE = re.compile(r'"([^"]*)"'), re.compile(r"'([^']*)'")
_HUB_UNEXPECTED = re.compile(r"were not used when initializing [^:\[]{0,1000}:?\s{0,9}(\[[^\]]{0,1000000}\])")
_HUB_MISSING = re.compile(r"(?:were not initialized from|newly initialized)[^\[]{0,1000}(\[[^\]]{0,1000000}\])")
_RETURNED = re.compile(r"_IncompatibleKeys\(missing_keys=(\[[^\]]*\]),\s*unexpected_keys=(\[[^\]]*\])\)")
_ALL_MATCHED = "<All keys matched successfully>"
_LOGGED = re.compile(r"(?i)\b(missing|unexpected) keys? in source state_dict:[ \t]*(.*)")
_REPORTED = re.compile(r"^\s*(?P<key>\S[^|\n]{0,4096}?)\s*\|\s*(?P<state>UNEXPECTED|MISSING|MISMATCH)\s*\|?(?P<rest>[^\n]*)", re.MULTILINE)
_REPORTED_SIZES = re.compile(rf"ckpt:\s*({_SIZE})\s*vs\s*model:\s*({_SIZE})")
_LISTED = re.compile(
    r"(?P<what>are not found in the checkpoint|contains keys that are not used by the model):\n(?P<keys>(?:[ \t]*[^\s:]+(?:[ ][^\n:]*\})?[ \t]*(?:\n|\Z))+)"
)
_TYPOGRAPHIC = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})
_WRAP = re.compile(r"[ \t]*\n[ \t]*")


class LoadError(msgspec.Struct, frozen=True):
    """Keys that the model has and the checkpoint lacks, keys that it does not know, and shapes it has otherwise: key -> (old, new)."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: dict[str, tuple[Shape, Shape]]
    grouped: frozenset[str] = frozenset()
    """Those written together, `layers.{0...11}.w`: a report names first and last and passes over gaps, so that not all may be meant."""


class _Found(msgspec.Struct):
    missing: list[str] = []
    unexpected: list[str] = []
    mismatched: dict[str, tuple[Shape, Shape]] = {}
    grouped: set[str] = set()
    said: bool = False

    def expand(self, written: str) -> list[str]:
        """The keys that are written together; where they are several, each may be none."""
        keys = expanded(written)
        if len(keys) > 1:
            self.grouped.update(keys)
        return keys

    def add(self, what: str, keys: list[str]) -> None:
        self.said = True
        (self.missing if what.lower().startswith("missing") else self.unexpected).extend(keys)

    def differ(self, match: re.Match[str]) -> None:
        self.mismatched[match["key"]] = (shape_of(match["old"]), shape_of(match["new"]))


def parse_load_error(text: str) -> LoadError | None:
    """Read the message; None where the text is no such message. Raises TextError where it ends in the middle of a key."""
    text = text.replace("&quot;", '"').replace("&#39;", "'")
    found = _Found()
    for read in _READERS:
        read(text, found)
    if not (found.said or found.mismatched):
        return None
    return LoadError(
        tuple(dict.fromkeys(found.missing)), tuple(dict.fromkeys(found.unexpected)), found.mismatched, frozenset(found.grouped)
    )


def _of_torch(text: str, found: _Found) -> None:
    """What `load_state_dict` raises; a terminal may have broken its lines anywhere."""
    text = _WRAP.sub("", text)
    marks = [*_SECTION.finditer(text)]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        mismatch = _MISMATCHED.search(text, mark.end(), end)
        section = text[mark.end() : mismatch.start() if mismatch else end].translate(_TYPOGRAPHIC)
        keys = _DOUBLE.findall(section) or _SINGLE.findall(section)
        if not keys or (section.count('"') % 2 and end == len(text)):
            raise TextError("text_cut", key=keys[-1][:200] if keys else mark[0])
        found.add(mark[1], keys)
    for pattern in (_MISMATCH, _COPYING, _HUB_MISMATCH):
        for match in pattern.finditer(text):
            found.differ(match)


def _returned(text: str, found: _Found) -> None:
    """What `load_state_dict(strict=False)` returns."""
    for match in _RETURNED.finditer(text):
        found.add("missing", _either(match[1]))
        found.add("unexpected", _either(match[2]))
    found.said |= _ALL_MATCHED in text


def _either(listed: str) -> list[str]:
    return [match[1] or match[2] for match in re.finditer(r"'([^']*)'|\"([^\"]*)\"", _WRAP.sub("", listed))]


def _of_the_hub(text: str, found: _Found) -> None:
    """Transformers: its warnings, and the table that took their place."""
    for pattern, name in ((_HUB_UNEXPECTED, "unexpected"), (_HUB_MISSING, "missing")):
        for match in pattern.finditer(text):
            found.add(name, _SINGLE.findall(match[1]))
    if "LOAD REPORT" not in text:
        return
    for row in _REPORTED.finditer(text):
        if row["state"] != "MISMATCH":
            found.add(row["state"], found.expand(row["key"]))
        elif sizes := _REPORTED_SIZES.search(row["rest"]):
            for key in found.expand(row["key"]):
                found.mismatched[key] = (shape_of(sizes[1]), shape_of(sizes[2]))


def _logged(text: str, found: _Found) -> None:
    """Mmcv and mmengine: keys behind a colon, parted by commas, and a table of shapes."""
    for match in _LOGGED.finditer(text):
        found.add(match[1], [key for key in re.split(r",\s*", match[2].strip()) if key])
    if "expected shape" in text:
        for match in _TABLE_MISMATCH.finditer(text):
            found.differ(match)


def _listed(text: str, found: _Found) -> None:
    """Detectron2: a key a line, `fc.{bias, weight}` for two."""
    for match in _LISTED.finditer(text):
        keys = [key for line in match["keys"].split("\n") if line.strip() for key in found.expand(line.strip())]
        found.add("missing" if match["what"].startswith("are") else "unexpected", keys)


_READERS: tuple[Callable[[str, _Found], None], ...] = (_of_torch, _returned, _of_the_hub, _logged, _listed)


def target_of(error: LoadError, source: KeyTree | None) -> KeyTree:
    """Rebuild the model's tree: (source - unexpected) + missing, mismatched keys in their new shape.

    Missing keys have no shape: the message does not tell it. Raises TextError where the source is not at hand, or is another one.
    """
    if source is None:
        raise TextError("load_error_needs_source", missing=len(error.missing), unexpected=len(error.unexpected))
    named = [spell_token(key) for key in (*error.unexpected, *error.mismatched) if key not in error.grouped]
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
