"""Remapped files out of remote sources: ranges are fetched as they are written, nothing is copied first, little is held."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from app import bootstrap, settings
from app.services import edits, files_out, sides, transfers
from app.services.house import House
from tests.services.doing import done, paths
from tests.services.keylists import keys
from tests.sources.servers import Site

SHA = "0123456789abcdef0123456789abcdef01234567"
PLAN = 'keygraft_plan 1\n"new.{i}.w" = "old.{i}.w"\n"top" = slice("wide", dim=0, start=0, length=16)\n'
PEAK = """
import sys
from app.cli.main import run
code = run(sys.argv[1:])
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)  # rusage counts who started it too
sys.exit(code)
"""


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server, an object store and a hub in one, on loopback, with one checkpoint."""
    made = Site()
    torch.manual_seed(4)
    data = save({"old.0.w": torch.randn(64, 64), "old.1.w": torch.randn(64, 64), "wide": torch.randn(64, 16384)})
    listing = {"id": "org/repo", "sha": SHA, "siblings": [{"rfilename": "model.safetensors", "size": len(data)}]}
    made.routes["/api/models/org/repo/revision/main"] = json.dumps(listing).encode()
    for path in ("/model.safetensors", "/bucket/run/model.safetensors", f"/org/repo/resolve/{SHA}/model.safetensors"):
        made.routes[path] = data
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house of one person who has the keys of the store."""
    monkeypatch.setenv("HF_ENDPOINT", site.base)
    monkeypatch.setenv("AWS_ENDPOINT_URL", site.base)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    given = {"roots": (tmp_path,), "remote_private": ("127.0.0.1",), "remote_http": True, "workers": 0}
    made = bootstrap.open_house(settings.load(data=tmp_path / "data", **given))
    yield made
    made.close()


@pytest.mark.parametrize("address", ["{site}/model.safetensors", "s3://bucket/run/model.safetensors", "hf://org/repo/model.safetensors"])
def test_the_same_file_as_from_the_disk(house: House, site: Site, tmp_path: Path, address: str) -> None:
    """By https, s3 and hf: equal bytes, and of what the plan drops nothing was fetched."""
    data = site.routes["/model.safetensors"]
    assert isinstance(data, bytes)
    (tmp_path / "model.safetensors").write_bytes(data)
    target = sides.understand(house, keys(new__0__w=(64, 64), new__1__w=(64, 64), top=(16, 16384))).id
    written = []
    for given in (address.format(site=site.base), str(tmp_path / "model.safetensors")):
        made = transfers.create(house, {"": sides.understand(house, given).id}, target)
        edits.import_plan(house, made.id, 0, PLAN)
        site.log.clear()
        written.append(paths(house, done(house, files_out.start(house, made.id, "safetensors")))[0].read_bytes())
        fetched = sum(_length(each) for each in site.ranges())
        assert fetched < 0.6 * len(data)
    assert written[0] == written[1]


def _length(header: str) -> int:
    first, _, last = header.removeprefix("bytes=").partition("-")
    return int(last) - int(first) + 1 if first and last else 0


def test_a_large_file_passes_through(tmp_path: Path, make_large: tuple[Site, int]) -> None:
    """470 MB by `keygraft apply` from an address: the process holds a part of it at a time, and every value arrives."""
    site, size = make_large
    plan = tmp_path / "plan.json"
    plan.write_text('keygraft_plan 1\nrename strip_prefix "old."\n')
    target = tmp_path / "target.json"
    target.write_text(json.dumps({f"{n}": {"shape": [_ROWS, 1024], "dtype": "F32"} for n in range(_TENSORS)}))
    command = [sys.executable, "-c", PEAK, "apply", str(plan), f"{site.base}/large.safetensors", str(tmp_path / "new.safetensors")]
    environment = {"KEYGRAFT_REMOTE_PRIVATE": "127.0.0.1", "KEYGRAFT_REMOTE_HTTP": "true", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([*command, "--target", str(target)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 320
    new = tmp_path / "new.safetensors"
    assert new.stat().st_size > size - (1 << 16)
    loaded = load_file(new)
    assert all(bool((loaded[f"{n}"].view(torch.uint8) == n).all()) for n in range(_TENSORS))


_TENSORS, _ROWS = 14, 8192
"""Tensor n holds the byte n everywhere: 32 MB each."""


@pytest.fixture
def make_large() -> Iterator[tuple[Site, int]]:
    """A server that makes up a large file as it is asked for."""
    each = 4 * _ROWS * 1024
    header = {f"old.{n}": {"dtype": "F32", "shape": [_ROWS, 1024], "data_offsets": [n * each, (n + 1) * each]} for n in range(_TENSORS)}
    text = json.dumps(header).encode()
    start = len(text).to_bytes(8, "little") + text
    size = len(start) + _TENSORS * each

    def answer(handler: BaseHTTPRequestHandler) -> None:
        first, last = handler.asked(size)  # type: ignore[attr-defined]  # the test server's handler
        parts, at = [start[first : last + 1]], max(first, len(start))
        while at <= last:
            tensor, inside = divmod(at - len(start), each)
            count = min(each - inside, last + 1 - at)
            parts.append(bytes([tensor]) * count)
            at += count
        headers = {"ETag": '"one"', "Content-Range": f"bytes {first}-{last}/{size}"}
        handler.reply(206, b"".join(parts), **headers)  # type: ignore[attr-defined]

    made = Site()
    made.routes["/large.safetensors"] = answer
    yield made, size
    made.close()
