"""Bytes of source and text as text: what PowerShell, old editors and notebooks write. Python's own reading of a file is the measure."""

import codecs
import io
import json
import re
import tokenize
from collections.abc import Mapping

from app.definitions.errors import UploadError

_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_COOKIE = re.compile(r"\A((?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*)[-\w.]+")
_MAGIC = re.compile(r"^([ \t]*)(?:[%!]|\?\w|\w[\w.]*\?+[ \t]*$).*$", re.MULTILINE)
_WHOLE_CELL = re.compile(r"\A\s*%%(?!time\b|timeit\b|capture\b)\w+")


def plain_text(data: bytes) -> str:
    """Text of a list or a message; bytes that are none are replaced."""
    wide = next((encoding for mark, encoding in _WIDE if data.startswith(mark)), None)
    return data.decode(wide or "utf-8-sig", "replace")


def source_text(data: bytes) -> str:
    """Python source as its first lines say that it is written, without a byte order mark; bytes that are none are replaced."""
    if any(data.startswith(mark) for mark, _ in _WIDE):
        return plain_text(data).replace("\r\n", "\n")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data[:10_000]).readline)
    except (SyntaxError, UnicodeDecodeError):
        encoding = "utf-8-sig"
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace").replace("\r\n", "\n")


def source_bytes(text: str) -> bytes:
    """Source as UTF-8; a first line that names another encoding names this one."""
    return _COOKIE.sub(r"\1utf-8", text, count=1).encode("utf-8", "replace")


def runnable(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files as Python can import them: sources in UTF-16 become UTF-8, all others stay as they are."""
    return {
        path: source_bytes(source_text(content)) if path.endswith(".py") and content[:2] in {b"\xff\xfe", b"\xfe\xff"} else content
        for path, content in files.items()
    }


def notebook_source(data: bytes) -> str:
    """The code cells of a notebook as one source; commands of the shell and of IPython are left out. Raises UploadError."""
    try:
        document = json.loads(plain_text(data))
    except (ValueError, RecursionError):
        document = None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise UploadError("upload_notebook")
    codes = [_lines(cell.get("source")) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return "\n\n".join(_MAGIC.sub(r"\1pass", code) for code in codes if not _WHOLE_CELL.match(code)) + "\n"


def _lines(source: object) -> str:
    return source if isinstance(source, str) else "".join(map(str, source)) if isinstance(source, list) else ""
