"""Commands over one or two sides: tree, diff, ops."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import Json, print_json, write

if TYPE_CHECKING:
    from app.keys import KeyTree

SideArgument = Annotated[
    str, typer.Argument(metavar="SIDE", help="Checkpoint, folder, address, model, or list of keys; env:NAME takes it from a variable.")
]

Python = Annotated[Path | None, typer.Option("--python", help="Interpreter of another environment to build models in.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tree)
    app.command()(diff)
    app.command()(ops)
    app.command()(snippet)


def tree(
    side: SideArgument,
    server: Annotated[str, typer.Option("--server", metavar="URL", help="Let a server read it: only what it asks for is sent.")] = "",
    as_json: Json = False,
    python: Python = None,
    nesting: Annotated[
        str, typer.Option("--nesting", help="Which tree of the file is meant: ema, or model/state_dict; / is the whole file.")
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Tell a model's keys without running its code; exit 1 where not certain.")
    ] = False,
) -> None:
    """Print the keys of a side with shapes and dtypes; of a file headers only, and only a model's code is run, in the sandbox."""
    from app.cli import given
    from app.keys.documents import tree_to_json

    if server:
        _lent(side, server, as_json=as_json)
        return

    if preview:
        _told(side, as_json=as_json)
        return
    found = given.read(side, python=python, nesting=given.nested(nesting) if nesting else None).tree
    if as_json:
        print_json(tree_to_json(found))
    else:
        _summary(found)


def _summary(found: "KeyTree") -> None:
    from app.viewing.plain import summary_lines
    from app.viewing.summary import summarise

    for line in summary_lines(summarise(found)):
        write(line)


def _told(side: str, *, as_json: bool) -> None:
    """Print what the source tells of a model's keys; what is not certain goes to the error stream."""
    from app.cli import given
    from app.cli.output import note
    from app.keys.documents import tree_to_json
    from app.services.doubts import sentence

    found = given.told(side)
    for reason in found.reasons:
        note(sentence(reason))
    if found.tree is not None and as_json:
        print_json(tree_to_json(found.tree))
    elif found.tree is not None:
        _summary(found.tree)
    if not found.complete:
        raise typer.Exit(1)


def snippet() -> None:
    """Print lines that tell a live model's keys, to be run where the model is; what they print is a SIDE."""
    from app.definitions import SNIPPET

    write(SNIPPET.rstrip("\n"))


def _lent(path: str, address: str, *, as_json: bool) -> None:
    from app.cli.lending import Server
    from app.sources import LocalFiles

    server = Server(address)
    card = server.lend(LocalFiles(path), Path(path).resolve().name if Path(path).is_dir() else "")
    if as_json:
        print_json(server.ask(f"/sides/{card['id']}/tree"))
    else:
        write(
            f"{card['id']}  {card['label']}  {card['format']}  {card['tensors']:,} tensors  {card['sent']:,} of {card['bytes']:,} bytes sent"
        )


def diff(
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
    values: Annotated[bool, typer.Option("--values", help="Compare the tensors too.")] = False,
    as_json: Json = False,
    python: Python = None,
) -> None:
    """Compare two sides: keys, shapes, dtypes; exit 1 where they differ."""
    from app.cli import given
    from app.cli.comparison import Comparison

    found = Comparison.of(given.read(a, python=python), given.read(b, python=python), values=values)
    if as_json:
        print_json(found.document())
    else:
        for line in found.lines():
            write(line)
    if not found.same:
        raise typer.Exit(1)


def ops(as_json: Json = False) -> None:
    """List the operations that a rule may use."""
    from app.cli.vocabulary import described

    listed = described()
    if as_json:
        print_json(listed)
        return
    for entry in listed:
        write(f"{entry['name']}\n    {entry['summary']}\n    {entry['example']}")
