"""Commands over one or two sides: tree, diff, ops."""

from typing import Annotated

import typer

from app.cli.output import Json, print_json, write

SideArgument = Annotated[
    str, typer.Argument(metavar="SIDE", help="Checkpoint, folder, address, model, or list of keys; env:NAME takes it from a variable.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tree)
    app.command()(diff)
    app.command()(ops)


def tree(side: SideArgument, as_json: Json = False) -> None:
    """Print the keys of a side with shapes and dtypes; headers only, nothing is executed."""
    from app.cli import given
    from app.keys.documents import tree_to_json

    found = given.read(side).tree
    if as_json:
        print_json(tree_to_json(found))
        return
    from app.viewing.plain import summary_lines
    from app.viewing.summary import summarise

    for line in summary_lines(summarise(found)):
        write(line)


def diff(
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
    values: Annotated[bool, typer.Option("--values", help="Compare the tensors too.")] = False,
    as_json: Json = False,
) -> None:
    """Compare two sides: keys, shapes, dtypes; exit 1 where they differ."""
    from app.cli import given
    from app.cli.comparison import Comparison

    found = Comparison.of(given.read(a), given.read(b), values=values)
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
