"""The process of the back room: reads tasks from its input, writes answers to its output, ends with its input.

Run as `python -m app.services.backroom.program`. Frames are a length of eight bytes and a msgpack value.
"""

import gc
import sys
from typing import BinaryIO

import msgspec

from app.services.backroom.shelf import Shelf
from app.services.backroom.tasks import Message
from app.services.backroom.work import answer

_encode = msgspec.msgpack.encode


def serve(given: BinaryIO, out: BinaryIO) -> None:
    """Answer until the input ends."""
    decoder, shelf = msgspec.msgpack.Decoder(Message), Shelf()
    while len(head := given.read(8)) == 8:
        message = decoder.decode(given.read(int.from_bytes(head, "big")))
        found = answer(shelf, message)
        if found is not None:
            content = _encode(found)
            out.write(len(content).to_bytes(8, "big") + content)
            out.flush()


def main() -> None:
    """Serve the standard streams; what is printed by mistake goes to the error stream."""
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    gc.set_threshold(100_000, 50, 100)  # hundreds of thousands of values are made and kept; looking through them again and again costs more
    serve(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
