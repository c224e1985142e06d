"""Commands over people: the first admin, invitations, links for a new password, closing an account; and the log of what was done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import Json, print_json, write, write_exactly

if TYPE_CHECKING:
    from app.services.house import House

Data = Annotated[Path | None, typer.Option(help="Data folder.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]


def application() -> typer.Typer:
    """Make the group of commands."""
    made = typer.Typer(name="people", help="Who may come in; the first of them is made here.", no_args_is_help=True, rich_markup_mode=None)
    for command in (add, list_, invite, reset, admin, close, open_):
        made.command(command.__name__.rstrip("_"))(command)
    return made


def register(app: typer.Typer) -> None:
    """Add the command that stands by itself."""
    app.command()(audit)


@contextmanager
def _house(data: Path | None) -> "Iterator[House]":
    from app import bootstrap
    from app.settings import load

    house = bootstrap.open_house(load(data=data), alone=True)
    try:
        yield house
    finally:
        house.close()


def _address(house: "House", path: str) -> str:
    """Where a path leads: the running server where there is one, else where one would run."""
    from app.gate.entry import PATH, Entry, running_link

    running = running_link(house.settings.data)
    if running and not house.settings.public_url:
        return running.partition(f"{PATH}?")[0].rstrip("/") + path
    return Entry(house.settings).home(house.settings.port, path)


def add(
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="May look after people, teams and the log, and owns every transfer.")] = False,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for the password here, rather than printing a link that sets it.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make an account; prints a link that sets its password, once. From the first account on, everybody signs in."""
    from app.services import accounts, invitations

    with _house(data) as house:
        if password:
            given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
            made = accounts.add(house, name, password=given, admin=admin)
            print_json({"id": made.id, "login": made.login}) if as_json else write(f"{made.login} can sign in.")
            return
        link = invitations.first(house, name, admin=admin)
        shown = _address(house, link.path)
    print_json({"login": link.login, "link": shown, "expires": link.expires}) if as_json else write(shown)


def list_(as_json: Json = False, data: Data = None) -> None:
    """List everybody."""
    from app.services import accounts

    with _house(data) as house:
        found = accounts.listed(house)
    if as_json:
        print_json(found)
        return
    for each in found:
        marks = [word for word, holds in (("admin", each.admin), ("closed", each.disabled), ("no password yet", each.waiting)) if holds]
        write(f"{each.login:24} {each.name:24} {', '.join(marks)}".rstrip())


def invite(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Name that the link proposes.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="For somebody who looks after the installation.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Print a link that makes an account, once."""
    from app.services import invitations

    with _house(data) as house:
        made = invitations.invite(house, name, admin=admin)
        shown = _address(house, made.path)
    print_json({"link": shown, "expires": made.expires}) if as_json else write(shown)


def reset(name: Name, as_json: Json = False, data: Data = None) -> None:
    """Print a link by which somebody sets a new password, once."""
    from app.services import accounts, invitations

    with _house(data) as house:
        made = invitations.reset(house, accounts.by_login(house, name).id)
        shown = _address(house, made.path)
    print_json({"link": shown, "expires": made.expires}) if as_json else write(shown)


def admin(
    name: Name,
    off: Annotated[bool, typer.Option("--off", help="No longer.")] = False,
    data: Data = None,
) -> None:
    """Let somebody look after the installation."""
    from app.services import accounts

    with _house(data) as house:
        accounts.set_admin(house, accounts.by_login(house, name).id, admin=not off)


def close(name: Name, data: Data = None) -> None:
    """Keep somebody out, at once and everywhere: sessions and tokens end. What they did stays theirs."""
    from app.services import accounts

    with _house(data) as house:
        accounts.set_disabled(house, accounts.by_login(house, name).id, disabled=True)


def open_(name: Name, data: Data = None) -> None:
    """Let somebody in again."""
    from app.services import accounts

    with _house(data) as house:
        accounts.set_disabled(house, accounts.by_login(house, name).id, disabled=False)


def audit(
    transfer: Annotated[str, typer.Option(help="Only of this transfer.")] = "",
    what: Annotated[str, typer.Option(help="Only this: sign-in, token, export.taken, …")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one record a line.")] = False,
    data: Data = None,
) -> None:
    """Print what was done, the oldest first."""
    from app.services import audit as log

    with _house(data) as house:
        records = log.every(house, transfer=transfer, what=what)
        if as_csv or as_json:
            for line in log.as_table(records) if as_csv else log.as_lines(records):
                write_exactly(line)
            return
        for each in records:
            write(f"{each.at:%Y-%m-%d %H:%M:%S}  {each.name or '-'}  {each.transfer or '-'}  {each.said}")
