"""Model specifications: `timm:resnet50(num_classes=10)`, `python:FILE.py:Net(10); net.fc = nn.Linear(512, 10)`."""

import ast
import re
from typing import Literal

import msgspec

from app.definitions.calls import MAX_CALL, Call, call_of, edit_of, parse_call
from app.definitions.errors import SpecError

Door = Literal["python", "timm", "torchvision", "transformers", "diffusers"]
DOORS: tuple[Door, ...] = ("python", "timm", "torchvision", "transformers", "diffusers")

_NAMED = re.compile(r"\s*(?P<name>[A-Za-z0-9_][\w.\-/]*)\s*(?P<rest>[(;].*)?\Z", re.DOTALL)
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")


class Spec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model, written on one line.

    door   -- where it comes from
    path   -- python: file or folder, empty for an installed package; transformers, diffusers: a config.json
    module -- python: dotted module inside the folder or among the installed packages
    name   -- class, factory or library model; empty: the definition's root class, or what the config names
    edits  -- statements run after building, on `net` (also called `model`)
    """

    door: Door
    path: str = ""
    module: str = ""
    name: str = ""
    call: Call = Call()
    edits: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [self.path, self.module, self.name] if self.door == "python" else [self.path, self.name]
        written = ":".join([self.door, *(part for part in parts if part)]) + str(self.call)
        return "; ".join([written, *self.edits])


def is_spec(text: str) -> bool:
    """Whether a text starts like a specification (and is no path or URL)."""
    door, colon, _ = text.partition(":")
    return bool(colon) and door.strip() in DOORS


def parse_spec(text: str) -> Spec:
    """Read a specification; SpecError says which part is wrong."""
    if len(text) > MAX_CALL:
        raise SpecError("spec_too_long", limit=MAX_CALL)
    door, colon, rest = text.strip().partition(":")
    match door.strip():
        case "python" if colon:
            return _python(rest)
        case "timm" | "torchvision" as library if colon:
            name, call, edits = _named(rest)
            return Spec(library, name=name, call=call, edits=edits)
        case "transformers" | "diffusers" as library if colon:
            return _configured(library, rest)
        case other:
            raise SpecError("spec_unknown_door", door=other[:40], doors=", ".join(DOORS))


def _named(text: str) -> tuple[str, Call, tuple[str, ...]]:
    """Library model, literal arguments, edits."""
    match = _NAMED.match(text)
    if match is None:
        raise SpecError("spec_name", text=text.strip()[:200])
    rest = match["rest"] or ""
    if rest.startswith(";"):
        return match["name"], Call(), _tail("_" + rest, literal=True)[2]
    _, call, edits = _tail("_" + rest, literal=True)
    return match["name"], call, edits


def _tail(text: str, *, literal: bool = False) -> tuple[str, Call, tuple[str, ...]]:
    """`name(args); edit; edit`, as Python reads it; SpecError where it is none."""
    try:
        first, *others = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError("spec_arguments", text=text.strip()[:200]) from None
    node = first.value if isinstance(first, ast.Expr) else None
    call = Call()
    if isinstance(node, ast.Call):
        call, node = call_of(node, literal=literal), node.func
    name = ast.unparse(node) if node is not None else ""
    if not _DOTTED.match(name):
        raise SpecError("spec_name", text=text.strip()[:200])
    return name, call, tuple(edit_of(statement) for statement in others)


def _split(text: str) -> tuple[str, tuple[str, Call, tuple[str, ...]] | None]:
    """Part a path from the call behind its colon: the leftmost colon after which a call can be read."""
    problem: SpecError | None = None
    for colon in re.finditer(":", text):
        tail = text[colon.end() :]
        try:
            return text[: colon.start()].strip(), _tail(tail)
        except SpecError as error:
            if problem is None and re.match(r"\s*[^\W\d][\w.]*\s*\(", tail):
                problem = error
    if problem is not None:
        raise problem
    return text.strip(), None


def _python(text: str) -> Spec:
    head, found = _split(text)
    name, call, edits = found if found is not None else ("", Call(), ())
    path, colon, module = head.rpartition(":")
    if not colon and found is not None and _DOTTED.match(head) and not head.endswith(".py"):
        return Spec("python", "", head, name, call, edits)
    if colon and _DOTTED.match(module):
        return Spec("python", path.strip(), module, name, call, edits)
    if not head:
        raise SpecError("spec_name", text=text.strip()[:200])
    return Spec("python", head, "", name, call, edits)


def _configured(door: Door, text: str) -> Spec:
    head, colon, tail = text.strip().partition(".json")
    if colon and (not tail or tail.lstrip()[0] in ":;"):
        path = head.strip() + ".json"
        tail = tail.lstrip()
        if not tail:
            return Spec(door, path)
        name, call, edits = _tail(tail[1:] if tail[0] == ":" else "_" + tail)
        return Spec(door, path, name="" if name == "_" else name, call=call, edits=edits)
    if "/" in text.partition("(")[0]:
        return Spec(door, text.strip())
    name, call, edits = _named(text)
    return Spec(door, name=name, call=call, edits=edits)


__all__ = ["DOORS", "Door", "Spec", "is_spec", "parse_call", "parse_spec"]
