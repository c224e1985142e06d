"""The shared pack of definitions that try to break out, sent as a person's program would send them: upload, choose, build."""

import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import bootstrap, settings

TOKEN = "a-token-for-tests"
WORDS = {
    "sandbox_timeout": "timeout",
    "sandbox_memory": "memory",
    "build_memory": "memory",
    "sandbox_crashed": "crashed",
    "sandbox_exited": "crashed",
}


def _cases() -> list[dict[str, Any]]:
    folder = Path(__file__).resolve().parents[3] / "shared" / "escape"
    return list(json.loads((folder / "expected.json").read_text())["cases"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server on loopback whose builds end after ten seconds, and whose environment holds a secret."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MSX_CANARY_SECRET", "msx-env-7f3a")
        given = settings.load(data=tmp_path_factory.mktemp("data"), token=SecretStr(TOKEN), build_seconds=10)
        with TestClient(bootstrap.create_app(given), base_url="http://127.0.0.1:8400") as client:
            client.headers["Authorization"] = f"Bearer {TOKEN}"
            assert client.get("/api/v1/status").json()["code"] is True
            yield client


def _sent(server: TestClient, name: str, data: bytes, module: str = "") -> tuple[str, list[str], str]:
    """Status word, keys, and the whole text of what was answered."""
    taken = server.put(f"/api/v1/uploads/{name}", content=data)
    if taken.status_code != 201:
        code = taken.json()["code"]
        return ("rejected_upload" if code.startswith("upload_") else code), [], taken.text
    side = taken.json()["id"]
    built = server.post(f"/api/v1/sides/{side}/build", json={"candidate": "Net", "module": module.removesuffix(".py").replace("/", ".")})
    if built.status_code != 200:
        code = built.json()["code"]
        return WORDS.get(code, code), [], built.text
    return "ok", list(server.get(f"/api/v1/sides/{side}/tree").json()["tensors"]), built.text


def _touched(canary: ModuleType) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the shared script leaves closing to the garbage collector
        return list(canary.check())


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["file"])
def test_the_shared_pack(case: dict[str, Any], server: TestClient, canary: ModuleType, shared: Path) -> None:
    """Each case ends as expected and touches nothing; the next person's model is built."""
    started = time.monotonic()
    word, keys, said = _sent(server, case["file"], (shared / "escape" / case["file"]).read_bytes(), case.get("module", ""))
    assert word in case["status"], said
    assert not [key for key in keys if key.startswith(case["forbid"])]
    assert sum(key.startswith("BLOCKED_") for key in keys) >= case["min_blocked"]
    assert time.monotonic() - started <= case["max_wall_s"]
    assert "msx-env-7f3a" not in said
    assert "msx-file-91c2" not in said
    assert _touched(canary) == []
    good = (shared / "escape" / "demo_good.py").read_bytes() + f"\n# after {case['file']}\n".encode()
    assert _sent(server, "demo_good.py", good)[:2] == ("ok", ["fc.weight", "fc.bias"])
