"""`keygraft check`: torch is asked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import Json, print_json, write

if TYPE_CHECKING:
    from app.services.checking import Checked

_LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    source: Annotated[list[str], typer.Option("--source", help="SIDE, or NAME=SIDE repeated.")],
    target: Annotated[str, typer.Option("--target", help="SIDE.")],
    plan: Annotated[Path, typer.Option("--plan", help="Plan, text or JSON.", dir_okay=False)],
    inverse: Annotated[bool, typer.Option("--inverse", help="From the target back to the source.")] = False,
    as_json: Json = False,
    python: Annotated[Path | None, typer.Option("--python", help="Interpreter of another environment to build models in.")] = None,
) -> None:
    """Load the remapped tensors, without data, into the target; print what torch says. Exit 1 where it does not load."""
    from app.cli import work

    sides = work.Sides.read(source, target, python)
    found = work.load_plan(plan)
    if inverse:
        sides, found, _ = sides.inverted(found)
    answer = _asked(sides, found, python)
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if not answer.passed:
        raise typer.Exit(1)


def _asked(sides: "work.Sides", plan: "work.Plan", python: Path | None) -> "Checked":  # type: ignore[name-defined]  # noqa: F821 -- loaded where a command runs
    from app import checking
    from app.cli import given
    from app.services.cards import Said
    from app.services.checking import checked, in_sandbox, in_this_process

    evaluation = sides.evaluate(plan)
    if sides.target.definition is None:
        return in_this_process(evaluation, sides.trees, sides.target.tree, Said("check-no-code"))
    with given.sandbox(python) as sandbox:
        found = in_sandbox(sandbox, sides.target.definition, evaluation, sides.trees, sides.target.tree, sandbox.limits)
    return checked(found, evaluation, len(checking.outlines(evaluation, sides.trees)), None)


def _print(answer: "Checked") -> None:
    from app import messages
    from app.viewing.checked import summary

    write(summary(answer.passed, answer.built, answer.tensors, answer.fresh, answer.spared))
    if answer.why is not None:
        params: dict[str, Any] = dict(answer.why.params)
        write(messages.text(answer.why.message, **params))
    for each in answer.disagreements[:_LISTED]:
        write(messages.text("check-differs", key=each.key, ours=each.ours, torch=each.torch))
    if answer.message:
        write("\n" + messages.text("check-torch-says"))
        write(answer.message.replace("\t", "  "))
