"""TLS to a pinned address: the certificate must be that of the name in the URL."""

import ssl
from pathlib import Path

import msgspec
import pytest

from app.errors import KeygraftError
from app.sources import Credentials, Secret
from app.sources.opening import open_remote

DATA = Path(__file__).with_name("data")


@pytest.fixture
def tls_site(make_site):
    """A server that is files.example, by a certificate of its own making."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "certificate.pem", DATA / "key.pem")
    site = make_site(context=context)
    site.routes["/m.bin"] = b"x" * 100
    return site


def opened(site, host, policy, credentials=None):
    """The file, as a name that leads to loopback."""
    with open_remote(f"https://{host}:{site.port}/m.bin", policy, credentials, resolver=lambda name, port: ["127.0.0.1"]) as files:
        return files.open("m.bin").read_at(0, 5)


def test_the_name_is_verified_though_the_address_is_pinned(tls_site, policy):
    """The right name with a trusted certificate is let in; another name, or a certificate that nobody vouches for, is not."""
    trusting = msgspec.structs.replace(policy, ca_file=str(DATA / "certificate.pem"), allow_http=False)
    assert opened(tls_site, "files.example", trusting) == b"xxxxx"
    for host, with_policy in (("other.example", trusting), ("127.0.0.1", trusting), ("files.example", policy)):
        with pytest.raises(KeygraftError, match="remote_certificate"):
            opened(tls_site, host, with_policy)


def test_bearer_tokens_are_for_their_host_and_port(tls_site, policy):
    """A token given for a host is for its https port: another service on that machine does not get it."""
    trusting = msgspec.structs.replace(policy, ca_file=str(DATA / "certificate.pem"))
    opened(tls_site, "files.example", trusting, Credentials(bearer={"files.example": Secret("geheim")}))
    assert all("authorization" not in headers for _, headers in tls_site.log)
    opened(tls_site, "files.example", trusting, Credentials(bearer={f"files.example:{tls_site.port}": Secret("geheim")}))
    assert tls_site.log[-1][1]["authorization"] == "Bearer geheim"
