"""A browser that lends files: it announces names and sizes, and sends the ranges that are wanted."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response


def lend(client: TestClient, files: Mapping[str, bytes]) -> tuple[Response, list[Response]]:
    """Lend by the page's own routes; the last answer, and all of them."""
    headers = {"X-Keygraft": "script"}
    listed = [{"name": name, "size": len(data)} for name, data in files.items()]
    answers = [client.post("/lent", json={"files": listed}, headers=headers)]
    while answers[-1].is_success and answers[-1].json()["state"] == "wanted":
        card = answers[-1].json()
        wanted = [(name, offset, files[name][offset : offset + length]) for name, offset, length in card["wanted"]]
        head = json.dumps([(name, offset, len(data)) for name, offset, data in wanted]).encode()
        body = len(head).to_bytes(4, "big") + head + b"".join(data for _, _, data in wanted)
        answers.append(client.post(f"/lent/{card['id']}", content=body, headers=headers))
    return answers[-1], answers


def lend_by_api(client: TestClient, files: Mapping[str, bytes]) -> tuple[Response, list[Response]]:
    """Lend by the API."""
    listed = [{"name": name, "size": len(data)} for name, data in files.items()]
    answers = [client.post("/api/v1/lent", json={"files": listed})]
    while answers[-1].is_success and answers[-1].json()["state"] == "wanted":
        card = answers[-1].json()
        ranges: list[dict[str, Any]] = [
            {
                "file": part["file"],
                "offset": part["offset"],
                "data": base64.b64encode(files[part["file"]][part["offset"] : part["offset"] + part["length"]]).decode(),
            }
            for part in card["wanted"]["ranges"]
        ]
        answers.append(client.post(f"/api/v1/sides/{card['id']}/ranges", json={"ranges": ranges}))
    return answers[-1], answers
