"""One warm sandbox for all tests of a session."""

import os

import pytest

from app.sandbox import Limits, Sandbox


@pytest.fixture(scope="session")
def sandbox():
    """Warm worker; the environment of the tests holds a secret that it must not see."""
    os.environ["MSX_CANARY_SECRET"] = "msx-env-7f3a"
    with Sandbox(limits=Limits(seconds=10)) as started:
        assert started.status().holds, started.status()
        yield started
