"""Addresses of remote checkpoints: https://, s3://bucket/key and hf://org/repo[@revision]/path.

What a person typed is read once, strictly, into parts; nothing later takes a URL apart again. A *label* is what may be shown and stored: it
has neither user, password, query nor fragment, since those may hold secrets.
"""

import re
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import quote, unquote, urljoin, urlsplit

import msgspec

from app.sources.errors import AddressError
from app.sources.hosts import canonical

MAX_LENGTH = 8192
SCHEMES = ("https", "http", "s3", "hf")
_PORTS = {"https": 443, "http": 80}
_SAFE = "/!$&'()*+,;=:@~-._%"
_BAD = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
_HUB = re.compile(
    r"(?P<org>[^/@]+)/(?P<repo>[^/@]+)(?:@(?P<revision>refs/(?:pr|convert)/[^/]+|[^/]+))?(?:/(?P<path>.*))?\Z",
)
_HUB_PAGE = re.compile(
    r"/(?P<org>[^/]+)/(?P<repo>[^/]+)(?:/(?:blob|resolve|tree|raw)/(?P<revision>refs%2F(?:pr|convert)%2F[^/]+|[^/]+)(?:/(?P<path>.*))?)?/?\Z"
)
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_HUB_OTHER = frozenset({"api", "datasets", "spaces", "docs", "papers", "collections", "models", "blog", "settings", "join", "login"})


class WebAddress(msgspec.Struct, frozen=True):
    """Where one request goes. `host` is ASCII, lower case, without brackets or a dot at its end; `path` and `query` are percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be equal for a credential to be sent."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and, where it is not the scheme's own, port: the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def label(self) -> str:
        """The address without what may be secret."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def name(self) -> str:
        """Base name of the file."""
        return base_name(unquote(self.path))

    def beside(self, name: str) -> "WebAddress":
        """Return the address of another file in the same folder."""
        return msgspec.structs.replace(self, path=self.path.rpartition("/")[0] + "/" + quote(name, safe=""))

    def redirected(self, location: str) -> "WebAddress":
        """Return where a redirect leads. Raises AddressError."""
        whole = urljoin(f"{self.scheme}://{self.netloc}{self.target}", quote(location, safe=_SAFE + "?#[]"))
        return parse_web(whole)

    def __repr__(self) -> str:
        return f"WebAddress({self.label!r})"


class S3Address(msgspec.Struct, frozen=True):
    """An object, or with a key that is empty or ends in "/" a folder of objects."""

    bucket: str
    key: str

    @property
    def label(self) -> str:
        """The address as it is written."""
        return f"s3://{self.bucket}/{self.key}"


class HubAddress(msgspec.Struct, frozen=True):
    """A file or folder of a model repository; an empty path is all of it."""

    repo: str
    revision: str
    path: str

    @property
    def label(self) -> str:
        """The address as it is written."""
        at = "" if self.revision == "main" else f"@{self.revision}"
        return f"hf://{self.repo}{at}/{self.path}"


Address = WebAddress | S3Address | HubAddress


def is_remote(text: str) -> bool:
    """Whether a person means an address and no path."""
    return "://" in text.strip()[:32]


def parse_address(text: str) -> Address:
    """Read an address. Raises AddressError with what is wrong with it."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        _refuse("length")
    scheme, colon, _ = text.partition("://")
    if not colon or scheme.lower() not in SCHEMES:
        shown = scheme if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]{0,20}", scheme) else "?"
        raise AddressError("url_scheme", scheme=shown)
    parse: dict[str, Callable[[str], Address]] = {"s3": _s3, "hf": _hub}
    return parse.get(scheme.lower(), _web_or_hub)(text)


def parse_web(text: str) -> WebAddress:
    """Read an http or https address. Raises AddressError."""
    if len(text) > MAX_LENGTH or _BAD.search(text) or any("\ud800" <= char <= "\udfff" for char in text):
        _refuse("characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        _refuse("form")
    if parts.scheme not in _PORTS:
        raise AddressError("url_scheme", scheme=parts.scheme[:20] or "?")
    if "@" in parts.netloc:
        raise AddressError("url_with_password", host=parts.hostname or "?")
    if not parts.hostname or port == 0 or ("[" in parts.netloc) != (":" in parts.hostname):
        _refuse("host")
    path = quote(parts.path or "/", safe=_SAFE)
    return WebAddress(parts.scheme, canonical(parts.hostname), port or _PORTS[parts.scheme], path, quote(parts.query, safe=_SAFE + "?/"))


def base_name(path: str) -> str:
    """Return the last part of a path, whichever way its slashes lean."""
    return re.split(r"[/\\]", path)[-1]


def _web_or_hub(text: str) -> Address:
    address = parse_web(text)
    page = _HUB_PAGE.match(address.path) if address.host in _HUB_HOSTS else None
    if page is None or page["org"] in _HUB_OTHER:
        return address
    return _hub_parts(page["org"], page["repo"], unquote(page["revision"] or "main"), unquote(page["path"] or ""))


def _s3(text: str) -> S3Address:
    bucket, _, key = text[len("s3://") :].partition("/")
    if not _BUCKET.match(bucket) or ".." in bucket or re.fullmatch(r"[0-9.]+", bucket):
        _refuse("bucket")
    if len(key.encode("utf-8", "surrogatepass")) > 1024 or not key.isprintable():
        _refuse("characters")
    return S3Address(bucket, key)


def _hub(text: str) -> HubAddress:
    found = _HUB.match(text[len("hf://") :])
    if found is None:
        _refuse("hub")
    return _hub_parts(found["org"], found["repo"], unquote(found["revision"] or "main"), found["path"] or "")


def _hub_parts(org: str, repo: str, revision: str, path: str) -> HubAddress:
    parts = [part for part in path.split("/") if part]
    good = _NAME.match(org) and _NAME.match(repo) and (path + revision).isprintable() and len(path + revision) < 1024
    if not good or any(part in {".", ".."} for part in [*parts, *revision.split("/"), org, repo]):
        _refuse("hub")
    return HubAddress(f"{org}/{repo}", revision, "/".join(parts))


def _refuse(detail: str) -> NoReturn:
    raise AddressError("url_invalid", detail=detail)
