"""What a remote source may cost, and whom it may reach."""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec

Network = IPv4Network | IPv6Network


class RemotePolicy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Limits of the client that fetches users' addresses. Sizes in bytes, times in seconds.

    allow_private   -- networks ("10.0.0.0/8", "127.0.0.1") whose addresses may be reached, host names ("minio.lan") and endings of them
                       (".corp.example") that may lie in private networks; addresses of metadata services only by network
    allow_http      -- whether plain http may be used
    max_bytes       -- most that one set of files may bring in all
    max_whole       -- most that is loaded whole where a server cannot send ranges
    connect_timeout -- for the connection, and for the look-up of a name
    read_timeout    -- longest silence within an answer
    total_timeout   -- for one range, redirects and tries included
    attempts        -- how often a range is asked for where the server fails or the line breaks
    backoff         -- wait before the second attempt; doubles with each further one
    redirects       -- most that are followed for one range
    connections     -- ranges that are under way at once
    proxy           -- http:// proxy that every connection takes; names are then looked up by it, so only literal addresses can be checked
    ca_file         -- certificates to trust beside the system's, PEM
    """

    allow_private: tuple[str, ...] = ()
    allow_http: bool = False
    max_bytes: int = 4 << 30
    max_whole: int = 64 << 20
    connect_timeout: float = 10
    read_timeout: float = 20
    total_timeout: float = 120
    attempts: int = 4
    backoff: float = 0.5
    redirects: int = 5
    connections: int = 6
    proxy: str = ""
    ca_file: str = ""

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """The networks among `allow_private`."""
        return tuple(network for entry in self.allow_private if (network := _network(entry)) is not None)

    def names_host(self, host: str) -> bool:
        """Whether `allow_private` names this host."""
        names = [entry.lower() for entry in self.allow_private if _network(entry) is None]
        return any(host == name or (name.startswith(".") and host.endswith(name)) for name in names)


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry)
    except ValueError:
        return None
