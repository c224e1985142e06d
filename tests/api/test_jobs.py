"""Jobs through the API: begun, looked at, listed, handed over."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.services import files_out
from app.settings import Settings


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    """Jobs wait here for a worker that is elsewhere."""
    from pydantic import SecretStr

    from app import settings

    (tmp_path / "root").mkdir()
    return settings.load(data=tmp_path / "data", roots=(tmp_path / "root",), token=SecretStr("a-token-for-tests"), workers=0, code=False)


@pytest.fixture
def at(client: TestClient, configured: Settings) -> str:
    """Address of a transfer of two tensors whose bytes are here."""
    from safetensors.numpy import save_file

    path = configured.roots[0] / "net.safetensors"
    save_file({"a": np.arange(4, dtype=np.float32), "b": np.ones((2, 2), np.float32)}, path)
    source = client.post("/api/v1/sides", json={"text": str(path)}).json()["id"]
    wanted = json.dumps({"a": {"shape": [4], "dtype": "F32"}, "b": {"shape": [2, 2], "dtype": "F32"}})
    target = client.post("/api/v1/sides", json={"text": wanted}).json()["id"]
    made = client.post("/api/v1/transfers", json={"sources": {"": source}, "target": target}).json()["id"]
    return f"/api/v1/transfers/{made}"


def begun(client: TestClient, at: str, **options: str) -> Any:
    """A job, as the API answers it."""
    answer = client.post(f"{at}/exports/safetensors", json={"options": options})
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_a_small_export_is_done_and_handed_over(client: TestClient, at: str) -> None:
    """Its file is the remapped checkpoint, byte by byte what the plain download gives."""
    from safetensors.numpy import load

    job = begun(client, at)
    assert (job["state"], job["archive"]) == ("done", None)
    answer = client.get(job["files"][0]["url"])
    assert load(answer.content)["a"].tolist() == [0, 1, 2, 3]
    assert answer.content == client.get(f"{at}/exports/safetensors").content
    assert "attachment" in answer.headers["content-disposition"]


def test_shards_come_one_by_one_or_as_an_archive(client: TestClient, at: str) -> None:
    """The zip is made while it is sent, and holds what the single addresses give."""
    job = begun(client, at, max_shard_size="16")
    assert [file["name"] for file in job["files"]] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    ]
    packed = zipfile.ZipFile(io.BytesIO(client.get(job["archive"]).content))
    assert packed.testzip() is None
    for file in job["files"]:
        assert packed.read(file["name"]) == client.get(file["url"]).content
        assert len(packed.read(file["name"])) == file["size"]
    refused = client.get(f"{at}/exports/safetensors", params={"max_shard_size": "16"})
    assert (refused.status_code, refused.json()["code"]) == (409, "export_is_several")


def test_a_long_one_waits_and_is_cancelled(client: TestClient, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed, its events begin with its state, and after a cancel it can be tried again."""
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    job = begun(client, at)
    assert job["state"] == "queued"
    assert client.get(f"{at}/exports/safetensors").json()["code"] == "export_is_job"
    assert [one["id"] for one in client.get("/api/v1/jobs").json()] == [job["id"]]
    assert client.get("/api/v1/jobs", params={"transfer": at.rpartition("/")[2]}).json() == [client.get(f"/api/v1/jobs/{job['id']}").json()]
    assert client.post(f"/api/v1/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    told = client.get(f"/api/v1/jobs/{job['id']}/events").text
    assert told.startswith("event: cancelled\ndata: {")
    again = client.post(f"/api/v1/jobs/{job['id']}/retry")
    assert (again.status_code, again.json()["state"], again.json()["attempt"]) == (202, "queued", 2)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/jobs/nothing", "job_not_found"),
        ("/api/v1/jobs?transfer=nothing", "transfer_not_found"),
        ("/api/v1/jobs/x/files/y", "job_not_found"),
    ],
)
def test_what_is_not_there(client: TestClient, path: str, code: str) -> None:
    """Is said as such."""
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_options_are_checked(client: TestClient, at: str) -> None:
    """The one that cannot be is named."""
    answer = client.post(f"{at}/exports/safetensors", json={"options": {"max_shard_size": "many"}})
    assert (answer.status_code, answer.json()["code"], answer.json()["params"]) == (400, "size_unreadable", {"text": "many"})
    answer = client.post(f"{at}/exports/safetensors", json={"options": {"shared": "some"}})
    assert (answer.status_code, answer.json()["params"]) == (400, {"name": "shared", "value": "some"})
