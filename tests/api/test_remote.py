"""Addresses by the API and by the page's own routes: what came so far is told, and a reading that waits is ended by name."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import bootstrap, settings
from app.services import example_files
from tests.api.conftest import BASE, TOKEN
from tests.sources.servers import Site

NAME = "reading-of-mine"


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[TestClient]:
    """A program at a server that may reach this machine."""
    given = settings.load(
        data=tmp_path / "data", roots=(tmp_path,), token=SecretStr(TOKEN), remote_private=("127.0.0.1",), remote_http=True, workers=0
    )
    with TestClient(bootstrap.create_app(given), base_url=BASE, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.mark.parametrize("face", ["api", "page"])
def test_a_reading_that_waits_is_ended_by_its_name(asker: TestClient, site: Site, face: str) -> None:
    """Who asked gets one line at once, nothing is kept, and the same address is read later."""
    reached, release = threading.Event(), threading.Event()

    def hang(_handler: object) -> None:
        reached.set()
        release.wait(20)

    site.routes["/net.safetensors"] = hang
    address = f"{site.base}/net.safetensors"
    told: list[Any] = []

    def ask() -> None:
        if face == "api":
            told.append(asker.post("/api/v1/sides", json={"text": address, "reading": NAME}))
        else:
            told.append(asker.post("/sides", data={"text": address, "reading": NAME, "side": "s"}))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert reached.wait(20)
        assert asker.get(f"/readings/{NAME}").json() == {"going": True, "received": 0}
        ended = asker.delete(f"/api/v1/readings/{NAME}") if face == "api" else asker.post(f"/readings/{NAME}/cancel")
        assert ended.status_code in {200, 204}
        asking.join(20)
        assert not asking.is_alive()
    finally:
        release.set()
    answer = told[0]
    assert 400 <= answer.status_code < 500
    if face == "api":
        assert answer.json()["code"] == "remote_cancelled"
    else:
        assert "data-card" not in answer.text
    assert asker.get(f"/readings/{NAME}").json() == {"going": False, "received": 0}
    site.routes["/net.safetensors"] = example_files.checkpoint()
    assert asker.post("/api/v1/sides", json={"text": address}).json()["state"] == "ready"
