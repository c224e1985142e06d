"""The guard: which machines may be reached, by whatever name they go."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import messages
from app.errors import KeygraftError
from app.sources import RemotePolicy
from app.sources.addresses import parse_web
from app.sources.guard import Guard
from app.sources.hosts import inner_reason
from app.sources.opening import open_remote

INNER = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "0.0.0.0": "unspecified",  # noqa: S104 -- an address to refuse
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "carrier",
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "169.254.1.1": "link_local",
    "100.100.100.200": "metadata",
    "168.63.129.16": "metadata",
    "224.0.0.1": "multicast",
    "255.255.255.255": "reserved",
    "198.18.0.1": "reserved",
    "192.0.0.8": "reserved",
    "::1": "loopback",
    "::": "unspecified",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:a9fe:a9fe": "metadata",
    "::7f00:1": "loopback",
    "64:ff9b::a00:1": "private",
    "64:ff9b:1::1": "reserved",
    "2002:7f00:1::": "loopback",
    "2001:0:1::1": "reserved",
    "fe80::1": "link_local",
    "fc00::1": "private",
    "fd00:ec2::254": "metadata",
    "ff02::1": "multicast",
    "2001:db8::1": "reserved",
    "4000::1": "reserved",
    "100::1": "reserved",
}
OUTER = ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]


def machine(text):
    """An address as a value."""
    return IPv6Address(text) if ":" in text else IPv4Address(text)


@pytest.mark.parametrize(("text", "reason"), INNER.items())
def test_inner_addresses(text, reason):
    """Each is refused for a reason that the page can name, be it written in the address, found behind a name, or one of several found."""
    assert inner_reason(machine(text)) == reason
    guard = Guard(RemotePolicy(), lambda host, port: ["1.1.1.1", text])
    host = f"[{text}]" if ":" in text else text
    for refuse in (lambda: guard.check(parse_web(f"https://{host}/")), lambda: guard.addresses("rebound.example", 443)):
        with pytest.raises(KeygraftError) as caught:
            refuse()
        assert (caught.value.code, caught.value.params["reason"]) == ("url_private", reason)
        assert messages.error_text(caught.value)


@pytest.mark.parametrize("text", OUTER)
def test_outer_addresses(text):
    """The open internet is open."""
    assert inner_reason(machine(text)) is None
    assert Guard(RemotePolicy(), lambda host, port: [text]).addresses("a.example", 443) == [str(machine(text))]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_agrees_with_the_standard_library(number):
    """What Python calls not global is never reached by us; wrapped in IPv6 it fares alike."""
    plain = IPv4Address(number)
    if not plain.is_global or plain.is_multicast:
        assert inner_reason(plain) is not None
    assert inner_reason(IPv6Address(f"::ffff:{plain}")) == inner_reason(plain)


def test_what_a_policy_allows():
    """Networks open addresses, names open private ones behind them; a metadata service opens only to its own network."""
    behind = {
        "minio.lan": "10.0.0.5",
        "a.corp.example": "192.168.7.7",
        "corp.example": "192.168.7.7",
        "bad.corp.example": "169.254.169.254",
    }
    guard = Guard(RemotePolicy(allow_private=("minio.lan", ".corp.example", "fd12::/16")), lambda host, port: [behind[host]])
    assert guard.addresses("minio.lan", 443) == ["10.0.0.5"]
    assert guard.addresses("a.corp.example", 443) == ["192.168.7.7"]
    assert guard.addresses("fd12::1", 443) == ["fd12::1"]
    for host in ("corp.example", "bad.corp.example", "10.0.0.5"):
        with pytest.raises(KeygraftError, match="url_private"):
            guard.addresses(host, 443)
    meta = Guard(RemotePolicy(allow_private=("169.254.169.254/32",)))
    assert meta.addresses("169.254.169.254", 80) == ["169.254.169.254"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://a.example/", "url_not_https"),
        ("https://a.example:22/", "url_port"),
        ("https://a.example:25/", "url_port"),
        ("https://a.example:8443/", None),
        ("https://lan.example:90/", None),
    ],
)
def test_schemes_and_ports(url, code):
    """Plain http and the ports of other services are refused unless allowed."""
    guard = Guard(RemotePolicy(allow_private=("lan.example",)))
    if code is None:
        guard.check(parse_web(url))
    else:
        with pytest.raises(KeygraftError, match=code):
            guard.check(parse_web(url))


def test_names_without_addresses():
    """A name that nobody knows is an error of its own, and so is one that takes too long to look up."""

    def unknown(host, port):
        raise OSError

    with pytest.raises(KeygraftError, match="remote_unknown_host"):
        Guard(RemotePolicy(), unknown).addresses("a.example", 443)
    with pytest.raises(KeygraftError, match="remote_unknown_host"):
        Guard(RemotePolicy(), lambda host, port: ["no address"]).addresses("a.example", 443)


def test_slow_look_ups_end():
    """The system's look-up knows no time limit; ours does."""
    import threading

    release = threading.Event()
    guard = Guard(RemotePolicy(connect_timeout=0.05), lambda host, port: release.wait(5) and [])
    with pytest.raises(KeygraftError, match="remote_timeout"):
        guard.addresses("a.example", 443)
    release.set()


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LOCALHOST", "sub.localhost", "rebind.example"])
def test_connections_go_to_the_address_that_was_checked(site, policy, host):
    """A name is looked up once, by us; its address is checked and used, so that a second answer of the name server is never asked for."""
    import msgspec

    site.routes["/m.bin"] = b"x" * 10
    answers = ["127.0.0.1"]

    def once(name, port):
        return [answers.pop()]

    with open_remote(f"http://{host}:{site.port}/m.bin", policy, resolver=once) as files:
        assert files.open("m.bin").size == 10
        assert files.open("m.bin").read_at(3, 2) == b"xx"
    assert not answers
    closed = msgspec.structs.replace(policy, allow_private=())
    with pytest.raises(KeygraftError, match="url_private"):
        open_remote(f"http://{host}:{site.port}/m.bin", closed, resolver=lambda name, port: ["127.0.0.1"]).open("m.bin")


def test_the_next_address_is_tried(site, policy):
    """A host with two machines is reached by the one that answers."""
    import msgspec

    site.routes["/m.bin"] = b"x" * 10
    both = msgspec.structs.replace(policy, allow_private=("127.0.0.0/8",))
    with open_remote(f"http://two.example:{site.port}/m.bin", both, resolver=lambda name, port: ["127.0.0.9", "127.0.0.1"]) as files:
        assert files.open("m.bin").size == 10
