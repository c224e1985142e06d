"""A summary and a difference as lines of plain text, for terminals and logs: no colours, no control characters, columns by blanks."""

from collections.abc import Callable, Iterable, Sequence

from app import messages
from app.keys import TreeOffer, families
from app.keys.difference import Difference
from app.viewing.sizes import shape_text
from app.viewing.summary import Summary

SHOWN = 20
"""Most lines of what is listed beside the families."""


def summary_lines(summary: Summary, *, language: str = messages.DEFAULT_LANGUAGE) -> list[str]:
    """Write a summary: a headline, the families, then whatever else there is."""

    def say(name: str, **params: object) -> str:
        return messages.text(f"file-{name}", language, None, **params)

    counts = {"tensors": summary.tensors, "parameters": summary.parameters, "bytes": summary.nbytes}
    lines = [say("headline", format=summary.format, **counts)]
    if summary.file_bytes:
        lines.append(say("read", files=len(summary.files), size=summary.file_bytes, read=min(summary.bytes_read, summary.file_bytes)))
    lines += ["", *columns(_family_rows(summary), right={0})]
    if len(summary.dtypes) > 1:
        rows = [(share.dtype, f"{share.tensors:,}", f"{share.parameters:,}", f"{share.nbytes:,}") for share in summary.dtypes]
        lines += ["", say("dtypes"), *columns(rows, right={1, 2, 3})]
    lines += _listed(say, "aliases", [_some(group, " = ") for group in summary.aliases])
    lines += _listed(say, "views", [_some(group) for group in summary.views])
    lines += _listed(say, "other", [f"{key}: {text}" for key, text in summary.other])
    lines += _listed(say, "offers", [_offer(say, offer) for offer in summary.offers])
    lines += _listed(say, "metadata", [f"{name}: {text[:200]}" for name, text in summary.metadata])
    lines += ["", say(summary.verdict.removeprefix("file-"))]
    foreign = [each for each in summary.globals if each.verdict != "known"]
    lines += columns([(say(f"global-{each.verdict}"), f"{each.count:,}x", each.name) for each in foreign[:SHOWN]], right={1})
    lines += [say("more", count=len(foreign) - SHOWN)] if len(foreign) > SHOWN else []
    lines += [messages.text("warning-" + each.code.replace("_", "-"), language, None, **each.params) for each in summary.warnings[:SHOWN]]
    return [safe(line) for line in lines]


def difference_lines(found: Difference, separator: str = ".", *, language: str = messages.DEFAULT_LANGUAGE) -> list[str]:
    """Write a difference by families: `-` only before, `+` only after, `~` changed; one line where it says the same of all members."""

    def say(name: str, **params: object) -> str:
        return messages.text(f"file-{name}", language, None, **params)

    lines = [f"- {line}" for line in folded_keys(found.removed, separator)]
    lines += [f"+ {line}" for line in folded_keys(found.added, separator)]
    shapes = [(each.key, f"{shape_text(each.before)} -> {shape_text(each.after)}") for each in found.reshaped]
    dtypes = [(each.key, f"{each.before} -> {each.after}") for each in found.retyped]
    ties = [(each.key, f"{_tie(say, each.before)} -> {_tie(say, each.after)}") for each in found.retied]
    for changes in (shapes, dtypes, ties):
        by_change: dict[str, list[str]] = {}
        for key, change in changes:
            by_change.setdefault(change, []).append(key)
        lines += [f"~ {line}  {change}" for change, keys in by_change.items() for line in folded_keys(keys, separator)]
    if found.reordered:
        lines.append(say("reordered"))
    counts = {"removed": len(found.removed), "added": len(found.added), "alike": found.alike}
    changed = {"reshaped": len(found.reshaped), "retyped": len(found.retyped), "retied": len(found.retied)}
    lines.append(say("same", alike=found.alike) if found.same else say("differ", **counts, **changed))
    return [safe(line) for line in lines]


def folded_keys(keys: Iterable[str], separator: str = ".") -> list[str]:
    """Write keys as families: `layers.{}.bias  (12)`; a family of one is its key."""
    found = families(keys, separator).values()
    return [family.members[0][1] if len(family.members) == 1 else f"{family.template}  ({len(family.members):,})" for family in found]


def columns(rows: Sequence[tuple[str, ...]], right: Iterable[int] = ()) -> list[str]:
    """Set rows in columns, two blanks apart; those in `right` end in line, the last one is as long as it is."""
    if not rows:
        return []
    flush = set(right)
    rows = [tuple(safe(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]

    def cell(column: int, text: str) -> str:
        if column >= len(widths):
            return text
        return text.rjust(widths[column]) if column in flush else text.ljust(widths[column])

    return ["  ".join(cell(column, text) for column, text in enumerate(row)).rstrip() for row in rows]


def safe(text: str) -> str:
    """Replace what would move a cursor, turn the direction of writing or break an encoding: keys are a stranger's text."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _family_rows(summary: Summary) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for family in summary.families:
        shapes = shape_text(family.shapes[0]) + (f" (+{len(family.shapes) - 1})" if len(family.shapes) > 1 else "")
        rows.append((f"{family.keys:,}x" if family.keys > 1 else "", shapes, ", ".join(family.dtypes), family.template))
    return rows


def _listed(say: Callable[..., str], name: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    more = [say("more", count=len(entries) - SHOWN)] if len(entries) > SHOWN else []
    return ["", say(name, count=len(entries)), *(f"  {entry}" for entry in entries[:SHOWN]), *more]


def _some(group: Sequence[str], between: str = ", ") -> str:
    return between.join(group[:SHOWN]) + (f"{between}… ({len(group):,})" if len(group) > SHOWN else "")


def _offer(say: Callable[..., str], offer: TreeOffer) -> str:
    path = ".".join(str(token) for token in offer.nesting) or say("root")
    return say("offer", path=path, tensors=offer.tensors, role=offer.role)


def _tie(say: Callable[..., str], keys: Sequence[str]) -> str:
    return ", ".join(keys) if keys else say("untied")
