"""A file of this machine, read by a server that gets only what it asks for."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from app import bootstrap, settings
from app.cli.main import run
from app.services import example_files


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A running server; its link."""
    app = bootstrap.create_app(settings.load(data=tmp_path / "data", roots=(tmp_path,), token=SecretStr("t"), port=0, code=False))
    made = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=made.run)
    thread.start()
    while not made.started:
        threading.Event().wait(0.01)
    port = made.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/enter?token=t"
    made.should_exit = True
    thread.join()


def test_headers_alone_are_sent(server: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The server's tree equals the one that is read here."""
    path = tmp_path / "net.safetensors"
    path.write_bytes(example_files.checkpoint())
    assert run(["tree", str(path), "--json"]) == 0
    here = json.loads(capfdbinary.readouterr().out)
    assert run(["tree", str(path), "--server", server, "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["tensors"] == here["tensors"]
    assert run(["tree", str(path), "--server", server]) == 0
    assert b"bytes sent" in capfdbinary.readouterr().out


def test_refusals_are_one_line(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong token, a file that cannot be read, a server that is not there."""
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"nothing" * 100)
    refusals = {server: "refused", server.replace("token=t", "token=x"): "stranger", "http://127.0.0.1:1": "unreachable"}
    for address, why in refusals.items():
        assert run(["tree", str(path), "--server", address]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert said.endswith(f"[server_{why}]\n")
        assert ("KEYGRAFT_TOKEN" in said) == (why == "stranger")
    assert run(["tree", str(path), "--server", "nonsense"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
