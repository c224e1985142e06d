"""The console script: every command, and the one place where errors become a line."""

import os
import sys
from typing import NoReturn

import typer

from app import messages
from app.cli import checking, credentials, house, output, people, plans, sides, transfers
from app.errors import KeygraftError

USAGE = 2
_WrongUse: type[Exception] = typer.BadParameter.__mro__[2]
"""Root of the errors that typer raises for wrong use; it carries its own copy of click, so this is the way to name it."""
INTERRUPTED = 130
_SHOWN_LINES = 30
_SHOWN_WIDTH = 400


def _application() -> typer.Typer:
    made = typer.Typer(
        name="keygraft",
        help=messages.text("cli-help"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for room in (house, sides, transfers, people, checking):
        room.register(made)
    made.add_typer(plans.application(), name="plan")
    made.add_typer(people.application(), name="people")
    made.add_typer(credentials.application(), name="credentials")
    return made


def main() -> NoReturn:
    """Run the command line. Exit codes: 0 done, 1 the check does not hold, 2 wrong use or unreadable input."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; an error is one line on standard error, its code at the end.

    With `--json` it is a document on standard output too: `{"error": {"code", "message", "hint", "params"}}`.
    """
    try:
        code = typer.main.get_command(_application()).main(arguments, prog_name="keygraft", standalone_mode=False)
    except KeygraftError as error:
        _logged(error)
        if "--json" in arguments:
            output.print_json({"error": messages.describe(error)})
        return _said(messages.error_text(error), f"{messages.error_hint(error)} [{error.code}]", error.exit_code)
    except _WrongUse as error:
        return _said(_wrong(error), messages.text("cli-see-help"), USAGE)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _logged(error: KeygraftError) -> None:
    """Print the end of what code said before it failed to build, line by line in front of the error."""
    lines = [line for name in ("log", "traceback") for line in str(getattr(error, name, "")).splitlines()[-_SHOWN_LINES:]]
    for line in lines:
        sys.stderr.write("  | " + "".join(char if char.isprintable() else "�" for char in line[:_SHOWN_WIDTH]) + "\n")


def _wrong(error: Exception) -> str:
    described = getattr(error, "format_message", None)
    return str(described()) if callable(described) else str(error)


def _said(message: str, hint: str, code: int) -> int:
    ended = message.rstrip().endswith((".", "!", "?", ":")) or hint.startswith("[")
    line = " ".join(f"keygraft: {message}{'' if ended else '.'} {hint}".split())
    sys.stderr.write("".join(char if char.isprintable() else "�" for char in line) + "\n")
    return code
