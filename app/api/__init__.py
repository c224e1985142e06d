"""JSON under `/api/v1`: everything the page can do, for programs. The same services, the same errors."""

from app.api.failures import UnexpectedError, failure, of_status, refused
from app.api.router import attach

__all__ = ["UnexpectedError", "attach", "failure", "of_status", "refused"]
