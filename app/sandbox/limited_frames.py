"""How the two ends of a limited job talk: frames of a kind, a length and a body."""

import socket
import struct

HEADER = struct.Struct("<cQ")
"""Kind and length of a frame: P pid, A answer, D died (status), T out of time, M out of memory."""
LIMITS = struct.Struct("<dQdQ")
"""CPU seconds, bytes of memory, wall seconds, bytes of the request that follows."""


def send(sock: socket.socket, kind: bytes, body: bytes = b"") -> None:
    """Send one frame."""
    sock.sendall(HEADER.pack(kind, len(body)))
    if body:
        sock.sendall(body)


def receive(sock: socket.socket, length: int) -> bytes:
    """Read exactly `length` bytes. Raises EOFError."""
    parts = bytearray()
    while len(parts) < length:
        part = sock.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
