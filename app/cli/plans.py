"""Commands over plan files: convert, schema, diff and the rest."""

from pathlib import Path
from typing import Annotated

import typer

from app import messages
from app.cli.output import Json, print_json, write, write_exactly

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", dir_okay=False)]
Out = Annotated[Path | None, typer.Option("--out", help="File to write; left out: prints. The suffix .json chooses JSON.")]


def application() -> typer.Typer:
    """`keygraft plan …`."""
    app = typer.Typer(help=messages.text("cli-plan-help"), no_args_is_help=True, rich_markup_mode=None)
    for command in (convert, diff, schema):
        app.command()(command)
    return app


def convert(plan: PlanArgument, out: Out = None, as_json: Json = False) -> None:
    """Write a plan in its other spelling; without --out, text unless --json."""
    from app import mapping
    from app.cli import work

    found = work.load_plan(plan)
    if out is not None:
        work.save_plan(out, found)
    elif as_json:
        write_exactly(mapping.plan_to_json(found))
    else:
        write_exactly(mapping.print_plan(found).encode("utf-8", "surrogatepass"))


def diff(a: PlanArgument, b: PlanArgument, as_json: Json = False) -> None:
    """Compare two plans by rule; exit 1 where they differ."""
    from app import mapping
    from app.cli import work

    first = [mapping.statement(rule) for rule in work.load_plan(a).rules]
    second = [mapping.statement(rule) for rule in work.load_plan(b).rules]
    removed, added = [rule for rule in first if rule not in second], [rule for rule in second if rule not in first]
    if as_json:
        print_json({"removed": removed, "added": added})
    else:
        for line in (*(f"- {rule}" for rule in removed), *(f"+ {rule}" for rule in added)):
            write(line)
    if first != second:
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON schema of a plan."""
    from app import mapping

    print_json(mapping.plan_schema())
