"""Connections that go where the guard says: pinned to a checked address, ended by a deadline, torn down on demand.

httpcore asks a *network backend* for every connection it opens; this one looks the name up by the guard and connects to the address that was
checked, so no second look-up can lead elsewhere. TLS still verifies the certificate against the name of the URL.
"""

import contextlib
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import certifi
import httpcore

from app.sources.errors import AddressRefused, RemoteCancelledError
from app.sources.guard import Guard
from app.sources.policy import RemotePolicy

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class DeadlinePassedError(Exception):
    """The time for a request is over; whoever made the request knows its name."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let everything that a connection does inside end within this time."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining(timeout: float | None = None) -> float:
    """Return seconds until the deadline, at most `timeout`. Raises DeadlinePassedError."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise DeadlinePassedError
    return left if timeout is None else min(left, timeout)


class Watched(httpcore.NetworkStream):
    """A stream whose every wait is cut at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, network: "GuardedNetwork") -> None:
        self._stream = stream
        self._network = network
        network.watch(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come."""
        if self._network.cancelled.is_set():
            raise httpcore.ReadError
        return self._stream.read(max_bytes, remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._stream.write(buffer, remaining(timeout))

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> "Watched":
        """Speak TLS from here on."""
        return Watched(self._stream.start_tls(ssl_context, server_hostname, remaining(timeout)), self._network)

    def get_extra_info(self, info: str) -> Any:
        """Pass on."""
        return self._stream.get_extra_info(info)

    def tear(self) -> None:
        """Wake whoever waits for this stream."""
        held = self._stream.get_extra_info("socket")
        if isinstance(held, socket.socket):
            with contextlib.suppress(OSError):
                # The plain socket's own method: that of a TLS socket first drops state that a waiting thread uses.
                socket.socket.shutdown(held, socket.SHUT_RDWR)


class GuardedNetwork(httpcore.NetworkBackend):
    """Opens connections; `trusted` is the proxy, whose address is the admin's own choice."""

    def __init__(self, guard: Guard, trusted: tuple[str, int] | None = None) -> None:
        self.cancelled = threading.Event()
        self._streams: weakref.WeakSet[Watched] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._guard = guard
        self._trusted = trusted
        self._below = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Watched:
        """Connect to the first address of the host that answers; each was checked. Raises AddressRefused, RemoteError."""
        addresses = [host] if (host, port) == self._trusted else self._guard.addresses(host, port)
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            if self.cancelled.is_set():
                raise RemoteCancelledError("remote_cancelled", host=host)
            try:
                stream = self._below.connect_tcp(address, port, remaining(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return Watched(stream, self)
        raise failed or httpcore.ConnectError

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None) -> Watched:
        """Refuse: no address leads to a socket of this machine."""
        del timeout, socket_options
        raise AddressRefused("url_private", host=path, reason="loopback")

    def watch(self, stream: Watched) -> None:
        """Know a stream as long as it is used."""
        with self._lock:
            self._streams.add(stream)

    def cancel(self) -> None:
        """End everything that is under way."""
        self.cancelled.set()
        with self._lock:
            known = list(self._streams)
        for stream in known:
            stream.tear()


def trust(policy: RemotePolicy) -> ssl.SSLContext:
    """Return what TLS trusts: the system's certificates, those that come with the program, and the policy's own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if policy.ca_file:
        context.load_verify_locations(policy.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
