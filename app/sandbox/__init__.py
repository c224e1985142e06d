"""Limited child processes: the only place where foreign code runs."""

from app.sandbox.errors import SandboxError, SandboxUnavailableError
from app.sandbox.limits import Limits
from app.sandbox.sandbox import Outcome, Sandbox
from app.sandbox.server import Facts
from app.sandbox.status import Layer, Status

__all__ = ["Facts", "Layer", "Limits", "Outcome", "Sandbox", "SandboxError", "SandboxUnavailableError", "Status"]
