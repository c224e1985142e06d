"""What the services know of the engine, and the engine of the work: nothing of either's inside."""

from typing import Protocol


class Work(Protocol):
    """The body of a job: steps that are done once each, however many processes it takes.

    A step that does not return True has ended the job itself, and said so where people look.
    """

    def prepare(self, job: str) -> int:
        """Look at what is to be done; return the number of parts, -1 where the job ends here."""
        ...

    def part(self, job: str, number: int) -> bool:
        """Do one part; doing it twice leaves the same."""
        ...

    def finish(self, job: str) -> bool:
        """Put together what the parts made."""
        ...


class Engine(Protocol):
    """Runs jobs step by step and remembers which steps are done."""

    def start(self, job: str, attempt: int) -> None:
        """Run a job from its first step; to start an attempt twice is to start it once."""
        ...

    def resume(self, job: str, attempt: int) -> None:
        """Go on with a job whose process is gone, after the last step that was done."""
        ...

    def close(self) -> None:
        """Stop; what runs can be resumed."""
        ...
