r"""transformers: `key_mapping` of `from_pretrained`, version 5.

Source: transformers.core_model_loading, `WeightTransform`: every pattern in turn is searched in the running name; the text that
matched is replaced, at its first place, by the target, in which `\1` stands for the one capture group there may be; targets lose
parentheses, and patterns that end in a letter or digit end on a name boundary.
"""

import re
from collections.abc import Sequence

from app.dialects.dialect import Dialected, Subject
from app.dialects.sequences import Pair, sequenced
from app.exporting.layout import Group, lines, row
from app.exporting.literals import raw_literal

_ONE = re.compile(r"\\(\d)")
_SPECIAL = re.compile(r"[()\\^]|\*\.")


def mapped(pairs: Sequence[Pair], key: str) -> str:
    """Rename a key as transformers does."""
    for pattern, replacement in pairs:
        match = re.search(pattern + (r"(?!\w)" if re.search(r"[a-zA-Z0-9]$", pattern) else ""), key)
        if match:
            new = replacement.replace(r"\1", match.group(1)) if r"\1" in replacement else replacement
            key = key.replace(match.group(0), new, 1)
    return key


def spelt(pair: Pair) -> Pair | None:
    """Write a row with at most one capture group; None where it needs more, or characters that targets lose."""
    pattern, replacement = pair
    groups = pattern.count(r"(\d+)")
    if groups > 1:
        joined = _joined(pattern, replacement)
        if joined is None:
            return None
        pattern, replacement = joined
    plain = replacement.replace(r"\1", "")
    if _SPECIAL.search(plain) or "*." in pattern or (groups == 0 and r"\1" in replacement):
        return None
    return "^" + pattern.removesuffix(r"\Z") + ("$" if pattern.endswith(r"\Z") else ""), replacement


def _joined(pattern: str, replacement: str) -> Pair | None:
    """Make one group of several where the text between them stays."""
    parts = pattern.split(r"(\d+)")
    places = _ONE.split(replacement)
    numbers, texts = places[1::2], places[::2]
    between = [part.replace("\\.", ".") for part in parts[1:-1]]
    if numbers != [str(index) for index in range(1, len(parts))] or texts[1:-1] != between:
        return None
    inner = r"\d+".join(["", *parts[1:-1], ""])
    return f"{parts[0]}({inner}){parts[-1]}", rf"{texts[0]}\1{texts[-1]}"


def write(subject: Subject) -> Dialected:
    """Write the dictionary."""
    found = sequenced(subject, mapped, spelt)
    items = tuple(row(raw_literal(pattern), ": ", raw_literal(replacement)) for pattern, replacement in found.pairs)
    text = "\n".join(
        [
            "# Model.from_pretrained(path, key_mapping=key_mapping)",
            *lines(Group("{", items, "}"), before="key_mapping = "),
        ]
    )
    return Dialected(text + "\n", found.left)
