"""Starts the page: takes the port, prints the link, runs the server until it is stopped."""

import socket
import sys
import threading
import webbrowser
from types import FrameType

import uvicorn

from app import bootstrap, logs
from app.errors import KeygraftError
from app.gate import Entry
from app.services import sides as given_sides
from app.services import sweeping, transfers
from app.services.house import House
from app.settings import Settings

_GRACE_SECONDS = 3


def run(settings: Settings, *, browser: bool = False, sides: tuple[str, str] | None = None) -> None:
    """Serve until interrupted. Raises KeygraftError where the address cannot be taken."""
    listening = _listen(settings)
    port = int(listening.getsockname()[1])
    settings = settings.model_copy(update={"port": port})
    logs.configure(settings.log)
    house = bootstrap.open_house(settings)
    entry = Entry(settings)
    app = bootstrap.create_app(settings, house=house, entry=entry)
    after = _begin(house, sides) if sides else ""
    plain = house.team and not entry.given
    link = entry.home(port, after) if plain else entry.link(port, after)
    record = entry.record(port, entry.home(port) if plain else "")
    sys.stdout.write(f"Keygraft: {link}\n")
    sys.stdout.flush()
    if browser:
        threading.Timer(0.5, webbrowser.open, [link]).start()
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS, server_header=False)
    rest = sweeping.begin(lambda: app.state.meter.quiet)
    try:
        _Server(house, config).run(sockets=[listening])
    finally:
        rest()
        record.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """Lets those go who listen to events, so that stopping need not wait for them."""

    def __init__(self, house: House, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._house = house

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the event streams, then the server."""
        self._house.hub.close()
        super().handle_exit(sig, frame)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(
        family, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # named: else asyncio leaves 40 ms between a head and its body
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise KeygraftError("port_taken", host=settings.host, port=str(settings.port), reason=error.strerror or "") from error
    return listening


def _begin(house: House, sides: tuple[str, str]) -> str:
    """Make the transfer that stands in front; its path."""
    source = given_sides.understand(house, sides[0])
    target = given_sides.understand(house, sides[1], against=source.id)
    return f"/t/{transfers.create(house, {'': source.id}, target.id).id}"
