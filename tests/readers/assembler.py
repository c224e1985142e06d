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


def legacy(body: bytes, keys: tuple[str, ...] = ("0",), tail: bytes | None = None) -> bytes:
    """Return a file as torch wrote it before 1.6: five pickles, then counts and data."""
    magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
    system = pickle(dict_(protocol_version=number(1001), little_endian=b"\x88"))
    listed = pickle(b"](" + b"".join(map(text, keys)) + b"e")
    return magic + system + pickle(body) + listed + (b"".join(struct.pack("<q", 4) + STORAGE for _ in keys) if tail is None else tail)


def module(**tensors: bytes) -> bytes:
    """Return a pickled module of a class that does not exist."""
    parts = dict_(_parameters=dict_(**tensors), _buffers=b"}", _modules=b"}", training=b"\x89")
    return name("acme.nets", "Net") + b")\x81" + parts + b"b"


def field(number_: int, data: bytes | int) -> bytes:
    """Return a field of protobuf: bytes with their length, or a number."""
    if isinstance(data, int):
        return varint(number_ << 3) + varint(data)
    return varint(number_ << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """Return a number of protobuf."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def onnx(key: str, shape: tuple[int, ...], data: bytes) -> bytes:
    """Return a model with one initializer of floats."""
    initializer = b"".join(field(1, size) for size in shape) + field(2, 1) + field(8, key.encode()) + field(9, data)
    return field(1, 8) + field(7, field(5, initializer))
