"""A font of our own for pictures that must look alike on every machine: each letter is the same block, and no installed font has a say.

An OpenType file in its shortest form: three glyphs (nothing, a block, a blank), 1000 units to the em, every letter 600 wide.
"""

import struct

UNITS, ADVANCE, ASCENT, DESCENT = 1000, 600, 800, 200
_BLOCK = (60, 0, 540, 520)
"""Left, bottom, right, top of the block that stands for a letter."""


def font() -> bytes:
    """The font file."""
    glyphs = [b"", _block(), b""]
    offsets = [0]
    for glyph in glyphs:
        offsets.append(offsets[-1] + len(glyph))
    tables = {
        b"OS/2": _os2(),
        b"cmap": _cmap(),
        b"glyf": b"".join(glyphs),
        b"head": _head(),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, -DESCENT, 0, ADVANCE, 0, 0, ADVANCE, 1, 0, 0, 0, 0, 0, 0, 0, 3),
        b"hmtx": struct.pack(">Hh", ADVANCE, 0) * 3,
        b"loca": struct.pack(">4I", *offsets),
        b"maxp": struct.pack(">I14H", 0x10000, 3, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _name(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 1, 0, 0, 0, 0),
    }
    return _file(tables)


def _block() -> bytes:
    left, bottom, right, top = _BLOCK
    corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
    steps = [(0, 0), *corners]
    xs = b"".join(struct.pack(">h", b[0] - a[0]) for a, b in zip(steps, corners, strict=False))
    ys = b"".join(struct.pack(">h", b[1] - a[1]) for a, b in zip(steps, corners, strict=False))
    return struct.pack(">hhhhh", 1, left, bottom, right, top) + struct.pack(">HH", 3, 0) + bytes([1] * 4) + xs + ys + b"\0\0"


def _cmap() -> bytes:
    groups = [(0x20, 0x20, 2), (0x21, 0x9F, 1), (0xA0, 0xA0, 2), (0xA1, 0x10FFFF, 1)]
    body = b"".join(struct.pack(">III", *group) for group in groups)
    table = struct.pack(">HHIII", 13, 0, 16 + len(body), 0, len(groups)) + body
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _head() -> bytes:
    return struct.pack(">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, UNITS, 0, 0, 0, 0, ADVANCE, ASCENT, 0, 8, 2, 1, 0)


def _os2() -> bytes:
    start = struct.pack(">HhHHH", 4, ADVANCE, 400, 5, 0)
    middle = struct.pack(">11h", 650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0)
    return (
        start
        + middle[2:]
        + struct.pack(">h", 0)
        + bytes(10)
        + struct.pack(">4I", 0, 0, 0, 0)
        + b"none"
        + struct.pack(">HHHhhhHH", 0x40, 0x20, 0xFFFF, ASCENT, -DESCENT, 0, ASCENT, DESCENT)
        + struct.pack(">II", 1, 0)
        + struct.pack(">hhHHH", 520, 520, 0, 0x20, 0)
    )


def _name() -> bytes:
    texts = {1: "Blocks", 2: "Regular", 3: "Blocks", 4: "Blocks", 5: "Version 1", 6: "Blocks"}
    records, store = b"", b""
    for number, text in texts.items():
        data = text.encode("utf-16-be")
        records += struct.pack(">6H", 3, 1, 0x409, number, len(data), len(store))
        store += data
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + store


def _file(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = struct.pack(">IHHHH", 0x10000, count, power * 16, power.bit_length() - 1, count * 16 - power * 16)
    at, directory, body = 12 + 16 * count, b"", b""
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">III", total, at + len(body), len(data))
        body += padded
    return head + directory + body
