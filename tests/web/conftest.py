"""The page, asked like a browser would: with the cookie that the link gives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import bootstrap, settings

TOKEN = "a-token-for-tests"
BASE = "http://127.0.0.1:8400"


@pytest.fixture(scope="module", autouse=True)
def houses_begin_quickly(copied_databases: None) -> None:
    """No test here is about migrations."""


@pytest.fixture(scope="session")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Somebody who was let in; one server for all tests."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "root").mkdir()
    made = settings.load(data=folder / "data", roots=(folder / "root",), token=SecretStr(TOKEN))
    with TestClient(bootstrap.create_app(made), base_url=BASE, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


@pytest.fixture(scope="session")
def expected(pack: Path) -> dict[str, Any]:
    """What becomes of each hostile file."""
    found: dict[str, Any] = json.loads((pack / "pack/expected.json").read_text("utf-8"))
    return found


def _client(folder, **changes):
    app = bootstrap.create_app(settings.Settings(data=folder, token=TOKEN, roots=(folder,), **changes))
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
