"""AWS Signature Version 4 for GET requests to an object store.

Source: "Authenticating Requests: Using the Authorization Header", Amazon S3 API reference; the vectors of its examples are among our tests.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from app.sources.addresses import WebAddress
from app.sources.credentials import S3Access

EMPTY_BODY = hashlib.sha256(b"").hexdigest()


def now() -> datetime:
    """Return the time that a signature carries."""
    return datetime.now(UTC)


class Signer:
    """Signs requests for one store and for no other host."""

    def __init__(self, access: S3Access, origin: tuple[str, str, int], clock: Callable[[], datetime] = now) -> None:
        self._access = access
        self._origin = origin
        self._clock = clock

    def __call__(self, address: WebAddress, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that sign a request; none for another host, none without keys."""
        access = self._access
        if address.origin != self._origin or not (access.key_id and access.key):
            return {}
        moment = self._clock().strftime("%Y%m%dT%H%M%SZ")
        added = {"x-amz-content-sha256": EMPTY_BODY, "x-amz-date": moment}
        if access.session:
            added["x-amz-security-token"] = access.session.reveal()
        signed = {"host": address.netloc} | added | {name.lower(): text for name, text in headers.items() if name.lower() == "range"}
        names = ";".join(sorted(signed))
        scope = f"{moment[:8]}/{access.region}/s3/aws4_request"
        digest = hashlib.sha256(canonical_request(address, signed).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
        signature = hmac.new(self._key(moment[:8]), text.encode(), "sha256").hexdigest()
        credential = f"{access.key_id.reveal()}/{scope}"
        return added | {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"}

    def _key(self, day: str) -> bytes:
        key = b"AWS4" + self._access.key.reveal().encode()
        for part in (day, self._access.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return key


def canonical_request(address: WebAddress, signed: Mapping[str, str]) -> str:
    """Return the text that is signed; `address.path` is encoded already, as S3 wants it: once."""
    pairs = sorted((encoded(name), encoded(text)) for name, text in parse_qsl(address.query, keep_blank_values=True))
    listed = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
    query = "&".join(f"{name}={text}" for name, text in pairs)
    return "\n".join(("GET", address.path, query, listed, ";".join(sorted(signed)), EMPTY_BODY))


def encoded(text: str) -> str:
    """Percent-encode as the signature wants it: all but letters, digits and `-._~`."""
    return quote(text, safe="-._~")
