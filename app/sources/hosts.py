"""Names of hosts and addresses of machines: one spelling each, and which of them lie on the open internet.

Sources: the special-purpose address registries of IANA (RFC 6890 and what followed it), the URL standard on hosts that end in a number.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from app.sources.errors import AddressError

Machine = IPv4Address | IPv6Address

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")

_METADATA = tuple(
    ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Machines that hand keys to whoever asks from inside a cloud; one of them has a public address."""

_INNER_4 = {
    IPv4Network("0.0.0.0/8"): "unspecified",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "carrier",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("169.254.0.0/16"): "link_local",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "reserved",
    IPv4Network("192.0.2.0/24"): "reserved",
    IPv4Network("192.88.99.0/24"): "reserved",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "reserved",
    IPv4Network("198.51.100.0/24"): "reserved",
    IPv4Network("203.0.113.0/24"): "reserved",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
_INNER_6 = {
    IPv6Network("::/128"): "unspecified",
    IPv6Network("::1/128"): "loopback",
    IPv6Network("fc00::/7"): "private",
    IPv6Network("fe80::/10"): "link_local",
    IPv6Network("fec0::/10"): "private",
    IPv6Network("ff00::/8"): "multicast",
    IPv6Network("2001::/23"): "reserved",
    IPv6Network("2001:db8::/32"): "reserved",
    IPv6Network("3fff::/20"): "reserved",
}
_OUTER_6 = IPv6Network("2000::/3")
"""The only part of the address space that is given out."""
_TRANSLATED = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


def canonical(host: str) -> str:
    """Return the one spelling of a host of a URL: ASCII, lower case, no dot at the end, no brackets.

    Raises AddressError where it is no name and no plainly written address: `0x7f.1`, `2130706433` and `127.1` are refused, not read.
    """
    if ":" in host:
        return str(_address(host))
    if not host.isascii():
        import idna  # noqa: PLC0415 -- its tables are large, and hardly any host needs them

        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise AddressError("url_invalid", detail="host") from None
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.match(labels[-1]):
        return str(_address(host))
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise AddressError("url_invalid", detail="host")
    return host


def literal(host: str) -> Machine | None:
    """Return the address that a canonical host is; None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _address(text: str) -> Machine:
    machine = None if "%" in text else literal(text)
    if machine is None:
        raise AddressError("url_invalid", detail="host")
    return machine


def is_metadata(machine: Machine) -> bool:
    """Whether a cloud's metadata service answers here."""
    return any(each in _METADATA for each in _faces(machine))


def inner_reason(machine: Machine) -> str | None:
    """Why an address does not lie on the open internet; None where it does."""
    if is_metadata(machine):
        return "metadata"
    for each in _faces(machine):
        inner: dict[IPv4Network, str] | dict[IPv6Network, str] = _INNER_4 if isinstance(each, IPv4Address) else _INNER_6
        for network, reason in inner.items():
            if each in network:
                return reason
    first = _faces(machine)[0]
    if isinstance(first, IPv6Address) and len(_faces(machine)) == 1 and first not in _OUTER_6:
        return "reserved"
    return None


def _faces(machine: Machine) -> tuple[Machine, ...]:
    """An address and the IPv4 address that is wrapped in it."""
    if isinstance(machine, IPv4Address):
        return (machine,)
    if machine.ipv4_mapped is not None:
        return machine, machine.ipv4_mapped
    if machine.sixtofour is not None:
        return machine, machine.sixtofour
    if machine in _TRANSLATED or (machine in _COMPATIBLE and int(machine) > 1):
        return machine, IPv4Address(int(machine) & 0xFFFFFFFF)
    return (machine,)
