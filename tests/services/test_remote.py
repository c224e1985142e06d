"""Addresses as sides: read, read again, cancelled, exported; what is secret in them is written nowhere."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import bootstrap, settings
from app.errors import ConflictError, KeygraftError, RefusedError
from app.services import example_files, exports, files_out, remote, sides, transfers
from app.services.house import House
from tests.services.doing import done, paths
from tests.sources.servers import Handler, Site

SECRET = "X-Amz-Signature=5ec2e7"


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback that holds the example's checkpoint, and asks for a signature where there is one in the path."""
    made = Site()
    made.routes["/net.safetensors"] = example_files.checkpoint()
    yield made
    made.close()


def _house(folder: Path) -> House:
    return bootstrap.open_house(
        settings.load(data=folder / "data", roots=(folder,), remote_private=("127.0.0.1",), remote_http=True, workers=0)
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house that may reach this machine."""
    made = _house(tmp_path)
    yield made
    made.close()


def test_an_address_is_a_side(house: House, site: Site) -> None:
    """Its card names the file, its label has no query, and only a part of it was fetched."""
    card = sides.understand(house, f" {site.base}/net.safetensors ")
    assert (card.kind, card.label, card.state) == ("remote", "net.safetensors", "ready")
    assert card.path == f"{site.base}/net.safetensors"
    assert card.holds
    assert 0 < card.sent < card.bytes
    assert len(sides.tree(house, card.id).tensors) == card.tensors


def test_without_leave_nothing_private_is_reached(tmp_path: Path, site: Site) -> None:
    """The settings decide; by default only the open internet, by https."""
    closed = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path,)))
    with pytest.raises(KeygraftError):
        sides.understand(closed, f"{site.base}/net.safetensors")
    assert site.log == []
    closed.close()


def test_the_secret_of_an_address_stays_in_memory(house: House, site: Site, tmp_path: Path) -> None:
    """No file of the data folder, no export and no error holds it; after a restart the address must be given again."""
    card = sides.understand(house, f"{site.base}/net.safetensors?{SECRET}")
    assert SECRET in site.log[0][0]
    target = sides.understand(house, example_files.model())
    transfer = transfers.create(house, {"": card.id}, target.id)
    again = sides.nest(house, card.id, ())
    for kind in ("plan", "plan-text", "report", "script"):
        assert SECRET not in exports.preview(house, transfer.id, kind)
    assert SECRET not in exports.apply_line(house, transfer.id)
    assert f"'{site.base}/net.safetensors'" in exports.apply_line(house, transfer.id)
    house.close()
    for path in (tmp_path / "data").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    later = _house(tmp_path)
    with pytest.raises(ConflictError, match="remote_forgotten") as caught:
        sides.nest(later, again.id, ())
    assert SECRET not in str(caught.value)
    later.close()


def test_addresses_can_be_switched_off(tmp_path: Path) -> None:
    """Then none is looked at."""
    closed = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path,), remote=False))
    with pytest.raises(RefusedError, match="remote_switched_off"):
        sides.understand(closed, "https://example.org/net.safetensors")
    closed.close()


@pytest.mark.parametrize(("query", "dtype"), [("", ""), (f"?{SECRET}", ""), (f"?{SECRET}", "F16")])
def test_a_remapped_file_is_written_from_ranges(house: House, site: Site, query: str, dtype: str) -> None:
    """The same bytes as from a local file, moved or computed."""
    local = house.settings.roots[0] / "net.safetensors"
    local.write_bytes(example_files.checkpoint())
    target = sides.understand(house, str(local))
    written = []
    for text in (str(local), f"{site.base}/net.safetensors{query}"):
        made = transfers.create(house, {"": sides.understand(house, text).id}, target.id)
        written.append(paths(house, done(house, files_out.start(house, made.id, "safetensors", {"dtype": dtype})))[0].read_bytes())
    assert written[0] == written[1]


def test_a_file_that_changed_there_is_not_mixed_in(house: House, site: Site) -> None:
    """The header is read again before bytes are taken."""
    card = sides.understand(house, f"{site.base}/net.safetensors")
    target = sides.understand(house, example_files.model())
    transfer = transfers.create(house, {"": card.id}, target.id)
    site.routes["/net.safetensors"] = site.routes["/net.safetensors"].replace(b"conv1", b"conv9")
    ended = done(house, files_out.start(house, transfer.id, "safetensors"))
    assert ended.problem is not None
    assert ended.problem.code == "source_changed"


def test_a_reading_is_cancelled_from_another_thread(house: House, site: Site) -> None:
    """Whoever waits gets `remote_cancelled` at once, and no side is kept."""
    reached, release = threading.Event(), threading.Event()

    def hang(handler: object) -> None:
        reached.set()
        release.wait(10)

    site.routes["/slow.safetensors"] = hang
    failed: list[str] = []

    def read() -> None:
        try:
            sides.understand(house, f"{site.base}/slow.safetensors", reading="reading-1")
        except KeygraftError as error:
            failed.append(error.code)

    thread = threading.Thread(target=read)
    thread.start()
    assert reached.wait(10)
    assert remote.progress(house, "reading-1") == 0
    remote.cancel(house, "reading-1")
    thread.join(10)
    release.set()
    assert failed == ["remote_cancelled"]
    assert remote.progress(house, "reading-1") is None


def test_waiting_for_a_host_is_not_counted(tmp_path: Path, site: Site) -> None:
    """A host that takes longer than a whole reading may, twice, and the file is read: what is limited is our own work."""
    whole, wall = example_files.checkpoint(), 1.5
    given = settings.load(
        data=tmp_path / "data", roots=(tmp_path,), remote_private=("127.0.0.1",), remote_http=True, workers=0, read_wall_seconds=wall
    )
    house = bootstrap.open_house(given)
    try:
        sides.understand(house, f"{site.base}/net.safetensors")  # the child is warm now
        slow: list[float] = []

        def late(handler: Handler) -> None:
            if len(slow) < 2:
                slow.append(wall + 0.2)
                time.sleep(slow[-1])
            handler.file(whole)

        site.routes["/late.safetensors"] = late
        assert sides.understand(house, f"{site.base}/late.safetensors").state == "ready"
        assert sum(slow) > wall
    finally:
        house.close()
