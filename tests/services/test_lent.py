"""Lent files: only what the reader asks for is sent, in few rounds."""

import pickle
import time
from pathlib import Path

import numpy as np
import pytest

from app import bootstrap, settings
from app.errors import ConflictError, KeygraftError, LimitError, NotFoundError
from app.services import exports, lent, sides, transfers
from app.services.cards import LentFile, SideCard
from app.services.house import House


def converse(house: House, files: dict[str, Path]) -> SideCard:
    """Play the browser: send the ranges that are wanted until the card is ready."""
    card = lent.lend(house, [LentFile(name, path.stat().st_size) for name, path in files.items()])
    while card.wanted is not None:
        parts = []
        for each in card.wanted.ranges:
            with files[each.file].open("rb") as file:
                file.seek(each.offset)
                parts.append((each.file, each.offset, file.read(each.length)))
        card = lent.feed(house, card.id, parts)
    return card


@pytest.mark.parametrize("name", ["zip_tied.pt", "st_dtypes.safetensors", "legacy_tied.pth", "lightning_plain.ckpt"])
def test_a_lent_file_reads_like_a_local_one(house: House, shared: Path, name: str) -> None:
    """The same keys, shapes and places, by ranges."""
    path = shared / "checkpoints" / "generated" / name
    card = converse(house, {name: path})
    local = sides.upload(house, name, path.read_bytes())
    assert card.state == "ready"
    assert card.kind == "lent"
    assert not card.holds
    assert sides.tree(house, card.id).tensors == sides.tree(house, local.id).tensors


def test_a_folder_of_shards(house: House, shared: Path) -> None:
    """All shards are asked for at once."""
    folder = shared / "checkpoints" / "generated" / "hf_sharded"
    card = converse(house, {f"hf_sharded/{path.name}": path for path in sorted(folder.iterdir()) if path.is_file()})
    assert card.tensors == 19
    assert card.label == "hf_sharded"
    announced = [LentFile(path.name, path.stat().st_size) for path in sorted(folder.iterdir()) if path.is_file()]
    assert lent.lend(house, announced, folder="shards").label == "shards"
    assert lent.lend(house, announced).label.endswith(".index.json")


def test_a_file_that_must_be_walked(house: House, tmp_path: Path) -> None:
    """A pickle of large arrays takes a round for each, and is read all the same; what is sent stays small."""
    path = tmp_path / "arrays.pkl"
    path.write_bytes(pickle.dumps({f"w{index}": np.zeros(600_000, np.float32) for index in range(12)}))
    card = converse(house, {path.name: path})
    assert (card.state, card.tensors) == ("ready", 12)


def test_another_tree_of_the_same_file(house: House, shared: Path) -> None:
    """What was sent is enough to read the optimizer beside the weights."""
    name = "lightning_plain.ckpt"
    card = converse(house, {name: shared / "checkpoints" / "generated" / name})
    other = next(offer for offer in card.offers if offer.nesting != card.nesting)
    again = sides.nest(house, card.id, other.nesting)
    assert again.nesting == other.nesting
    assert again.tensors == other.tensors
    assert again.id != card.id


def test_what_was_not_asked_for_is_refused(house: House) -> None:
    """Ranges outside the file, and files of other names."""
    card = lent.lend(house, [LentFile("a.safetensors", 1000)])
    assert card.wanted is not None
    assert card.wanted.round == 1
    with pytest.raises(KeygraftError, match="range_outside"):
        lent.feed(house, card.id, [("a.safetensors", 999, b"xxxx")])
    with pytest.raises(KeygraftError, match="range_outside"):
        lent.feed(house, card.id, [("b.safetensors", 0, b"xxxx")])


def test_an_answer_that_does_not_help_ends_the_conversation(house: House) -> None:
    """Five rounds of nothing are enough."""
    card = lent.lend(house, [LentFile("a.safetensors", 1000)])
    for _ in range(3):
        card = lent.feed(house, card.id, [])
    with pytest.raises(KeygraftError, match="lent_rounds"):
        lent.feed(house, card.id, [])
    with pytest.raises(ConflictError, match="lent_forgotten"):
        lent.feed(house, card.id, [])


def test_a_round_asks_for_no_more_than_a_body_takes(house: House) -> None:
    """Both ends of 400 shards are 52 MB: the first of them in one round, the others in the next."""
    card = lent.lend(house, [LentFile(f"model-{number:05}-of-00400.safetensors", 1 << 20) for number in range(400)])
    assert card.wanted is not None
    assert 16 << 20 < card.wanted.bytes <= house.settings.upload_bytes // 2


def test_nothing_too_many_or_twice(house: House) -> None:
    """What cannot be a checkpoint is refused at once."""
    with pytest.raises(KeygraftError, match="lent_nothing"):
        lent.lend(house, [])
    with pytest.raises(LimitError, match="lent_too_many"):
        lent.lend(house, [LentFile(str(number), 1) for number in range(5000)])
    with pytest.raises(KeygraftError, match="lent_twice"):
        lent.lend(house, [LentFile("a", 1), LentFile("a", 2)])
    with pytest.raises(NotFoundError, match="side_not_found"):
        lent.feed(house, "nowhere", [])


def test_exports_of_a_lent_file(house: House, shared: Path) -> None:
    """No file can be written here; the script and the line to run can."""
    name = "zip_tied.pt"
    card = converse(house, {name: shared / "checkpoints" / "generated" / name})
    made = transfers.create(house, {"": card.id}, card.id)
    closed = {kind.kind: kind.why_not for kind in exports.kinds(house, made.id) if not kind.available}
    assert set(closed) == {"safetensors", "torch", "torch-legacy"}
    assert exports.apply_line(house, made.id).startswith("keygraft apply ")
    with pytest.raises(KeygraftError, match="export_not_held"):
        exports.export(house, made.id, "safetensors")
    assert "load_into" in exports.script(house, made.id)


@pytest.mark.parametrize(("size", "modified"), [(2**60, 0), (-1, 0), (8, 2**80), (8, -(2**80))])
def test_sizes_and_times_that_no_file_has_are_refused(house: House, size: int, modified: int) -> None:
    """A number beyond what files and scripts can count to is refused in words, before anything is read."""
    with pytest.raises(KeygraftError, match="lent_size"):
        lent.lend(house, [LentFile("a.safetensors", size, modified)])


def test_a_text_is_not_lent(house: House) -> None:
    """A list of keys too long for the page is read as a whole or not at all; what to do instead is said. An index among shards is none."""
    with pytest.raises(LimitError, match="text_is_lent"):
        lent.lend(house, [LentFile("keys.JSON", 20 << 20)])
    assert lent.lend(house, [LentFile("model.safetensors.index.json", 900)]).state == "wanted"


def test_waiting_for_a_browser_is_not_counted(tmp_path: Path, shared: Path) -> None:
    """Between two rounds may lie more than a whole reading may take: nothing of ours waits for them."""
    name, wall = "zip_tied.pt", 1.5
    house = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path,), workers=0, read_wall_seconds=wall))
    held = (shared / "checkpoints" / "generated" / name).read_bytes()
    try:
        card = lent.lend(house, [LentFile(name, len(held))])
        assert card.wanted is not None
        time.sleep(wall + 0.2)
        while card.wanted is not None:
            card = lent.feed(house, card.id, [(each.file, each.offset, held[each.offset :][: each.length]) for each in card.wanted.ranges])
        assert card.state == "ready"
    finally:
        house.close()
