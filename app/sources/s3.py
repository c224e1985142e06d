"""Objects of an S3-compatible store: listed by one request for each thousand, read by ranges through the same guarded client as everything else."""

import re
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, fromstring

from app.sources.addresses import S3Address, WebAddress, base_name, parse_web
from app.sources.credentials import S3Access
from app.sources.errors import AddressError, RemoteError, RemoteLimitError, RemoteMissingError
from app.sources.local import MAX_FILES
from app.sources.signing import Signer, encoded
from app.sources.web import WebClient, check_status
from app.sources.webfile import WebFile

MAX_LISTING = 8 << 20
_REGION = re.compile(r"[a-z0-9-]{1,40}\Z")
_BESIDE = re.compile(r"(?:.*/)?(?:[^/]*\.index\.json|\.metadata)\Z")


class Bucket:
    """A bucket as seen with somebody's access. Raises AddressError where endpoint or region are none."""

    def __init__(self, client: WebClient, bucket: str, access: S3Access) -> None:
        self._client = client
        self._base = _base(bucket, access)
        self._signer = Signer(access, self._base.origin)

    def file(self, key: str, size: int | None = None) -> WebFile:
        """Return an object as a file."""
        return WebFile(self._client, self._at("/" + quote(key, safe="/-._~")), self._signer, size)

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Return (key, size) of each object below a prefix, folders one deep. Raises KeygraftError."""
        token = ""
        count = 0
        while True:
            before = count
            page = self._page(prefix, token)
            for entry in _children(page, "Contents"):
                key, size = _text(entry, "Key"), _text(entry, "Size")
                if not (key.startswith(prefix) and size.isascii() and size.isdigit() and len(size) < 19):
                    raise RemoteError("remote_listing", host=self._base.host)
                count += 1
                if count > MAX_FILES:
                    raise RemoteLimitError("folder_too_large", folder=base_name(prefix.rstrip("/")), limit=MAX_FILES)
                yield key, int(size)
            token = _text(page, "NextContinuationToken")
            if _text(page, "IsTruncated") != "true" or not token:
                return
            # Each further page must bring something, or listing would never end.
            if count == before:
                raise RemoteError("remote_listing", host=self._base.host)

    def _page(self, prefix: str, token: str) -> Element:
        parts = {"list-type": "2", "prefix": prefix} | ({"continuation-token": token} if token else {})
        query = "&".join(f"{name}={encoded(text)}" for name, text in sorted(parts.items()))
        answer = self._client.get(self._at("/", query), {}, lambda _: MAX_LISTING, self._signer)
        check_status(answer.head)
        # A document type is where entities, and with them bombs, are declared; listings have none.
        if b"<!" in answer.body:
            raise RemoteError("remote_listing", host=self._base.host)
        try:
            return fromstring(answer.body)  # noqa: S314 -- see above
        except ParseError:
            raise RemoteError("remote_listing", host=self._base.host) from None

    def _at(self, path: str, query: str = "") -> WebAddress:
        base = self._base
        return WebAddress(base.scheme, base.host, base.port, base.path.rstrip("/") + path, query)


def s3_files(client: WebClient, address: S3Address, access: S3Access) -> dict[str, WebFile]:
    """Return the files that an s3:// address means: an object, an index with its neighbours, or a folder. Raises KeygraftError."""
    bucket = Bucket(client, address.bucket, access)
    folder, _, own = address.key.rpartition("/")
    if own and not _BESIDE.match(address.key):
        return {own: bucket.file(address.key)}
    prefix = f"{folder}/" if folder else ""
    found = {key.removeprefix(prefix): size for key, size in bucket.listed(prefix)}
    names = [name for name in found if name and not name.endswith("/") and _near(name.split("/"), deep=not own)]
    if own:
        names = [own, *(name for name in names if name != own)] if own in found else []
    if not names:
        raise RemoteMissingError("remote_not_found", url=address.label)
    return {name: bucket.file(prefix + name, found[name]) for name in names}


def _near(parts: list[str], *, deep: bool) -> bool:
    """Whether a file belongs to a folder as on a disk: in it, or one level below."""
    return len(parts) == 1 or (deep and len(parts) == 2 and not parts[0].startswith("."))


def _base(bucket: str, access: S3Access) -> WebAddress:
    if not _REGION.match(access.region):
        raise AddressError("url_invalid", detail="region")
    if access.endpoint:
        endpoint = parse_web(access.endpoint.strip())
        return WebAddress(endpoint.scheme, endpoint.host, endpoint.port, f"{endpoint.path.rstrip('/')}/{bucket}")
    # A name with dots does not fit the certificate of the bucket's own host.
    if "." in bucket:
        return WebAddress("https", f"s3.{access.region}.amazonaws.com", 443, f"/{bucket}")
    return WebAddress("https", f"{bucket}.s3.{access.region}.amazonaws.com", 443, "")


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if child.tag.rpartition("}")[2] == name)


def _text(element: Element, name: str) -> str:
    return next((child.text or "" for child in _children(element, name)), "")
