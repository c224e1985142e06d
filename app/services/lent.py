"""Files that stay on the person's computer: the reader asks for ranges, the page sends just these, round after round."""

from collections.abc import Sequence
from itertools import accumulate
from threading import Lock

import msgspec

from app import readers
from app.errors import ConflictError, KeygraftError, LimitError, NotFoundError
from app.keys import parse_token
from app.services import sidebook
from app.services.cards import LentFile, SideCard, Wanted, WantedRange
from app.services.house import LOCAL, House
from app.services.plain import is_text, plain
from app.services.sidebook import Given
from app.sources import MAX_ROUNDS, LentFiles, Range, RangeStore, RangesWanted, marks

MAX_IDLE = 4
"""Rounds in a row that may bring nothing."""
MAX_FILES = 4096


class Conversation:
    """What was sent so far of one set of lent files."""

    def __init__(self, given: Given, files: LentFiles) -> None:
        self.given = given
        self.files = files
        self.round = 0
        self.idle = 0
        self.brought = 0
        self.sent = given.sent
        self.lock = Lock()

    def next_round(self) -> bool:
        """Count one more; return whether it is of use to go on."""
        brought = self.files.store.brought
        self.round += 1
        self.idle = 0 if brought > self.brought else self.idle + 1
        self.brought = brought
        return self.round <= MAX_ROUNDS and self.idle <= MAX_IDLE


def lend(house: House, files: Sequence[LentFile], *, folder: str = "", by: str = LOCAL) -> SideCard:
    """Begin: names and sizes only. Returns a card that wants ranges, or is ready where none are needed. Raises KeygraftError.

    folder -- name of the folder that the files were given as
    """
    files = [msgspec.structs.replace(file, name=plain(file.name)) for file in files]
    _check(house, files)
    given = Given("lent", _label(files, plain(folder)), files=tuple(files))
    conversation = Conversation(given, LentFiles({file.name: file.size for file in files}, RangeStore()))
    card = _go_on(house, conversation, "", by)
    if card.state == "wanted":
        house.lent.put(card.id, conversation)
    return card


def feed(house: House, side: str, parts: Sequence[tuple[str, int, bytes]], *, sent: int | None = None, by: str = LOCAL) -> SideCard:
    """Take the ranges of one round as (file, offset, bytes).

    sent -- bytes that travelled for them, where they were packed
    Raises KeygraftError: not what was asked for, too much, unreadable.
    """
    conversation = house.lent.get(side)
    if conversation is None:
        raise ConflictError("lent_forgotten") if _known(house, side) else NotFoundError("side_not_found", side=side[:40])
    with conversation.lock:
        size = sum(len(data) for _, _, data in parts)
        if conversation.files.store.nbytes + size > house.settings.lent_bytes:
            raise LimitError("lent_too_much", limit=house.settings.lent_bytes >> 20)
        for name, offset, data in parts:
            conversation.files.receive(Range(plain(name), offset, len(data)), data)
        conversation.sent += size if sent is None else sent
        return _go_on(house, conversation, side, by)


def _go_on(house: House, conversation: Conversation, side: str, by: str) -> SideCard:
    given = msgspec.structs.replace(conversation.given, sent=conversation.sent)
    nesting = None if given.nesting is None else tuple(map(parse_token, given.nesting))
    try:
        tree = readers.read_limited(conversation.files, nesting=nesting, limits=sidebook.limits(house))
    except RangesWanted as request:
        if not conversation.next_round():
            house.lent.forget(lambda key: key == side)
            raise KeygraftError("lent_rounds", file=given.label, rounds=conversation.round) from None
        ranges = tuple(WantedRange(*each) for each in _first(request.ranges, house.settings.upload_bytes // 2))
        wanted = Wanted(conversation.round, ranges, sum(each.length for each in ranges))
        return sidebook.keep_open(house, given, side=side, wanted=wanted, by=by)
    given = msgspec.structs.replace(given, marks=marks(conversation.files.store))
    card = sidebook.keep_tree(house, given, msgspec.structs.replace(tree, bytes_read=conversation.files.store.brought), side=side, by=by)
    sidebook.spool(house, card.id, conversation.files.store)
    house.lent.forget(lambda key: key == side)
    return card


def _first(ranges: Sequence[Range], most: int) -> Sequence[Range]:
    """Return the first ranges that one body surely has room for, at least one; the reader asks for the others again."""
    held = accumulate(each.length for each in ranges)
    return ranges[: max(1, sum(size <= most for size in held))]


def read_again(house: House, side: str, given: Given, *, by: str = LOCAL) -> SideCard:
    """Read another tree out of what was sent; asks for more where that needs more. Raises KeygraftError."""
    store = sidebook.spooled(house, side)
    conversation = Conversation(given, LentFiles({file.name: file.size for file in given.files}, store))
    card = _go_on(house, conversation, "", by)
    if card.state == "wanted":
        house.lent.put(card.id, conversation)
    return card


def card(house: House, side: str) -> SideCard:
    """What is known of a side that was lent. Raises NotFoundError."""
    with house.database.read() as tx:
        return sidebook.card_of(sidebook.row_of(tx, side))


def _known(house: House, side: str) -> bool:
    with house.database.read() as tx:
        return sidebook.row_of(tx, side).kind == "lent"


LARGEST = 2**53 - 1
"""The largest whole number that a page's script can count to."""


def _check(house: House, files: Sequence[LentFile]) -> None:
    if not files:
        raise KeygraftError("lent_nothing")
    if len(files) > MAX_FILES:
        raise LimitError("lent_too_many", limit=MAX_FILES)
    if len(files) == 1 and is_text(files[0].name):
        raise LimitError("text_is_lent", file=files[0].name[:200], limit=house.settings.text_bytes >> 20)
    if len({file.name for file in files}) != len(files):
        raise KeygraftError("lent_twice")
    odd = next((file for file in files if not 0 <= file.size <= LARGEST or abs(file.modified) > LARGEST), None)
    if odd is not None:
        raise KeygraftError("lent_size", file=odd.name[:200])


def _label(files: Sequence[LentFile], folder: str) -> str:
    """What the files are called together: by their folder, their index, or the first of them."""
    first = files[0].name
    if len(files) == 1:
        return first.rsplit("/", 1)[-1][:200]
    if folder or "/" in first:
        return folder[:200] or first.split("/", 1)[0][:200]
    index = next((file.name for file in files if file.name.endswith(".index.json")), "")
    return index[:200] or f"{first[:180]} +{len(files) - 1}"
