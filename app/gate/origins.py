"""Where a request comes from: the name it was sent to, and the site that sent it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.errors import RefusedError
from app.settings import LOOPBACK, Settings

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


def host_of(value: str) -> str:
    """The name in a Host header, without its port, lower case; empty where it is none."""
    try:
        return (urlsplit(f"//{value}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def check_host(settings: Settings, host: str) -> None:
    """Refuse a name that is not ours: a page elsewhere may have pointed its own name at this machine. Raises RefusedError."""
    if not settings.loopback and not settings.allowed_hosts:
        return
    name = host_of(host)
    if name not in LOOPBACK and name not in settings.allowed_hosts and name != settings.host:
        raise RefusedError("host_refused", host=name[:100])


def check_site(settings: Settings, method: str, headers: Mapping[str, str]) -> None:
    """Refuse a write that another site sent. Raises RefusedError.

    Browsers say where it comes from in Sec-Fetch-Site, on plain http beyond this machine only in Origin. A proxy may have changed the Host that
    the origin is compared with, so the hosts of the settings count as ours too.
    """
    if method in _READING:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in _OWN:
            raise RefusedError("cross_site")
        return
    origin = headers.get("origin")
    if origin is not None and not _is_ours(settings, origin, headers.get("host", "")):
        raise RefusedError("cross_site")


def _is_ours(settings: Settings, origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return bool(parts.netloc) and (parts.netloc.lower() == host.lower() or (parts.hostname or "") in settings.allowed_hosts)
