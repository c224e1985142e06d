"""Counts of requests, in Prometheus' text format.

Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import time
from bisect import bisect_left
from collections import Counter
from threading import Lock

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services.house import House

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meter:
    """Requests by method and status, and how long they took until their answer began."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._started = time.time()
        self._latest = time.monotonic()

    @property
    def quiet(self) -> float:
        """Seconds since a request last began or was answered."""
        return time.monotonic() - self._latest

    def touch(self) -> None:
        """Somebody asks, or is answered."""
        self._latest = time.monotonic()

    def note(self, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        with self._lock:
            self._requests[method, status] += 1
            self._buckets[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def text(self, house: House) -> str:
        """Everything that is counted."""
        with self._lock:
            requests, buckets, seconds = sorted(self._requests.items()), list(self._buckets), self._seconds
        lines = ["# TYPE keygraft_requests_total counter"]
        lines += [f'keygraft_requests_total{{method="{method}",status="{status}"}} {count}' for (method, status), count in requests]
        lines.append("# TYPE keygraft_request_seconds histogram")
        total = 0
        for bound, count in zip((*BUCKETS, "+Inf"), buckets, strict=True):
            total += count
            lines.append(f'keygraft_request_seconds_bucket{{le="{bound}"}} {total}')
        lines += [f"keygraft_request_seconds_sum {seconds:.6f}", f"keygraft_request_seconds_count {total}"]
        lines += ["# TYPE keygraft_live_listeners gauge", f"keygraft_live_listeners {house.hub.listeners()}"]
        lines += ["# TYPE process_start_time_seconds gauge", f"process_start_time_seconds {self._started:.3f}"]
        return "\n".join(lines) + "\n"


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metered:
    """The layer that counts."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._meter.touch()
        began = time.perf_counter()
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._meter.note(method, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, counted)
        self._meter.touch()
