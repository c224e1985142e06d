"""Who may be reached: names are looked up here, every address found is checked, and connections go to the checked address itself."""

import socket
import threading
from collections.abc import Callable, Sequence

from app.sources.addresses import WebAddress
from app.sources.errors import AddressRefused, RemoteError
from app.sources.hosts import Machine, inner_reason, is_metadata, literal
from app.sources.policy import RemotePolicy

Resolver = Callable[[str, int], Sequence[str]]
"""(host, port) -> addresses in the order to try; OSError where there are none."""

_OPEN_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024
_MOST_ADDRESSES = 8


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


class Guard:
    """Holds requests and connections to a policy."""

    def __init__(self, policy: RemotePolicy, resolver: Resolver = resolve) -> None:
        self._policy = policy
        self._resolver = resolver

    def check(self, address: WebAddress) -> None:
        """Check what can be seen without asking for the name's addresses. Raises AddressRefused."""
        if address.scheme != "https" and not self._policy.allow_http:
            raise AddressRefused("url_not_https", host=address.host)
        machine = literal(address.host)
        if machine is not None:
            self._check_machine(machine, address.host)
        known = machine is not None and self._in_networks(machine)
        if not (known or address.port in _OPEN_PORTS or address.port >= _FIRST_FREE_PORT or self._policy.names_host(address.host)):
            raise AddressRefused("url_port", host=address.host, port=address.port)

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, each checked. Raises AddressRefused where one of them is not allowed, RemoteError."""
        machine = literal(host)
        found = [machine] if machine is not None else self._looked_up(host, port)
        for each in found:
            self._check_machine(each, host)
        return [str(each) for each in found[:_MOST_ADDRESSES]]

    def _check_machine(self, machine: Machine, host: str) -> None:
        reason = inner_reason(machine)
        if reason is None or self._in_networks(machine):
            return
        if not (self._policy.names_host(host) and not is_metadata(machine)):
            raise AddressRefused("url_private", host=host, reason=reason)

    def _in_networks(self, machine: Machine) -> bool:
        return any(machine in network for network in self._policy.networks)

    def _looked_up(self, host: str, port: int) -> list[Machine]:
        """Look a name up in a thread, since the system's own look-up knows no time limit."""
        found: list[Sequence[str]] = []

        def ask() -> None:
            try:
                found.append(self._resolver(host, port))
            except (OSError, UnicodeError):
                found.append(())

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(self._policy.connect_timeout)
        if not found:
            raise RemoteError("remote_timeout", host=host)
        machines = [machine for text in found[0] if (machine := literal(text)) is not None]
        if not machines:
            raise RemoteError("remote_unknown_host", host=host)
        return machines
