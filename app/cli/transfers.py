"""Commands over a source, a target and a plan: automap, evaluate, export, apply."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Json, print_json, write, write_exactly

Source = Annotated[list[str], typer.Option("--source", help="SIDE, or NAME=SIDE repeated.")]
Target = Annotated[str, typer.Option("--target", help="SIDE.")]
Python = Annotated[Path | None, typer.Option("--python", help="Interpreter of another environment to build models in.")]
PlanFile = Annotated[Path, typer.Option("--plan", help="Plan, text or JSON.", dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (automap, evaluate, export, apply):
        app.command()(command)


def automap(
    source: Source,
    target: Target,
    out: Annotated[Path, typer.Option("--out", help="Where the proposals go, as JSON.")],
    plan: Annotated[Path | None, typer.Option("--plan", help="Where the rules of what is accepted go; .json or text.")] = None,
    values: Annotated[bool, typer.Option("--values", help="Compare tensors too; both sides must hold their bytes.")] = False,
    python: Python = None,
) -> None:
    """Propose where each key of the target comes from."""
    from app.cli import work

    sides = work.Sides.read(source, target, python)
    proposals = sides.propose(values=values)
    work.save(out, work.proposals_document(proposals))
    if plan is not None:
        work.save_plan(plan, sides.plan_of(proposals))
    taken = sum(each.accepted and each.claim is not None for each in proposals.values())
    known = sum(each.claim is not None for each in proposals.values())
    typer.echo(f"{len(proposals):,} keys: {known:,} proposed, {taken:,} certain", err=True)


def evaluate(source: Source, target: Target, plan: PlanFile, as_json: Json = False, python: Python = None) -> None:
    """Say what a plan does to every key; exit 1 if something is missing, mismatched or conflicting that no rule allows."""
    from app.cli import work
    from app.services import documents, reports

    sides = work.Sides.read(source, target, python)
    found = work.load_plan(plan)
    evaluation = sides.evaluate(found)
    if as_json:
        print_json(documents.evaluation(found, evaluation, sides.trees))
    else:
        write(
            reports.report(
                f"{', '.join(each.text for each in sides.sources.values())} → {sides.target.text}", found, evaluation, sides.trees
            ).rstrip("\n")
        )
    if not evaluation.clean:
        raise typer.Exit(1)


def export(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="script, safetensors, torch, plan, plan-text, report.")],
    source: Source,
    target: Target,
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="File to write; - prints.")],
    inverse: Annotated[bool, typer.Option("--inverse", help="From the target back to the source.")] = False,
    python: Python = None,
) -> None:
    """Write a loader script, remapped weights, a plan that travels, or a report."""
    from app.cli import work

    sides = work.Sides.read(source, target, python)
    found = work.load_plan(plan)
    if inverse:
        sides, found, lost = sides.inverted(found)
        for loss in lost:
            typer.echo(f"{loss.key}: {work.said(loss.reason)}", err=True)
    if kind in work.FILES:
        work.remap(sides, found, out, {"container": kind})
        return
    text = work.text_of(kind, sides, found).encode("utf-8", "surrogatepass")
    if str(out) == "-":
        write_exactly(text)
    else:
        work.save(out, text)


def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan that carries its frozen target.", dir_okay=False)],
    paths: Annotated[
        list[str], typer.Argument(metavar="IN... OUT", help="Checkpoint (NAME=FILE where the plan names sources), and the file to write.")
    ],
    target: Annotated[str | None, typer.Option("--target", help="SIDE; default: the plan's frozen target.")] = None,
    max_shard_size: Annotated[str, typer.Option("--max-shard-size", help="Split the output: 5GB.")] = "",
    dtype: Annotated[str, typer.Option("--dtype", help="Cast floating tensors: F32, F16, BF16.")] = "",
    container: Annotated[str, typer.Option("--container", help="safetensors or torch; default: by the suffix of OUT.")] = "",
    shared: Annotated[str, typer.Option("--shared", help="Tensors that share memory: clone writes each, alias writes one.")] = "clone",
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Write what there is, although keys are open.")] = False,
) -> None:
    """Remap a checkpoint; the format follows the suffix of OUT. Exit 1 if keys are open."""
    from app.cli import work

    if len(paths) < 2:
        raise typer.BadParameter("IN OUT")
    options = {"container": container, "dtype": dtype, "max_shard_size": work.size_of(max_shard_size), "shared": shared}
    work.apply(work.load_plan(plan), paths[:-1], Path(paths[-1]), target=target, options=options, partial=allow_partial)
