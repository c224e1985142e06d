"""Servers and policies for the tests of remote sources."""

import pytest

from app.sources import RemotePolicy
from tests.sources.servers import Site


@pytest.fixture
def site():
    """A web server on loopback."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def other_site():
    """A second one, of another origin."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def make_site():
    """Servers to taste."""
    made = []

    def make(**options):
        made.append(Site(**options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def policy():
    """What the tests may reach: loopback, without encryption, without long waits."""
    return RemotePolicy(
        allow_private=("127.0.0.1",), allow_http=True, attempts=3, backoff=0.01, read_timeout=2, connect_timeout=2, total_timeout=10
    )
