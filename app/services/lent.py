"""Files that stay on the person's computer: the reader asks for ranges, the page sends just these, at most four rounds."""

from collections.abc import Sequence
from threading import Lock

import msgspec

from app import readers
from app.errors import ConflictError, KeygraftError, LimitError, NotFoundError
from app.keys import parse_token
from app.services import sidebook
from app.services.cards import LentFile, SideCard, Wanted, WantedRange
from app.services.house import LOCAL, House
from app.services.plain import plain
from app.services.sidebook import Given
from app.sources import LentFiles, Range, RangeStore, RangesWanted

MAX_ROUNDS = 4
MAX_FILES = 4096


class Conversation:
    """What was sent so far of one set of lent files."""

    def __init__(self, given: Given, files: LentFiles) -> None:
        self.given = given
        self.files = files
        self.round = 0
        self.lock = Lock()


def lend(house: House, files: Sequence[LentFile], *, by: str = LOCAL) -> SideCard:
    """Begin: names and sizes only. Returns a card that wants ranges, or is ready where none are needed. Raises KeygraftError."""
    files = [msgspec.structs.replace(file, name=plain(file.name)) for file in files]
    _check(files)
    given = Given("lent", _label(files), files=tuple(files))
    conversation = Conversation(given, LentFiles({file.name: file.size for file in files}, RangeStore()))
    card = _go_on(house, conversation, "", by)
    if card.state == "wanted":
        house.lent.put(card.id, conversation)
    return card


def feed(house: House, side: str, parts: Sequence[tuple[str, int, bytes]]) -> SideCard:
    """Take the ranges of one round as (file, offset, bytes). Raises KeygraftError: not what was asked for, too much, unreadable."""
    conversation = house.lent.get(side)
    if conversation is None:
        raise ConflictError("lent_forgotten") if _known(house, side) else NotFoundError("side_not_found", side=side[:40])
    with conversation.lock:
        size = sum(len(data) for _, _, data in parts)
        if conversation.files.store.nbytes + size > house.settings.lent_bytes:
            raise LimitError("lent_too_much", limit=house.settings.lent_bytes >> 20)
        for name, offset, data in parts:
            conversation.files.receive(Range(plain(name), offset, len(data)), data)
        return _go_on(house, conversation, side, LOCAL)


def _go_on(house: House, conversation: Conversation, side: str, by: str) -> SideCard:
    given = conversation.given
    nesting = None if given.nesting is None else tuple(map(parse_token, given.nesting))
    try:
        tree = readers.read_limited(conversation.files, nesting=nesting, limits=sidebook.limits(house))
    except RangesWanted as request:
        conversation.round += 1
        if conversation.round > MAX_ROUNDS:
            house.lent.forget(lambda key: key == side)
            raise KeygraftError("lent_rounds", file=given.label, limit=MAX_ROUNDS) from None
        ranges = tuple(WantedRange(*each) for each in request.ranges)
        wanted = Wanted(conversation.round, ranges, sum(each.length for each in ranges))
        return sidebook.keep_open(house, given, side=side, wanted=wanted, by=by)
    card = sidebook.keep_tree(house, given, msgspec.structs.replace(tree, bytes_read=conversation.files.store.nbytes), side=side, by=by)
    sidebook.spool(house, card.id, conversation.files.store)
    house.lent.forget(lambda key: key == side)
    return card


def read_again(house: House, side: str, given: Given, *, by: str = LOCAL) -> SideCard:
    """Read another tree out of what was sent; asks for more where that needs more. Raises KeygraftError."""
    store = sidebook.spooled(house, side)
    conversation = Conversation(given, LentFiles({file.name: file.size for file in given.files}, store))
    card = _go_on(house, conversation, "", by)
    if card.state == "wanted":
        house.lent.put(card.id, conversation)
    return card


def _known(house: House, side: str) -> bool:
    with house.database.read() as tx:
        return sidebook.row_of(tx, side).kind == "lent"


def _check(files: Sequence[LentFile]) -> None:
    if not files:
        raise KeygraftError("lent_nothing")
    if len(files) > MAX_FILES:
        raise LimitError("lent_too_many", limit=MAX_FILES)
    if len({file.name for file in files}) != len(files):
        raise KeygraftError("lent_twice")


def _label(files: Sequence[LentFile]) -> str:
    first = files[0].name
    if len(files) == 1:
        return first.rsplit("/", 1)[-1][:200]
    return first.split("/", 1)[0][:200] if "/" in first else f"{first[:180]} +{len(files) - 1}"
