"""A look that is given up on the page is given up on the server too."""

import asyncio
import json
import threading

import pytest

from app import stopping
from app.services import workspaces

PANE = {"expand": "first", "toggled": [], "query": "", "states": [], "folded": True, "top": 0, "count": 40}
BODIES = {
    "view": {"s": PANE, "t": PANE},
    "triage": {"folded": [True, True]},
    "table": {side: {key: value for key, value in PANE.items() if key not in {"top", "count"}} for side in "st"},
}


@pytest.mark.parametrize("what", list(BODIES))
def test_who_goes_away_is_no_longer_worked_for(client, example, monkeypatch, what):
    """The thread that works on the look is free as soon as the connection is closed, and the next one is answered."""
    begun, ended, given_up = threading.Event(), threading.Event(), []
    opening = workspaces.open_workspace

    def long_work(*args, **named):
        begun.set()
        try:
            for _ in range(1000):
                stopping.check()
                threading.Event().wait(0.01)
        except stopping.StoppedError as error:
            given_up.append(error)
            raise
        finally:
            ended.set()

    monkeypatch.setattr(workspaces, "open_workspace", long_work)
    client.portal.call(_ask_and_leave, client, f"{example}/{what}", json.dumps(BODIES[what]).encode(), begun)
    assert ended.wait(5)
    assert given_up
    monkeypatch.setattr(workspaces, "open_workspace", opening)
    assert client.post(f"{example}/{what}", json=BODIES[what]).status_code == 200


async def _ask_and_leave(client, path, body, begun):
    """A request whose connection closes while it is worked on."""
    headers = {"host": "127.0.0.1", "content-type": "application/json", **{key.lower(): value for key, value in client.headers.items()}}
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    messages = [{"type": "http.request", "body": body}]

    async def receive():
        if messages:
            return messages.pop()
        await asyncio.to_thread(begun.wait, 5)
        return {"type": "http.disconnect"}

    async def send(message):
        pass

    await client.app(scope, receive, send)
