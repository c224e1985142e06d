"""Commands over a source, a target and a plan: automap, evaluate, export, apply."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import files
from app.cli.output import Json, print_json, write, write_exactly

Source = Annotated[list[str], typer.Option("--source", help="SIDE, or NAME=SIDE repeated.")]
Target = Annotated[str, typer.Option("--target", help="SIDE.")]
Python = Annotated[Path | None, typer.Option("--python", help="Interpreter of another environment to build models in.")]
KINDS = (
    "script · safetensors, torch, torch-legacy · transformers, transformers-converters, timm, mmengine, lightning, pre-hook, pairs, csv · "
    "plan, plan-text · report, report-markdown, report-html."
)
Nesting = Annotated[
    list[str] | None,
    typer.Option("--nesting", help="Which tree of the source is meant: ema, or model/state_dict; NAME=PATH where sources have names."),
]
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
    nesting: Nesting = None,
) -> None:
    """Propose where each key of the target comes from."""
    from app.cli import work

    sides = work.Sides.read(work.inside(source, nesting or ()), target, python)
    proposals = sides.propose(values=values)
    work.save(out, work.proposals_document(proposals))
    if plan is not None:
        work.save_plan(plan, sides.plan_of(proposals))
    taken = sum(each.accepted and each.claim is not None for each in proposals.values())
    known = sum(each.claim is not None for each in proposals.values())
    typer.echo(f"{len(proposals):,} keys: {known:,} proposed, {taken:,} certain", err=True)


def evaluate(source: Source, target: Target, plan: PlanFile, as_json: Json = False, python: Python = None, nesting: Nesting = None) -> None:
    """Say what a plan does to every key; exit 1 if something is missing, mismatched or conflicting that no rule allows."""
    from app.cli import work
    from app.services import documents, reports

    sides = work.Sides.read(work.inside(source, nesting or ()), target, python)
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
    kind: Annotated[str, typer.Argument(metavar="KIND", help=KINDS)],
    source: Source,
    target: Target,
    plan: PlanFile,
    out: Annotated[Path, typer.Option("--out", help="File to write; - prints.")],
    inverse: Annotated[bool, typer.Option("--inverse", help="From the target back to the source.")] = False,
    max_shard_size: files.ShardSize = "",
    shards: files.Shards = 0,
    dtype: files.Dtypes = None,
    shared: files.Shared = "clone",
    provenance: files.Provenance = False,
    only: Annotated[str, typer.Option("--only", help='Target keys that a script transfers, as a shell pattern: "backbone.*".')] = "*",
    min_coverage: Annotated[
        float | None, typer.Option("--min-coverage", min=0, max=1, help="Least share of a model's elements that a script must load.")
    ] = None,
    python: Python = None,
    nesting: Nesting = None,
) -> None:
    """Write a loader script, the idiom of a framework, remapped weights, a plan that travels, or a report."""
    from app.cli import work

    sides = work.Sides.read(work.inside(source, nesting or ()), target, python)
    found = work.load_plan(plan)
    if inverse:
        sides, found, lost = sides.inverted(found)
        for loss in lost:
            typer.echo(f"{loss.key}: {work.said(loss.reason)}", err=True)
    if kind in work.FILES:
        chosen = files.options(kind, max_shard_size=max_shard_size, shards=shards, dtypes=dtype, shared=shared)
        work.remap(sides, found, out, chosen, signed=provenance)
        return
    if kind == "script":
        written = work.Written(work.script(sides, found, out, only=only, min_coverage=min_coverage))
    else:
        written = work.text_of(kind, sides, found)
    for line in written.left:
        typer.echo(line, err=True)
    text = written.text.encode("utf-8", "surrogatepass")
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
    max_shard_size: files.ShardSize = "",
    shards: files.Shards = 0,
    dtype: files.Dtypes = None,
    container: Annotated[str, typer.Option("--container", help="safetensors, torch or torch-legacy; default: by the suffix of OUT.")] = "",
    shared: files.Shared = "clone",
    provenance: files.Provenance = False,
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Write what there is, although keys are open.")] = False,
    nesting: Nesting = None,
) -> None:
    """Remap a checkpoint; the format follows the suffix of OUT. Exit 1 if keys are open."""
    from app.cli import work

    if len(paths) < 2:
        raise typer.BadParameter("IN OUT")
    out = Path(paths[-1])
    chosen = files.options(container or work.container_of(out), max_shard_size=max_shard_size, shards=shards, dtypes=dtype, shared=shared)
    work.apply(
        work.load_plan(plan),
        work.inside(paths[:-1], nesting or ()),
        out,
        target=target,
        options=chosen,
        partial=allow_partial,
        signed=provenance,
    )
