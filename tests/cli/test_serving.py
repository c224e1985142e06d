"""How the page is served: no answer waits for its own second half."""

import asyncio
import socket
import threading

from app.cli import serving
from app.settings import load


def test_a_body_follows_its_head_at_once() -> None:
    """What asyncio accepts on our socket sends at once: else the kernel keeps a body back for 40 ms, in every answer."""
    seen: list[int] = []

    async def accept() -> None:
        done = asyncio.Event()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del reader
            seen.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            done.set()

        listening = serving._listen(load(port=0))
        async with await asyncio.start_server(connected, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            await done.wait()
            writer.close()
            await writer.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(accept()))
    thread.start()
    thread.join(10)
    assert seen == [1]
