"""Lists of keys, one a line: bare keys, `named_parameters` dumps, CSV, tables."""

import csv
import io
import re

import msgspec

from app.definitions.entries import Entries
from app.definitions.errors import TextError
from app.definitions.notation import DTYPE, SHAPE, dtype_of, shape_of
from app.keys import KeyTree, Warned

_LINE = re.compile(
    r"""\s*(?:[-*•+]\s+|[|│┃]\s*|\(|\[[0-9]+\]:?\s+|[0-9]+\s*[:.)|]\s+|[0-9]+\s+(?=[^\s0-9]|[0-9]+\.[\w.]*[^\W\d_]))*  # bullet, row number, opening of a tuple
        (?P<quote>["'`]?)(?P<key>[^\s"'`|│┃,;=]+?)(?P=quote)                    # key
        (?:\s*(?:=>|->|[:|│┃,;=\t])\s*|\s+|$)                                   # separator
        (?P<rest>.*?)\s*$""",
    re.VERBOSE,
)
_SHAPE = re.compile(SHAPE)
_WORD = re.compile(DTYPE)
_MAX_LINE = 8_192
_RULER = re.compile(r"[\s\-=+|_*:\u2500-\u257f]*\Z")
_COLUMNS = {
    "key": ("key", "name", "parameter", "param", "tensor", "layer", "keys", "names", "variable", "modules"),
    "shape": ("shape", "size", "shapes", "sizes", "dims", "dimensions", "param shape"),
    "dtype": ("dtype", "type", "datatype", "data type"),
}
_COUNTS = frozenset({"#", "params", "param", "parameters", "count", "index", "numel"})
_LABEL = re.compile(r"(?i)(?:layer|name|key|param|parameter|tensor)\s*[:=]\s+(?=[^\s|,;:=\[(]+\s*[|,;])")
_VALUES = re.compile(r"(?i)\|\s*values?\s*:.*")
"""`Layer: fc.weight | Size: torch.Size([10, 4]) | Values : ...`, as tutorials print it."""
_NOISE = frozenset(
    {
        "shape",
        "size",
        "dtype",
        "type",
        "params",
        "elements",
        "numel",
        "mean",
        "std",
        "min",
        "max",
        "norm",
        "device",
        "ndarray",
        "parameter",
        "containing",
        "tensor",
        "requires_grad",
        "true",
        "false",
        "trainable",
        "frozen",
        "cpu",
        "cuda",
        "meta",
    }
)


def read_lines(text: str) -> KeyTree:
    """Read a key list: a key, and where it stands there a shape and a dtype, on each line.

    A line of prose among keys with shapes is passed over, and the tree says so.
    Raises TextError with the number of the first line that is none.
    """
    entries = Entries()
    refused: list[tuple[int, str]] = []
    with_shape = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", "//", "```")) or _RULER.match(stripped) or _is_header(stripped):
            continue
        found = _read_line(stripped)
        if found is None:
            refused.append((number, stripped))
            continue
        with_shape += found[1] is not None
        entries.add(*found)
    for number, line in refused:
        if not with_shape or len(line) > _MAX_LINE or _SHAPE.search(line):
            raise TextError("text_line_unreadable", line=number, text=line[:80])
    tree = entries.tree(form="list")
    if not refused:
        return tree
    warned = Warned("text-lines-passed-over", {"count": len(refused), "line": refused[0][0], "text": refused[0][1][:80]})
    return msgspec.structs.replace(tree, warnings=(warned,))


def _is_header(line: str) -> bool:
    words = [word.lower() for word in re.split(r"[\s,;|│┃]+", line) if word]
    named = {word for names in _COLUMNS.values() for word in names}
    return len(words) > 1 and all(word in named or word in _COUNTS for word in words)


def _read_line(line: str) -> tuple[str, tuple[int, ...] | None, str | None] | None:
    """Key, shape and dtype of a line; None where it is no such line."""
    if len(line) > _MAX_LINE or _SHAPE.fullmatch(line):
        return None
    line = _VALUES.sub("", line)
    labelled = _LABEL.match(line)
    match = _LINE.match(line, labelled.end() if labelled else 0)
    if match is None:
        return None
    rest = match["rest"]
    shape = _SHAPE.search(rest)
    around = rest if shape is None else rest[: shape.start()] + " " + rest[shape.end() :]
    words = _WORD.findall(around)
    dtypes = [dtype for word in words if (dtype := dtype_of(word))]
    if any(not dtype_of(word) and word.rsplit(".", 1)[-1].lower() not in _NOISE for word in words):
        return None
    return match["key"], shape_of(shape[0]) if shape else None, dtypes[0] if dtypes else None


_KEYS = re.compile(r"\A(?:[a-z_.]*(?:dict_keys|list|tuple|set|sorted)\()?\s*[\[({]\s*(?P<items>['\"].*?)[\])}]\s*\)?\Z", re.DOTALL)
_ITEM = re.compile(r"""\s*(['"])(?P<key>(?:(?!\1).)*)\1\s*(?:,|\Z)""")


def read_keys(text: str) -> KeyTree | None:
    """Read a printed list of strings, as `state_dict().keys()` shows it; None where the text is none."""
    whole = _KEYS.match(text)
    if whole is None:
        return None
    entries, position = Entries(), 0
    while position < len(whole["items"]):
        item = _ITEM.match(whole["items"], position)
        if item is None:
            return None
        entries.add(item["key"])
        position = item.end()
    return entries.tree(form="keys")


def read_csv(text: str) -> KeyTree | None:
    """Read a table with a header that names a key column; None where there is no such header.

    A shape may be one cell (`64x3x7x7`, `"[64, 3]"`, `64 3 7 7`) or be missing.
    """
    first = text.lstrip("\ufeff").lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    if not first.count(delimiter):
        return None
    try:
        header, *rows = csv.reader(io.StringIO(text.lstrip("\ufeff").strip(), newline=None), delimiter=delimiter, skipinitialspace=True)
    except csv.Error:  # no table: a cell without end
        return None
    header = [cell.strip().lower() for cell in header]
    columns = {what: next((header.index(name) for name in names if name in header), None) for what, names in _COLUMNS.items()}
    if columns["key"] is None:
        return None
    entries = Entries()
    for row in rows:
        cells = {what: row[index].strip() if index is not None and index < len(row) else "" for what, index in columns.items()}
        if not cells["key"]:
            continue
        written = any(char.isdigit() for char in cells["shape"]) or cells["shape"] in {"()", "[]", "torch.Size([])"}
        entries.add(cells["key"], shape_of(cells["shape"]) if written else None, dtype_of(cells["dtype"]) if cells["dtype"] else None)
    return entries.tree(form="csv")
