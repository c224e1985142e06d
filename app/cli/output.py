"""What commands print: lines, one JSON document."""

import sys
from typing import Annotated, Any

import msgspec
import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def write(line: str) -> None:
    """Print a line; characters that would move the cursor are replaced."""
    shown = "".join(char if char.isprintable() or char == "\n" else "�" for char in line)
    sys.stdout.write(shown.encode("utf-8", "replace").decode() + "\n")


def note(line: str) -> None:
    """Say something beside the answer, on the error stream."""
    sys.stderr.write("keygraft: " + "".join(char if char.isprintable() else "�" for char in line) + "\n")


def write_exactly(data: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_json(document: Any) -> None:
    """Print one JSON document."""
    write_exactly(msgspec.json.encode(document) + b"\n")
