"""Lent files: only what the reader asks for is sent, in few rounds."""

from pathlib import Path

import pytest

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
    assert set(closed) == {"safetensors", "torch"}
    assert exports.apply_line(house, made.id).startswith("keygraft apply ")
    with pytest.raises(KeygraftError, match="export_not_held"):
        exports.export(house, made.id, "safetensors")
    assert "load_into" in exports.script(house, made.id)
