"""What Python prints: `print(state_dict)`, an OrderedDict of tensors, a dictionary of `torch.Size`.

Nothing is evaluated: the text is scanned for keys, and for each value its brackets are counted. A summarised tensor (`...`) does not tell
its shape.
"""

import itertools
import re

from app.definitions.entries import Entries
from app.definitions.errors import TextError
from app.definitions.notation import MAX_DIMENSIONS, dtype_of, shape_of
from app.keys import KeyTree

_ENTRY = re.compile(
    r"""(?P<quote>['"])(?P<key>(?:(?!(?P=quote)).)+)(?P=quote)\s*[:,]\s*
        (?P<value>(?:Parameter\s+containing:\s*)?(?:torch\.|np\.)?(?:[A-Za-z]{0,40}[Tt]ensor|Parameter|UninitializedParameter|array)\s*\(
           |torch\.Size\(|<UninitializedParameter>|[\[(](?=[\s0-9,]*[\])]))""",
    re.VERBOSE,
)
_SIZE = re.compile(r"size=(\([0-9,\s]*\)|torch\.Size\(\[[0-9,\s]*\]\))")
_DTYPE = re.compile(r"dtype=((?:torch\.)?[a-z0-9_]+)")
_NESTED = re.compile(r"""['"]\s*:\s*(?:[\w.]{1,80}\()?\{""")
_SHARDED = re.compile(r"\s*local_tensor=")
_NUMBER = re.compile(r"[^\s,\[\]]+")


def looks_printed(text: str) -> bool:
    """Whether a text holds at least one `'key': tensor(` or `('key', torch.Size(`."""
    return _ENTRY.search(text) is not None


def read_printed(text: str) -> KeyTree:
    """Read a printed state_dict: keys in order, shapes where the print tells them.

    Raises TextError where dictionaries stand in one another: the keys of which one are meant cannot be told.
    """
    if len(list(itertools.islice(_NESTED.finditer(text), 2))) > 1:
        raise TextError("text_nested")
    entries = Entries()
    position = 0
    while match := _ENTRY.search(text, position):
        value = match["value"]
        if value.startswith("<"):
            position = match.end()
            entries.add(match["key"])
            continue
        position = _closing(text, match.end() - 1, match["key"])
        body = text[match.end() : position - 1]
        if _SHARDED.match(body):  # a part of it is shown: the whole has another shape
            entries.add(match["key"])
        elif "array" in value:
            shape, dtype = _tensor(body)
            entries.add(match["key"], shape, dtype if _DTYPE.search(body) or dtype != "F32" else "F64")
        elif "ensor" in value or "Parameter" in value:
            entries.add(match["key"], *_tensor(body))
        else:
            entries.add(match["key"], shape_of(body))
    return entries.tree(form="printed")


_VALUE = re.compile(r"(?<![\w.'\"])(?:Parameter\s+containing:\s*)?tensor\((?=[\[\-0-9.TFnei]|\s*\d|\.\.\.)")


def tensors_as_shapes(text: str) -> str:
    """Write each tensor that is printed with its numbers as `[shape] dtype`, on one line; where it was summarised as a dtype alone."""
    parts: list[str] = []
    position = 0
    while match := _VALUE.search(text, position):
        end = _closing(text, match.end() - 1, text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip() or "tensor")
        shape, dtype = _tensor(text[match.end() : end - 1])
        parts += [text[position : match.start()], "" if shape is None else f"{list(shape)} ", dtype or "", " "]
        position = end
    return "".join([*parts, text[position:]]) if parts else text


def _closing(text: str, start: int, key: str) -> int:
    """Position behind the bracket that closes the one at `start`."""
    depth = 0
    for bracket in re.compile(r"[\[\](){}]").finditer(text, start):
        depth += 1 if bracket[0] in "[({" else -1
        if depth == 0:
            return bracket.end()
    raise TextError("text_cut", key=key[:200])


def _tensor(body: str) -> tuple[tuple[int, ...] | None, str | None]:
    """Shape and dtype from what stands between `tensor(` and its `)`."""
    dtype_written = _DTYPE.search(body)
    dtype = dtype_of(dtype_written[1]) if dtype_written else None
    if size := _SIZE.search(body):
        return shape_of(size[1]), dtype or "F32"
    data = re.split(r",\s*(?:dtype|device|requires_grad|grad_fn|size|layout)=", body, maxsplit=1)[0]
    return _counted(data), dtype or _default_dtype(data)


def _default_dtype(data: str) -> str | None:
    """Dtype that torch leaves out of a print: F32, I64 or BOOL, by the look of the numbers."""
    first = _NUMBER.search(data)
    if first is None:
        return "F32"
    if first[0] in {"True", "False"}:
        return "BOOL"
    return "I64" if re.fullmatch(r"-?[0-9]+", first[0]) else "F32"


def _counted(data: str) -> tuple[int, ...] | None:
    """Shape of nested lists of numbers; None where the print was summarised."""
    if "..." in data:
        return None
    shape: list[int] = []
    data = data.strip()
    while data.startswith("["):
        if len(shape) >= MAX_DIMENSIONS:
            return None
        end = _closing(data, 0, "")
        inner = data[1 : end - 1].strip()
        shape.append(_length(inner))
        data = inner
        if not data.startswith("["):
            break
        data = data[: _closing(data, 0, "")]
    return tuple(shape)


def _length(inner: str) -> int:
    """Items of one list on its own level."""
    if not inner:
        return 0
    depth = items = 0
    for char in inner:
        if char == "[":
            items += depth == 0
            depth += 1
        elif char == "]":
            depth -= 1
    return items or len(_NUMBER.findall(inner))
