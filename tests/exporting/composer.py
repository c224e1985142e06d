"""Puts files together from a composition and the source files: what the page's script does, in a few lines of Python."""

import json
import struct
from collections.abc import Mapping


def compose(document: bytes, files: Mapping[tuple[str, str], bytes]) -> dict[str, bytes]:
    """Name -> bytes of each file; `files` holds the source files by (source, file)."""
    size = int.from_bytes(document[:4], "big")
    head, at = json.loads(document[4 : 4 + size]), 4 + size
    assert head["format"] == 1
    out = {}
    for file in head["files"]:
        count = file["pieces"]
        columns = struct.unpack_from(f"<{count}I{2 * count}d", document, at)
        at += 20 * count
        literals, at = document[at : at + file["literals"]], at + file["literals"]
        parts, used = [], 0
        for kind, offset, length in zip(columns[:count], columns[count : 2 * count], columns[2 * count :], strict=True):
            if kind:
                parts.append(files[tuple(head["sources"][kind - 1])][int(offset) : int(offset + length)])
            else:
                parts.append(literals[used : used + int(length)])
                used += int(length)
        out[file["name"]] = b"".join(parts)
        assert len(out[file["name"]]) == file["size"]
        assert used == len(literals)
    assert at == len(document)
    return out
