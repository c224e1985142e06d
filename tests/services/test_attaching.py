"""Lent files that come back: what is the same, what was written again, what changed, what is missing; and what really was sent."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from app.errors import KeygraftError, NotFoundError
from app.services import attaching, lent, sides
from app.services.attaching import Back
from app.services.cards import LentFile
from app.services.house import House
from app.sources import LocalFiles, RangeStore, marks
from tests.services.keylists import keys
from tests.services.test_lent import converse

NAME = "st_dtypes.safetensors"


@pytest.fixture
def side(house: House, shared: Path) -> str:
    """A side of a lent file."""
    return converse(house, {NAME: shared / "checkpoints" / "generated" / NAME}).id


def _back(house: House, side: str, **changes: object) -> Back:
    known = attaching.record(house, side)
    given = {"name": NAME, "size": known.files[0].size, "modified": 0, "digest": known.marks[0].digest} | changes
    return Back(**given)  # type: ignore[arg-type]  # the test's own words


def test_the_record_says_what_was_read(house: House, shared: Path, side: str) -> None:
    """Ranges of each file and a hash that whoever holds the file can work out too."""
    known = attaching.record(house, side)
    data = (shared / "checkpoints" / "generated" / NAME).read_bytes()
    store = RangeStore()
    for offset, length in known.marks[0].ranges:
        store.put(NAME, offset, data[offset : offset + length])
    assert marks(store) == known.marks
    assert known.state == "ready"


def test_files_are_judged(house: House, side: str) -> None:
    """The same; written again with the same header; another size; another header; another name."""
    assert attaching.attach(house, side, [_back(house, side)]).verdict == "same"
    assert attaching.attach(house, side, [_back(house, side, size=1)]).verdict == "changed"
    assert attaching.attach(house, side, [_back(house, side, digest="0" * 64)]).verdict == "changed"
    found = attaching.attach(house, side, [_back(house, side, name="other")])
    assert (found.verdict, found.files, found.said.message) == ("missing", (NAME,), "attach-missing")


def test_a_new_time_alone_is_said(house: House) -> None:
    """A file that was written again with the same header is taken, and it is said."""
    card = lent.lend(house, [LentFile(NAME, 100, modified=5)])
    same, later = (attaching.attach(house, card.id, [Back(NAME, 100, time)]).verdict for time in (5, 6))
    assert (same, later) == ("same", "touched")


def test_the_worst_of_several_files_decides(house: House) -> None:
    """One changed shard among missing and sound ones is what a person must hear of."""
    card = lent.lend(house, [LentFile(name, 10) for name in ("a", "b", "c")])
    found = attaching.attach(house, card.id, [Back("a", 10), Back("b", 11)])
    assert (found.verdict, found.files) == ("changed", ("b",))
    assert attaching.attach(house, card.id, [Back("a", 10)]).files == ("b", "c")


def test_other_values_are_no_other_file(house: House, root: Path) -> None:
    """Trained on: what was read holds values, but keys and places are the same once it is read again; another header is not."""
    paths = {name: root / f"{name}.safetensors" for name in ("first", "later", "other")}
    save_file({"a": torch.zeros(4)}, paths["first"])
    save_file({"a": torch.ones(4)}, paths["later"])
    save_file({"b": torch.ones(4)}, paths["other"])
    first, later, other = (converse(house, {"w.safetensors": path}).id for path in paths.values())
    for again, verdict in ((later, "touched"), (other, "changed")):
        [mark] = attaching.record(house, again).marks
        back = [Back("w.safetensors", paths["first"].stat().st_size, 0, mark.digest)]
        assert attaching.attach(house, first, back).verdict == "changed"
        assert attaching.attach(house, first, back, again=again).verdict == verdict


def test_only_lent_sides_have_a_record(house: House) -> None:
    """Nothing of a typed list can be given again."""
    other = sides.understand(house, keys(a__weight=(1,)))
    with pytest.raises(KeygraftError, match="side_not_lent"):
        attaching.record(house, other.id)
    with pytest.raises(NotFoundError, match="side_not_found"):
        attaching.attach(house, "nowhere", [])


def test_what_is_told_as_sent_is_what_travelled(house: House, shared: Path) -> None:
    """Packed bytes count, not what they unpack to; another tree of the same file keeps the count."""
    name = "lightning_plain.ckpt"
    path = shared / "checkpoints" / "generated" / name
    card = lent.lend(house, [LentFile(name, path.stat().st_size)])
    file, rounds = LocalFiles(path).open(name), 0
    while card.wanted is not None:
        parts = [(each.file, each.offset, file.read_at(each.offset, each.length)) for each in card.wanted.ranges]
        card = lent.feed(house, card.id, parts, sent=7)
        rounds += 1
    assert card.sent == 7 * rounds
    other = next(offer for offer in card.offers if offer.nesting != card.nesting)
    again = sides.nest(house, card.id, other.nesting)
    assert again.sent == card.sent
    assert attaching.record(house, again.id).marks == attaching.record(house, card.id).marks
