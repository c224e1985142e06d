"""What a file is, from its content; its name says nothing."""

import re
import zlib
from hashlib import blake2b

from app.readers.errors import UnknownFormatError
from app.sources import ByteSource

HEAD = 4096
LENT_HEAD = 65_536
"""What a lent file is asked for first, from both ends: it saves the later rounds of nearly every file."""
_LEGACY = (b"l\xfc\x9cF\xf9 j\xa8P\x19", b"119547037146038801333356")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK, _USER_BLOCKS = 512, 7
_LFS = b"version https://git-lfs.github.com/spec/"
_TENSORFLOW_INDEX = bytes.fromhex("57fb808b247547db")
_TENSORFLOW_DATA = re.compile(r"\.data-\d{5}-of-\d{5}$")
"""Data of a TensorFlow checkpoint, which begins with no word of its own."""
_SAVED_MODEL = b"\x08\1\x12"
_MAGIC = (
    (b"GGUF", "gguf"),
    (b"FUGG", "gguf"),
    (_HDF5, "hdf5"),
    (b"\x93NUMPY", "npy"),
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
    (b"ggml", "ggml"),
    (b"lmgg", "ggml"),
    (b"tjgg", "ggml"),
    (b"\x1f\x8b", "compressed"),
    (b"7z\xbc\xaf", "compressed"),
    (b"Rar!", "compressed"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
    (b"%PDF", "pdf"),
)
_LZMA, _ENDLESS = b"\x5d\0\0", b"\xff" * 8
"""Begin of a bare LZMA stream, and what it says of its length: that it is not known."""
_ZLIB = frozenset({b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"})
_HTML = (b"<!doctype html", b"<html", b"<?xml", b"<head", b"<!--")
_LONGEST = max(map(len, _HTML))


def announce(source: ByteSource) -> None:
    """Ask for both ends of a file."""
    source.want([(0, LENT_HEAD), (max(0, source.size - LENT_HEAD), LENT_HEAD)])


def ends_of(source: ByteSource) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the bytes stand that `fingerprint` reads: offset and length of each end."""
    return (0, HEAD), (max(0, source.size - HEAD), HEAD)


def fingerprint(source: ByteSource) -> str:
    """Hash what tells whether a file is still the same: its size and both ends, where headers and directories stand."""
    ends = b"".join(source.read_at(*end) for end in ends_of(source))
    return blake2b(ends + source.size.to_bytes(8, "little"), digest_size=16).hexdigest()


def sniff(source: ByteSource) -> str:
    """Return the format: "zip", "safetensors", "torch-legacy", "pickle", "gguf", "hdf5", "npy", "json", "onnx", ...

    Raises UnknownFormatError (`unknown_format`, `lfs_pointer`, `unsupported_format`).
    """
    head = source.read_at(0, HEAD)
    if not head:
        raise UnknownFormatError("unknown_format", file=source.name, detail="empty")
    if head.startswith(_LFS):
        raise UnknownFormatError("lfs_pointer", file=source.name)
    if head.lstrip()[:_LONGEST].lower().startswith(_HTML):
        raise UnknownFormatError("unknown_format", file=source.name, detail="html")
    found = _by_magic(head) or _by_shape(head, source) or ("tensorflow" if _TENSORFLOW_DATA.search(source.name) else None)
    if found is None:
        raise UnknownFormatError("unknown_format", file=source.name, detail="unknown")
    return found


def _by_magic(head: bytes) -> str | None:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:2] in _ZLIB:
        return _inside_zlib(head)
    if head[:3] == _LZMA and head[5:13] == _ENDLESS:
        return "compressed"
    if head[4:8] == b"TFL3":
        return "tflite"
    if head[257:262] == b"ustar":
        return "tar"
    return None


def _inside_zlib(head: bytes) -> str | None:
    """What a bare zlib stream holds: joblib writes pickles that way."""
    try:
        begin = zlib.decompressobj().decompress(head, 64)
    except zlib.error:
        return None
    return "joblib" if begin[:1] == b"\x80" and begin[1:2] <= b"\5" else "compressed"


def _by_shape(head: bytes, source: ByteSource) -> str | None:
    length = int.from_bytes(head[:8], "little")
    if head[8:9] == b"{" and 2 <= length <= source.size - 8:
        return "safetensors"
    if any(magic in head[:64] for magic in _LEGACY):
        return "torch-legacy"
    if head[:1] == b"\x80" and head[1:2] <= b"\5":
        return "pickle"
    if head[8:9] == b"{" or 2 <= length <= min(source.size - 8, 1 << 40):
        return "safetensors"
    if head.lstrip()[:1] == b"{" and b'"' in head[:256]:
        return "json"
    if _behind_a_user_block(source):
        return "hdf5"
    if source.read_at(max(0, source.size - 8), 8) == _TENSORFLOW_INDEX:
        return "tensorflow"
    return _by_fields(head, source) or ("zip" if source.read_at(max(0, source.size - 22), 4) == b"PK\5\6" else None)


def _behind_a_user_block(source: ByteSource) -> bool:
    """Whether an HDF5 file begins behind somebody else's bytes: at 512, or at twice that, or twice that again."""
    places = [_USER_BLOCK << power for power in range(_USER_BLOCKS) if (_USER_BLOCK << power) < source.size]
    return any(source.read_at(place, len(_HDF5)) == _HDF5 for place in places)


def _by_fields(head: bytes, source: ByteSource) -> str | None:
    if head[:1] in {b"\x81", b"\x82", b"\x83", b"\x84", b"\x85", b"\x86", b"\xde"} and _is_text(head[1:2]):
        return "msgpack"
    if head[:3] == _SAVED_MODEL and _behind_number(head, 3)[:1] == b"\n":
        return "tensorflow"  # as ONNX, where a producer's name would begin with a line's end
    if head[:1] == b"\x08" and head[1:2] < b"\x20" and head[2:3] in {b"\x12", b"\x1a", b"\x22", b"\x28", b"\x32", b"\x3a", b"\x42"}:
        return "onnx"
    if _is_graph(head):
        return "graph"
    if head[:1] == b"\x0a" and (b"Float32" in head or b"Float16" in head or b"Int32" in head):
        return "mindspore"
    if head[:1] in b"(]}cl" and source.read_at(source.size - 1, 1) == b".":
        return "pickle"
    return None


def _behind_number(head: bytes, place: int) -> bytes:
    """Return what follows a variable-length number of protobuf."""
    while head[place : place + 1] >= b"\x80":
        place += 1
    return head[place + 1 :]


def _is_graph(head: bytes) -> bool:
    """Whether this is a graph of TensorFlow: nodes, each with a name and the word for what it does."""
    if head[:1] != b"\n":
        return False
    node = _behind_number(head, 1)
    behind = node[2 + node[1] :] if node[:1] == b"\n" and node[1:2] else b""
    return behind[:1] == b"\x12" and behind[2 : 2 + behind[1]].isalnum() if len(behind) > 2 else False


def _is_text(first: bytes) -> bool:
    """Whether a msgpack string starts here."""
    return bool(first) and (0xA1 <= first[0] <= 0xBF or first in {b"\xd9", b"\xda"})
