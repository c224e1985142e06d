"""`keygraft credentials`: what may be shown to remote hosts. Secrets come on standard input or are typed unseen; they are never printed."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app import messages
from app.cli.output import Json, print_json, write

Place = Annotated[str, typer.Argument(metavar="PLACE", help="hf, s3, or a host such as files.example.org")]
Data = Annotated[Path | None, typer.Option(help="Data folder.")]
Person = Annotated[str, typer.Option(help="Whose they are; the one person of a single-user house by default.")]


def application() -> typer.Typer:
    """`keygraft credentials …`."""
    app = typer.Typer(help=messages.text("cli-credentials-help"), no_args_is_help=True, rich_markup_mode=None)
    for command in (list_, set_, remove):
        app.command(command.__name__.rstrip("_"))(command)
    return app


def list_(data: Data = None, person: Person = "local", as_json: Json = False) -> None:
    """List the places, without the secrets."""
    from app.services import keyring
    from app.settings import load

    found = keyring.listed(load(data=data), person)
    if as_json:
        print_json([{"place": each.place, "kept": each.kept.isoformat(), "key_id": each.key_id, "region": each.region} for each in found])
        return
    for each in found:
        write("  ".join(part for part in (each.place, each.key_id, each.region, each.endpoint, f"{each.kept:%Y-%m-%d}") if part))


def set_(
    place: Place,
    key_id: Annotated[str, typer.Option("--key-id", help="s3: the key id.")] = "",
    region: Annotated[str, typer.Option(help="s3: the region.")] = "",
    endpoint: Annotated[str, typer.Option(help="s3 or hf: where it is not the usual one.")] = "",
    session: Annotated[bool, typer.Option("--session", help="s3: a session token follows on the next line.")] = False,
    data: Data = None,
    person: Person = "local",
) -> None:
    """Keep a token or secret key, read from standard input or typed unseen."""
    from app.services import keyring
    from app.settings import load
    from app.sources.credentials import NO_SECRET, Secret

    secret = Secret(_asked())
    given = keyring.Given(
        secret=secret, key_id=key_id, session=Secret(_asked()) if session else NO_SECRET, region=region, endpoint=endpoint
    )
    kept = keyring.keep(load(data=data), place, given, at=datetime.now(UTC), by=person)
    write(messages.text("cli-credential-kept", place=kept.place))


def remove(place: Place, data: Data = None, person: Person = "local") -> None:
    """Forget what is kept for a place."""
    from app.services import keyring
    from app.settings import load

    keyring.remove(load(data=data), place, by=person)
    write(messages.text("cli-credential-removed", place=keyring.place_of(place)))


def _asked() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(messages.text("cli-credential-prompt"), hide_input=True, default="", show_default=False))
    return sys.stdin.readline(1 << 16)
