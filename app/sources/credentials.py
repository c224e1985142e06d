"""Secrets for remote sources: handed in by the caller, kept out of every text that Python makes of a value."""

from collections.abc import Mapping

import msgspec

from app.errors import KeygraftError


class Secret:
    """A text that shows itself only when asked; not in repr, logs, errors, JSON or pickles.

    Raises KeygraftError `secret_invalid` where it cannot stand in a header: a client that refuses it later would repeat it in its error.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        text = text.strip()
        if not (text.isascii() and (text.isprintable() or not text)):
            raise KeygraftError("secret_invalid")
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(...)" if self._text else "Secret()"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written")


NO_SECRET = Secret("")


class S3Access(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach an object store; without keys requests are not signed (public buckets).

    endpoint -- `https://host[:port]`, buckets in the path; empty for Amazon's own, of `region`
    """

    endpoint: str = ""
    region: str = "us-east-1"
    key_id: Secret = NO_SECRET
    key: Secret = NO_SECRET
    session: Secret = NO_SECRET


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may show to remote hosts.

    bearer       -- `host` or `host:port` -> token that is sent to it, and to nobody else, over https
    hub          -- token for hf:// addresses
    hub_endpoint -- where hf:// addresses lead
    """

    bearer: Mapping[str, Secret] = {}
    hub: Secret = NO_SECRET
    hub_endpoint: str = "https://huggingface.co"
    s3: S3Access = S3Access()


def from_environment(environment: Mapping[str, str]) -> Credentials:
    """Return what the usual variables hold: HF_TOKEN, HF_ENDPOINT and AWS_*.

    The caller decides whose environment that is: a server's own must not serve strangers' addresses.
    """
    return Credentials(
        hub=Secret(environment.get("HF_TOKEN", "")),
        hub_endpoint=environment.get("HF_ENDPOINT", "") or Credentials().hub_endpoint,
        s3=S3Access(
            endpoint=environment.get("AWS_ENDPOINT_URL_S3", "") or environment.get("AWS_ENDPOINT_URL", ""),
            region=environment.get("AWS_REGION", "") or environment.get("AWS_DEFAULT_REGION", "") or S3Access().region,
            key_id=Secret(environment.get("AWS_ACCESS_KEY_ID", "")),
            key=Secret(environment.get("AWS_SECRET_ACCESS_KEY", "")),
            session=Secret(environment.get("AWS_SESSION_TOKEN", "")),
        ),
    )
