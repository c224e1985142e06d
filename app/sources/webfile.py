"""One file on a web server, read by ranges; a server that cannot send ranges is asked once, for a small file.

Source: RFC 9110, sections 13 (conditional requests) and 14 (range requests).
"""

import re
from collections.abc import Mapping

from app.sources.addresses import WebAddress
from app.sources.errors import RemoteChangedError, RemoteError, RemoteLimitError, RemoteMissingError, RemoteRefused
from app.sources.web import Answer, Authorise, Head, WebClient, check_status

_CONTENT_RANGE = re.compile(r"bytes +(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})|\*)/(?P<size>[0-9]{1,18}|\*)\Z")


class WebFile:
    """A remote file. `size` may be known beforehand from a listing; a change of it, of the ETag or of the date while reading is noticed."""

    def __init__(self, client: WebClient, address: WebAddress, authorise: Authorise | None = None, size: int | None = None) -> None:
        self.address = address
        self.size = size
        self._client = client
        self._authorise = authorise
        self._redirected: WebAddress | None = None
        self._etag = ""
        self._date = ""
        self._seen = False
        self._whole: bytes | None = None

    def start(self, length: int) -> bytes:
        """Return the first bytes, up to `length`; afterwards `size` is known. Raises KeygraftError."""
        return self.read(0, length)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly the bytes asked for, fewer only at the end of the file. Raises KeygraftError."""
        if self._whole is not None:
            return self._whole[offset : offset + length]
        if self.size is not None:
            length = min(length, self.size - offset)
        if length <= 0:
            return b""
        answer = self._ask(offset, length)
        head = answer.head
        if head.status == 416:
            return self._ended(head)
        if head.status == 200:
            if self.size not in {None, len(answer.body)}:
                raise RemoteChangedError("remote_changed", url=self.address.label)
            self._whole = answer.body
            self._note(head, len(answer.body))
            return answer.body[offset : offset + length]
        expected = min(length, (self.size or 0) - offset)
        if len(answer.body) != expected:
            raise RemoteError("remote_wrong_range", host=head.address.host)
        return answer.body

    def keep(self, whole: bytes) -> None:
        """Hold a file that was read whole."""
        self._whole = whole

    def _ask(self, offset: int, length: int) -> Answer:
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        if self._etag.startswith('"'):
            headers["If-Range"] = self._etag
        remembered = self._redirected
        if remembered is not None:
            try:
                return self._fetch(remembered, headers, offset, length)
            except (RemoteRefused, RemoteMissingError):
                # Addresses that a redirect hands out are often signed for some minutes only: ask for a new one.
                self._redirected = None
        return self._fetch(self.address, headers, offset, length)

    def _fetch(self, address: WebAddress, headers: Mapping[str, str], offset: int, length: int) -> Answer:
        answer = self._client.get(address, headers, lambda head: self._welcome(head, offset, length), self._authorise)
        if answer.head.address != self.address:
            self._redirected = answer.head.address
        return answer

    def _welcome(self, head: Head, offset: int, length: int) -> int:
        """Check a head; return how many bytes its body may have."""
        if head.status == 416:
            return self._client.policy.max_whole
        if head.status == 412:
            raise RemoteChangedError("remote_changed", url=self.address.label)
        check_status(head)
        if head.headers.get("content-encoding", "identity") != "identity":
            raise RemoteError("remote_encoded", host=head.address.host)
        if head.status == 200 and head.headers.get("content-type", "").lower().startswith("text/html"):
            raise RemoteError("remote_web_page", url=self.address.label)
        return self._welcome_whole(head) if head.status == 200 else self._welcome_part(head, offset, length)

    def _welcome_whole(self, head: Head) -> int:
        if self._seen or self.size is not None:
            self._check_same(head, self.size if head.length is None else head.length)
        most = self._client.policy.max_whole
        if head.length is not None and head.length > most:
            raise RemoteLimitError("remote_no_ranges", url=self.address.label, limit=most)
        return most if head.length is None else head.length

    def _welcome_part(self, head: Head, offset: int, length: int) -> int:
        found = _CONTENT_RANGE.match(head.headers.get("content-range", ""))
        if found is None or found["first"] is None or found["size"] == "*":
            raise RemoteError("remote_wrong_range", host=head.address.host)
        first, last, size = int(found["first"]), int(found["last"]), int(found["size"])
        if self._seen or self.size is not None:
            self._check_same(head, size)
        if first != offset or last != min(offset + length, size) - 1:
            raise RemoteError("remote_wrong_range", host=head.address.host)
        self._note(head, size)
        return last - first + 1

    def _ended(self, head: Head) -> bytes:
        """Nothing lies at this offset: right for an empty file, else the file is shorter than it was."""
        found = _CONTENT_RANGE.match(head.headers.get("content-range", ""))
        if self._seen or self.size or (found is not None and found["size"] not in {"0", "*"}):
            raise RemoteChangedError("remote_changed", url=self.address.label)
        self._whole = b""
        self._note(head, 0)
        return b""

    def _check_same(self, head: Head, size: int | None) -> None:
        now = (_etag(head), head.headers.get("last-modified", ""))
        same = size == self.size and (not self._seen or now == (self._etag, self._date))
        if not same:
            raise RemoteChangedError("remote_changed", url=self.address.label)

    def _note(self, head: Head, size: int) -> None:
        if not self._seen:
            self._seen = True
            self.size = size
            self._etag = _etag(head)
            self._date = head.headers.get("last-modified", "")


def _etag(head: Head) -> str:
    text = head.headers.get("etag", "")
    return text if len(text) <= 256 and text.isprintable() and text.isascii() else ""
