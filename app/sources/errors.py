"""Errors of remote sources; their sentences stand in `locales/*/sources.ftl`."""

from app.errors import ConflictError, KeygraftError, LimitError, NotFoundError, RefusedError


class AddressError(KeygraftError):
    """An address that is none of ours."""


class AddressRefused(RefusedError):  # noqa: N818 -- a refusal
    """An address that must not be reached from here."""


class RemoteError(KeygraftError):
    """The other side fails, is slow or does not keep to the protocol."""

    status = 502


class RemoteCancelledError(RemoteError):
    """Whoever asked has ended it: no fault of the other side."""

    status = 409


class RemoteRefused(RefusedError):  # noqa: N818 -- a refusal
    """The other side does not let us in."""


class RemoteMissingError(NotFoundError):
    """The other side has no such file."""


class RemoteChangedError(ConflictError):
    """The file changed while it was read."""


class RemoteLimitError(LimitError):
    """More bytes than the policy allows."""
