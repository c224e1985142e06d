"""Addresses: only headers are fetched; the bytes of an export come in ranges; inner networks are closed."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.errors import KeygraftError, RefusedError
from app.services import example_files, exports, proposals, sides, transfers
from app.services.house import House


class Ranged(BaseHTTPRequestHandler):
    """Serves one file by ranges."""

    data = example_files.checkpoint()
    sent = 0

    def do_GET(self) -> None:
        """Answer a range."""
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last or len(self.data)), len(self.data) - 1)
        part = self.data[start : stop + 1]
        type(self).sent += len(part)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{stop}/{len(self.data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where the example's checkpoint is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ranged)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Ranged.sent = 0
    yield f"http://127.0.0.1:{server.server_port}/net.safetensors"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def reaching(house: House) -> House:
    """A house that may reach this machine."""
    return replace(house, settings=house.settings.model_copy(update={"remote_private": ("127.0.0.1",), "remote_http": True}))


def test_a_remote_checkpoint_is_mapped_and_remapped(reaching: House, address: str) -> None:
    """The export equals the one of the same file when it was uploaded."""
    card = sides.understand(reaching, address)
    assert card.tensors == 92
    assert card.holds
    assert Ranged.sent < len(Ranged.data)
    target = sides.upload(reaching, "model.json", example_files.model().encode())
    local = sides.upload(reaching, "net.safetensors", Ranged.data)
    written = []
    for source in (card.id, local.id):
        made = transfers.create(reaching, {"": source}, target.id)
        proposals.accept(reaching, made.id, 0, certain=True)
        written.append(exports.export(reaching, made.id, "safetensors").path)
    first, second = (Path(path).read_bytes() for path in written)
    assert first == second


def test_inner_addresses_are_closed(house: House, address: str) -> None:
    """By default nothing on this machine or beside it is reached."""
    with pytest.raises(KeygraftError):
        sides.understand(house, address)
    with pytest.raises(KeygraftError):
        sides.understand(house, "https://169.254.169.254/latest/meta-data")


def test_addresses_can_be_switched_off(house: House) -> None:
    """Then none is looked at."""
    closed = replace(house, settings=house.settings.model_copy(update={"remote": False}))
    with pytest.raises(RefusedError, match="remote_switched_off"):
        sides.understand(closed, "https://example.org/net.safetensors")


def test_a_signature_is_not_kept(reaching: House, address: str) -> None:
    """What may be stored of the address is not enough to read it again, so no file can be written."""
    card = sides.understand(reaching, address + "?X-Amz-Signature=secret")
    assert "secret" not in card.path
    assert not card.holds
    with reaching.database.read() as tx:
        from app.store.tables import sides as table

        assert b"secret" not in b"".join(row.spec + row.card for row in tx.execute(table.select()))
