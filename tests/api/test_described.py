"""What the API says of itself, taken at its word: requests made from its own description never meet a defect."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app import bootstrap
from app import settings as configuration
from app.services import accounts

BASE = "http://127.0.0.1:8400"
PASSWORD = "correct horse battery"
LEFT_OUT = {"/api/v1/jobs/{job}/events"}
"""Streams; whether they open is tried elsewhere."""
EXAMPLES = 5
"""Requests of each operation: about a minute for all."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """An application with an admin, whom nothing is refused."""
    folder = tmp_path_factory.mktemp("described")
    made = bootstrap.create_app(configuration.load(data=folder / "data", roots=(folder,), code=False))
    accounts.add(made.state.house, "ada", password=PASSWORD, admin=True)
    accounts.add(made.state.house, "bob", password=PASSWORD, admin=True)
    yield made
    made.state.house.close()


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    """Ada, signed in; a defect is an answer here, not an exception."""
    made = TestClient(app, base_url=BASE, raise_server_exceptions=False)
    made.cookies.set("keygraft-session-8400", accounts.sign_in(app.state.house, "ada", PASSWORD))
    with start_blocking_portal() as made.portal:  # one loop for all requests, not one for each
        yield made


def test_no_request_meets_a_defect(app: FastAPI, client: TestClient) -> None:
    """Every operation, with parameters and bodies of the described kind and of others; on things that are there, and that are not."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 70
    defects: list[str] = []
    for operation in operations:
        if operation.path not in LEFT_OUT:
            defects += _tried(client, operation)
    assert defects == []
    assert client.get("/api/v1/me").status_code == 200


def _tried(client: TestClient, operation: Any) -> list[str]:
    there = {"transfer": client.post("/api/v1/example").json()["id"]}
    there["side"] = client.get(f"/api/v1/transfers/{there['transfer']}").json()["target"]["id"]
    defects: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), known=st.booleans())
    def tried(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {name: there.get(name, value) for name, value in (case.path_parameters or {}).items()}
        sent = case.as_transport_kwargs(base_url=BASE)
        sent.pop("cookies", None)
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        answer = client.request(sent.pop("method"), sent.pop("url"), **sent)
        if answer.status_code >= 500:
            defects.append(f"{case.method} {answer.request.url} {case.body!r}: {answer.text[:200]}")

    tried()
    return defects
