"""A client for users' addresses: GET only, each hop guarded, no cookies, no settings taken from the environment.

A request ends in an answer, or in one of our errors that names the host and nothing secret.
"""

import logging
import re
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn, Protocol
from urllib.parse import urlsplit

import httpcore

from app.sources.addresses import WebAddress
from app.sources.connections import DeadlinePassedError, GuardedNetwork, remaining, trust, within
from app.sources.errors import RemoteCancelledError, RemoteError, RemoteLimitError, RemoteMissingError, RemoteRefused
from app.sources.guard import Guard, Resolver, resolve
from app.sources.policy import RemotePolicy

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 20.0
_REGION = re.compile(r"[a-z0-9-]{1,40}\Z")


class Head(NamedTuple):
    """What an answer says before its body. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    address: WebAddress
    asked: WebAddress

    @property
    def length(self) -> int | None:
        """Content-Length, where there is a sound one."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


class Answer(NamedTuple):
    """An answer with its body."""

    head: Head
    body: bytes


class Authorise(Protocol):
    """Gives the headers that show who asks; it is asked anew for each hop and answers only for its own host."""

    def __call__(self, address: WebAddress, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return further headers for a request to this address."""
        ...


Accept = Callable[[Head], int]
"""Looks at an answer's head and says how many bytes of body are welcome; raises where none are."""


class WebClient:
    """Fetches within a policy. `received` counts the bytes of bodies, `waited` the seconds spent on them by all threads together."""

    def __init__(self, policy: RemotePolicy, resolver: Resolver = resolve) -> None:
        # httpcore logs headers of answers on this level: among them are signed addresses.
        logging.getLogger("httpcore").setLevel(logging.INFO)
        self.policy = policy
        self.received = 0
        self.waited = 0.0
        self._lock = threading.Lock()
        self._guard = Guard(policy, resolver)
        proxy = urlsplit(policy.proxy) if policy.proxy else None
        self._network = GuardedNetwork(self._guard, (proxy.hostname or "", proxy.port or 80) if proxy else None)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust(policy),
            proxy=httpcore.Proxy(policy.proxy) if proxy else None,
            max_connections=policy.connections,
            max_keepalive_connections=policy.connections,
            keepalive_expiry=30,
            network_backend=self._network,
        )
        self.close = weakref.finalize(self, self._pool.close)

    def cancel(self) -> None:
        """End what is under way and refuse what comes: `remote_cancelled`."""
        self._network.cancel()

    def get(self, address: WebAddress, headers: Mapping[str, str], accept: Accept, authorise: Authorise | None = None) -> Answer:
        """Fetch, following redirects and trying again where the other side fails. Raises KeygraftError."""
        started = time.monotonic()
        try:
            with within(self.policy.total_timeout):
                return self._get_patiently(address, headers, accept, authorise)
        except DeadlinePassedError:
            raise RemoteError("remote_timeout", host=address.host) from None
        finally:
            with self._lock:
                self.waited += time.monotonic() - started

    def _get_patiently(self, address: WebAddress, headers: Mapping[str, str], accept: Accept, authorise: Authorise | None) -> Answer:
        pause = self.policy.backoff
        for left in range(self.policy.attempts - 1, -1, -1):
            failed: Exception | None = None
            answer: Answer | None = None
            try:
                answer = self._get_through(address, headers, accept, authorise)
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError) as error:
                failed = error
            self._check_cancelled(address)
            if answer is not None and answer.head.status not in _AGAIN:
                return answer
            if not left or isinstance(_cause(failed), ssl.SSLCertVerificationError):
                _give_up(address, failed, answer)
            self._pause(max(pause, _retry_after(answer)), address)
            pause *= 2
        raise RemoteError("remote_unreachable", host=address.host)

    def _get_through(self, address: WebAddress, headers: Mapping[str, str], accept: Accept, authorise: Authorise | None) -> Answer:
        """Follow redirects; every hop is checked as if it had been typed."""
        here = address
        for _ in range(self.policy.redirects + 1):
            self._guard.check(here)
            answer = self._get_once(here, address, headers, accept, authorise)
            location = answer.head.headers.get("location")
            if answer.head.status not in _REDIRECTS or location is None:
                return answer
            here = here.redirected(location)
        raise RemoteError("remote_redirects", host=address.host, limit=self.policy.redirects)

    def _get_once(
        self, address: WebAddress, asked: WebAddress, headers: Mapping[str, str], accept: Accept, authorise: Authorise | None
    ) -> Answer:
        sent = {"Host": address.netloc, "Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "keygraft", **headers}
        if authorise is not None:
            sent |= authorise(address, sent)
        url = httpcore.URL(scheme=address.scheme.encode(), host=address.host.encode(), port=address.port, target=address.target.encode())
        timeouts = {"connect": self.policy.connect_timeout, "read": self.policy.read_timeout, "write": self.policy.read_timeout}
        extensions = {"timeout": timeouts | {"pool": remaining()}}
        listed = [(name.encode(), value.encode()) for name, value in sent.items()]
        self._check_cancelled(address)
        with self._pool.stream("GET", url, headers=listed, extensions=extensions) as response:
            head = Head(response.status, _headers(response.headers), address, asked)
            if head.status in _AGAIN or (head.status in _REDIRECTS and "location" in head.headers):
                return Answer(head, b"")
            return Answer(head, self._body(response, head, accept(head)))

    def _body(self, response: httpcore.Response, head: Head, most: int) -> bytes:
        parts: list[bytes] = []
        count = 0
        for part in response.iter_stream():
            count += len(part)
            if count > most:
                raise RemoteError("remote_too_long", host=head.address.host, limit=most)
            with self._lock:
                self.received += len(part)
            if self.received > self.policy.max_bytes:
                raise RemoteLimitError("remote_budget", host=head.address.host, limit=self.policy.max_bytes)
            parts.append(part)
        return b"".join(parts)

    def _pause(self, seconds: float, address: WebAddress) -> None:
        self._network.cancelled.wait(min(remaining(), seconds))
        self._check_cancelled(address)

    def _check_cancelled(self, address: WebAddress) -> None:
        if self._network.cancelled.is_set():
            raise RemoteCancelledError("remote_cancelled", host=address.host)


def check_status(head: Head) -> None:
    """Raise what an answer that is no success means."""
    host, region = head.address.host, head.headers.get("x-amz-bucket-region", "")
    if head.status in {301, 400} and _REGION.match(region):
        raise RemoteRefused("remote_region", host=host, region=region)
    if head.status in {401, 403}:
        raise RemoteRefused("remote_denied", host=host, status=head.status)
    if head.status in {404, 410}:
        raise RemoteMissingError("remote_not_found", url=head.asked.label)
    if head.status not in {200, 206}:
        raise RemoteError("remote_status", host=host, status=head.status)


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def _cause(error: Exception | None) -> BaseException | None:
    """What lies below an error of httpcore; its pool takes the cause off, the context stays."""
    return (error.__cause__ or error.__context__) if error is not None else None


def _retry_after(answer: Answer | None) -> float:
    text = answer.head.headers.get("retry-after", "") if answer is not None else ""
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdigit() and len(text) < 9 else 0.0


def _give_up(address: WebAddress, failed: Exception | None, answer: Answer | None) -> NoReturn:
    """Say what the last attempt met; the cause is not chained, since its text is the other side's."""
    if answer is not None:
        code = "remote_busy" if answer.head.status == 429 else "remote_failing"
        raise RemoteError(code, host=answer.head.address.host, status=answer.head.status) from None
    if isinstance(_cause(failed), ssl.SSLError):
        raise RemoteError("remote_certificate", host=address.host) from None
    if isinstance(failed, httpcore.TimeoutException):
        raise RemoteError("remote_timeout", host=address.host) from None
    if isinstance(failed, httpcore.ConnectError):
        raise RemoteError("remote_unreachable", host=address.host) from None
    raise RemoteError("remote_broken", host=address.host) from None
