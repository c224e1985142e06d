"""Pickles and containers by hand, for files that no honest writer makes."""

import io
import json
import struct
import zipfile

STORAGE = bytes(16)


def text(value: str) -> bytes:
    """BINUNICODE."""
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    """BININT1, BININT, LONG1."""
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def tuple_(*parts: bytes) -> bytes:
    """MARK ... TUPLE."""
    return b"(" + b"".join(parts) + b"t"


def dict_(**pairs: bytes) -> bytes:
    """EMPTY_DICT, SETITEMS."""
    return b"}(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def call(module: str, attribute: str, *parts: bytes) -> bytes:
    """REDUCE."""
    return name(module, attribute) + tuple_(*parts) + b"R"


def pickle(body: bytes, protocol: int = 2) -> bytes:
    """PROTO ... STOP."""
    return b"\x80" + bytes([protocol]) + body + b"."


def storage(key: str = "0", kind: str = "FloatStorage", numel: int = 4) -> bytes:
    """BINPERSID of a storage."""
    return tuple_(text("storage"), name("torch", kind), text(key), text("cpu"), number(numel)) + b"Q"


def tensor(key: str = "0", size: tuple[int, ...] = (2, 2), stride: tuple[int, ...] = (2, 1), offset: int = 0, **kind: object) -> bytes:
    """A call of _rebuild_tensor_v2."""
    hooks = name("collections", "OrderedDict") + b")R"
    shape, steps = tuple_(*map(number, size)), tuple_(*map(number, stride))
    return call("torch._utils", "_rebuild_tensor_v2", storage(key, **kind), number(offset), shape, steps, b"\x89", hooks)


def zipped(
    body: bytes, storages: dict[str, bytes] | None = None, root: str = "archive", method: int = zipfile.ZIP_STORED, **more: bytes
) -> bytes:
    """Return a torch zip of a pickle; `more` are entries by their whole names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(f"{root}/data.pkl", body)
        for key, data in ({"0": STORAGE} if storages is None else storages).items():
            archive.writestr(f"{root}/data/{key}", data)
        archive.writestr(f"{root}/version", b"3\n")
        for entry, data in more.items():
            archive.writestr(entry, data)
    return buffer.getvalue()


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a safetensors file; a header of bytes is taken as it is."""
    body = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(body) if length is None else length) + body + data
