"""What can happen to a sandboxed job; the sentences stand in `locales/*/definitions.ftl`."""

from app.errors import KeygraftError, RefusedError


class SandboxError(KeygraftError):
    """A job that ended without an answer; `log` is what it printed, cut."""

    log: str = ""

    def with_log(self, log: str) -> "SandboxError":
        """Attach what the job printed."""
        self.log = log
        return self


class SandboxUnavailableError(RefusedError):
    """Foreign code cannot run here: the system lacks a wall, or the worker does not start."""
