"""An application of our own, let in."""

import pytest
from starlette.testclient import TestClient

from app.bootstrap import create_app
from app.settings import Settings

TOKEN = "a token of these tests"


def _client(folder, **changes):
    app = create_app(Settings(data=folder, token=TOKEN, roots=(folder,), **changes))
    return TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"}, follow_redirects=False)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The application at the root of its host; tests of one module share it."""
    with _client(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path):
    """An application of a test's own."""
    with _client(tmp_path) as made:
        yield made


@pytest.fixture
def behind(tmp_path):
    """The application under a base path, as behind a proxy."""
    with _client(tmp_path, base_path="/user/ada/keygraft") as made:
        yield made


@pytest.fixture
def example(client):
    """Address of the example."""
    return client.post("/example").headers["location"]
