"""Commands that start the page or tell of it: serve, work, open, link, settings."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Json, print_json, write

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")]
Data = Annotated[Path | None, typer.Option(help="Data folder.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (serve, work, open_, link, settings):
        app.command(command.__name__.rstrip("_"))(command)


def serve(host: Host = None, port: Port = None, data: Data = None, browser: Browser = False) -> None:
    """Start the page; prints its one-time link."""
    from app.cli import serving
    from app.settings import load

    serving.run(load(host=host, port=port, data=data), browser=browser)


def work(
    data: Data = None,
    attached: Annotated[
        bool, typer.Option("--attached", hidden=True, help="For the page's own worker: settings come by standard input.")
    ] = False,
) -> None:
    """Do the jobs of a page that starts no worker itself (KEYGRAFT_WORKERS=0); stop it with Ctrl-C, what runs goes on elsewhere."""
    from app.cli import working
    from app.settings import load

    if attached:
        working.run_attached()
    else:
        working.run(load(data=data))


def open_(
    a: Annotated[str, typer.Argument(metavar="A", help="Weights from: any SIDE.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Into model: any SIDE.")],
    host: Host = None,
    port: Port = None,
    data: Data = None,
    browser: Browser = True,
) -> None:
    """Start the page with a new transfer from A to B in front."""
    from app.cli import serving
    from app.settings import load

    serving.run(load(host=host, port=port, data=data), browser=browser, sides=(a, b))


def link(data: Data = None) -> None:
    """Print the link of the page that runs."""
    from app.errors import NotFoundError
    from app.gate.entry import running_link
    from app.settings import load

    found = running_link(load(data=data).data)
    if found is None:
        raise NotFoundError("nothing_runs")
    write(found)


def settings(as_json: Json = False) -> None:
    """List every setting with its default and its meaning."""
    from app.cli.settings_table import listed

    entries = listed()
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        write(f"{entry['name']}\n    {entry['meaning']}\n    default: {entry['default'] or '(empty)'}   now: {entry['now'] or '(empty)'}")
