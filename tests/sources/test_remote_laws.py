"""Laws of remote files: right bytes or an error of ours, whatever is asked and whatever is answered."""

import threading
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import KeygraftError
from app.sources import RemotePolicy
from app.sources.addresses import parse_web
from app.sources.remote import Crew, RemoteFile
from app.sources.web import Answer, Head
from app.sources.webfile import WebFile

DATA = bytes(range(251)) * 4
"""Small, and all bounds below with it: a file in parts of one byte is a thousand requests."""
SPANS = st.lists(st.tuples(st.integers(0, len(DATA) + 50), st.integers(0, len(DATA))), max_size=6)


class Held:
    """A store of one file that fails where it is asked for what it does not have."""

    def __init__(self, size):
        self.size = size
        self.asked = 0
        self.lock = threading.Lock()

    def start(self, length):
        """Tell the size with the first bytes."""
        self.size = len(DATA)
        return self.read(0, length)

    def read(self, offset, length):
        """Return a slice."""
        assert 0 <= offset < offset + length
        with self.lock:
            self.asked += min(length, len(DATA) - offset)
        return DATA[offset : offset + length]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), SPANS), max_size=6), st.sampled_from([None, len(DATA)]), st.integers(1, 400), st.integers(1, 300))
def test_reads_are_slices(steps, known, part, ahead):
    """Reading and announcing in any order gives the bytes of the file, and counts what was fetched."""
    import app.sources.remote as room

    before = room.PART, room.AHEAD, room.FIRST, room.GAP, room.HELD, room.STREAM_FROM, room.STREAM
    room.PART, room.AHEAD, room.FIRST, room.GAP, room.HELD, room.STREAM_FROM, room.STREAM = part, ahead, 10, 6, 600, 5, 2 * part
    crew = Crew(3)
    try:
        store = Held(known)
        file = RemoteFile("x", store, crew)
        assert file.size == len(DATA)
        for announce, spans in steps:
            if announce:
                file.want(spans)
            else:
                assert [file.take(offset, min(length, part)) for offset, length in spans if offset < file.size] == [
                    DATA[offset : offset + min(length, part)] for offset, length in spans if offset < file.size
                ]
                assert [file.read_at(*span) for span in spans] == [DATA[offset : offset + length] for offset, length in spans]
        assert file.bytes_read == store.asked
    finally:
        crew.close()
        room.PART, room.AHEAD, room.FIRST, room.GAP, room.HELD, room.STREAM_FROM, room.STREAM = before


NUMBER = st.one_of(st.integers(0, 20), st.just(10**30), st.just("*"), st.just("-1"), st.just("\u0661"))
RANGE = st.builds("bytes {}-{}/{}".format, NUMBER, NUMBER, NUMBER) | st.builds("bytes */{}".format, NUMBER) | st.text(max_size=12)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-range": RANGE,
        "content-length": NUMBER.map(str),
        "etag": st.sampled_from(['"a"', '"b"', 'W/"a"', "\xff", "x" * 999]),
        "last-modified": st.sampled_from(["Mon", "Tue"]),
        "content-encoding": st.sampled_from(["identity", "gzip"]),
        "content-type": st.sampled_from(["text/html", "application/octet-stream"]),
    },
)
ANSWERS = st.lists(
    st.tuples(st.sampled_from([200, 206, 206, 206, 204, 301, 400, 403, 404, 412, 416, 999]), HEADERS, st.integers(0, 20)), max_size=5
)


@settings(max_examples=300, deadline=None)
@given(ANSWERS, st.sampled_from([None, 0, 7, 20]))
def test_any_answer_is_bytes_of_the_right_length_or_an_error_of_ours(answers, known):
    """A server may say anything in any order: the size never changes once it is known, and no read is longer or shorter than it must be."""
    address = parse_web("https://a.example/x")
    left = list(answers)

    def get(asked, headers, accept, authorise):
        if not left:
            raise KeygraftError("remote_unreachable", host="a.example")
        status, found, length = left.pop()
        head = Head(status, found, asked, asked)
        most = accept(head)
        assert 0 <= most <= 1000
        return Answer(head, bytes(min(length, most)))

    file = WebFile(SimpleNamespace(get=get, policy=RemotePolicy(max_whole=1000)), address, None, known)
    size = known
    for offset, length in ((0, 8), (2, 5), (6, 100)):
        try:
            found = file.read(offset, length)
        except KeygraftError:
            continue
        assert size in {None, file.size}
        size = file.size
        assert len(found) == max(0, min(length, size - offset))
