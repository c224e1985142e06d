"""Repositories on a hub: one listing, one pinned revision, then ranges."""

import json

import pytest

from app.errors import KeygraftError
from app.sources import Credentials
from app.sources.opening import open_remote

SHA = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    ".gitattributes": b"x",
    "config.json": b"{}",
    "model.safetensors.index.json": b'{"weight_map":{}}',
    "model-00001.safetensors": b"1" * 70_000,
    "fp16/model.safetensors": b"2" * 20,
    "fp16/deep/x.bin": b"3",
    "fp16/deep/er/y.bin": b"4",
}


@pytest.fixture
def hub(site):
    """A hub with one repository, whose main revision and pull request 1 are the same commit."""
    listing = {"id": "org/repo", "sha": SHA, "siblings": [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]}
    listing["siblings"] += [{"rfilename": name, "size": 1} for name in ("../../up.bin", "/etc/x.bin", "a/./b.bin")]
    for revision in ("main", "refs%2Fpr%2F1"):
        site.routes[f"/api/models/org/repo/revision/{revision}"] = json.dumps(listing).encode()
    for name, data in FILES.items():
        site.routes[f"/org/repo/resolve/{SHA}/{name}"] = data
    return site


def opened(hub, policy, url):
    """The files at an address of the hub."""
    return open_remote(url, policy, Credentials(hub_endpoint=hub.base))


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("hf://org/repo/model-00001.safetensors", ["model-00001.safetensors"]),
        ("hf://org/repo@refs/pr/1/fp16/model.safetensors", ["model.safetensors"]),
        (
            "hf://org/repo/model.safetensors.index.json",
            ["model.safetensors.index.json", ".gitattributes", "config.json", "model-00001.safetensors"],
        ),
        ("hf://org/repo/fp16", ["deep/x.bin", "model.safetensors"]),
        (
            "hf://org/repo",
            [".gitattributes", "config.json", "fp16/model.safetensors", "model-00001.safetensors", "model.safetensors.index.json"],
        ),
    ],
)
def test_files_and_folders(hub, policy, url, names):
    """A file is itself, an index has its neighbours, a folder is listed one level deep."""
    with opened(hub, policy, url) as files:
        assert list(files.names()) == names


def test_all_ranges_are_of_one_commit(hub, policy):
    """The revision is pinned by the listing, sizes come from it, and a first read of the tail is the only further request."""
    with opened(hub, policy, "hf://org/repo/model-00001.safetensors") as files:
        assert files.open("model-00001.safetensors").size == 70_000
        assert files.open("model-00001.safetensors").read_at(69_990, 20) == b"1" * 10
    assert [path for path, _ in hub.log[1:]] == [f"/org/repo/resolve/{SHA}/model-00001.safetensors"]
    assert hub.log[0][0].endswith("revision/main?blobs=true")
    assert "authorization" not in hub.log[0][1]


def test_what_is_not_there(hub, policy):
    """A repository, a revision, a path that does not exist."""
    for url in ("hf://org/none/x", "hf://org/repo@v9/x", "hf://org/repo/none.bin"):
        with pytest.raises(KeygraftError, match="remote_not_found"):
            opened(hub, policy, url)


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"sha":"../..","siblings":[]}', b'{"sha":"abcdef1","siblings":[{"rfilename":"x","size":-1}]}']
)
def test_hostile_listings(site, policy, body):
    """What is no listing is refused."""
    site.routes["/api/models/org/repo/revision/main"] = body
    with pytest.raises(KeygraftError, match="remote_listing"):
        opened(site, policy, "hf://org/repo/x")
