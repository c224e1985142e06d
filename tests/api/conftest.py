"""The application, asked like a browser and like a program would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import bootstrap, settings
from app.settings import Settings

TOKEN = "a-token-for-tests"
BASE = "http://127.0.0.1:8400"


@pytest.fixture(scope="module", autouse=True)
def houses_begin_quickly(copied_databases: None) -> None:
    """No test here is about migrations."""


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    """Settings of a server on loopback whose token is known."""
    root = tmp_path / "root"
    root.mkdir()
    return settings.load(data=tmp_path / "data", roots=(root,), token=SecretStr(TOKEN))


@pytest.fixture
def stranger(configured: Settings) -> Iterator[TestClient]:
    """Somebody who has not opened the link."""
    with TestClient(bootstrap.create_app(configured), base_url=BASE) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient) -> TestClient:
    """A program with the token."""
    stranger.headers["Authorization"] = f"Bearer {TOKEN}"
    return stranger
