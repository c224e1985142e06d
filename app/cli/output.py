"""What commands print: lines, one JSON document, a folded tree, progress."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
import typer

from app.keys import KeyTree, families

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def write(line: str) -> None:
    """Print a line; characters that would move the cursor are replaced."""
    shown = "".join(char if char.isprintable() or char == "\n" else "�" for char in line)
    sys.stdout.write(shown.encode("utf-8", "replace").decode() + "\n")


def write_exactly(data: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_json(document: Any) -> None:
    """Print one JSON document."""
    write_exactly(msgspec.json.encode(document) + b"\n")


def print_tree(tree: KeyTree) -> None:
    """Print a tree folded into families: count, shape, dtype, template."""
    tensors = tree.tensors
    write(f"{tree.format}  {len(tensors):,} tensors  {tree.parameters:,} parameters  {tree.nbytes:,} bytes")
    rows = []
    for family in families(tensors, tree.separator).values():
        members = [tensors[key] for _, key in family.members]
        shapes = {member.shape for member in members}
        first = members[0]
        shape = "?" if first.shape is None else " x ".join(map(str, first.shape)) or "scalar"
        rows.append(
            (f"{len(members)}x" if len(members) > 1 else "", shape + (" …" if len(shapes) > 1 else ""), first.dtype, family.template)
        )
    _table(rows)
    for offer in tree.offers:
        if offer.nesting != tree.nesting:
            path = ".".join(map(str, offer.nesting)) or "(root)"
            write(f"also inside: {path}  {offer.tensors:,} tensors  {offer.role}")
    for found in tree.globals:
        if found.verdict != "known":
            write(f"foreign: {found.name} ({found.verdict}, {found.count}x)")


def _table(rows: Iterable[tuple[str, ...]]) -> None:
    listed = list(rows)
    if not listed:
        return
    widths = [max(len(row[column]) for row in listed) for column in range(3)]
    for count, shape, dtype, template in listed:
        write(f"{count:>{widths[0]}}  {shape:<{widths[1]}}  {dtype:<{widths[2]}}  {template}")
