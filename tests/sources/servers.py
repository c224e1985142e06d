"""Small real servers on loopback: one that behaves, and all the ways in which others do not."""

import re
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """A web server with files; `routes` maps a path to bytes or to a function of the handler; `log` lists (path, headers) of each request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, bytes | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.log: list[tuple[str, dict[str, str]]] = []
        site = self

        class Bound(Handler):
            pass

        Bound.site = site
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None
        self.port = self._server.server_address[1]
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.base = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def ranges(self) -> list[str]:
        """The Range header of each request."""
        return [headers.get("range", "") for _, headers in self.log]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers from `site.routes`, by ranges where asked."""

    site: Site
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Be quiet."""

    def do_GET(self):
        """Answer."""
        self.site.log.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        found = self.site.routes.get(self.path, self.site.routes.get(self.path.partition("?")[0]))
        if found is None:
            self.reply(404, b"no")
        elif callable(found):
            found(self)
        else:
            self.file(found)

    def asked(self, size):
        """First and last byte of the Range header."""
        found = re.fullmatch(r"bytes=([0-9]+)-([0-9]+)", self.headers.get("Range", ""))
        return (int(found[1]), min(int(found[2]), size - 1)) if found else None

    def file(self, data, etag='"one"', **headers):
        """Answer as a sound server does."""
        asked = self.asked(len(data))
        held = self.headers.get("If-Range")
        if asked is None or (held is not None and held != etag):
            self.reply(200, data, ETag=etag, **headers)
        elif asked[0] >= len(data):
            self.reply(416, b"", **{"Content-Range": f"bytes */{len(data)}"})
        else:
            first, last = asked
            self.reply(206, data[first : last + 1], ETag=etag, **{"Content-Range": f"bytes {first}-{last}/{len(data)}"} | headers)

    def reply(self, status, body, **headers):
        """Send an answer."""
        self.send_response(status)
        for name, text in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, location, status=302):
        """Send elsewhere."""
        self.reply(status, b"", Location=location)

    def drip(self, data, pause):
        """Send byte by byte."""
        self.reply(200, b"", **{"Content-Length": str(len(data))})
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(pause)
