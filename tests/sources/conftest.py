"""Servers and policies for the tests of remote sources."""

import importlib.util
import sys
from pathlib import Path

import pytest

from app.sources import RemotePolicy


def _servers():
    name = "keygraft_test_servers"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("servers.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def site():
    """A web server on loopback."""
    made = _servers().Site()
    yield made
    made.close()


@pytest.fixture
def other_site():
    """A second one, of another origin."""
    made = _servers().Site()
    yield made
    made.close()


@pytest.fixture
def make_site():
    """Servers to taste."""
    made = []

    def make(**options):
        made.append(_servers().Site(**options))
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
