"""Commands over plan files: convert, schema, diff and the rest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import messages
from app.cli.output import Json, print_json, write, write_exactly

if TYPE_CHECKING:
    from app.cli.work import Sides
    from app.mapping.plan import Plan

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", dir_okay=False)]
Out = Annotated[Path | None, typer.Option("--out", help="File to write; left out: prints. The suffix .json chooses JSON.")]


def application() -> typer.Typer:
    """`keygraft plan …`."""
    app = typer.Typer(help=messages.text("cli-plan-help"), no_args_is_help=True, rich_markup_mode=None)
    for command in (lint, convert, diff, bring, invert, rebase, merge, schema):
        app.command("import" if command is bring else None)(command)
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
    from app.cli import work
    from app.mapping.algebra import diff as compare

    found = compare(work.load_plan(a), work.load_plan(b))
    changes = [work.change_of(change) for change in found.changes]
    if as_json:
        print_json({"changes": changes, "target": found.target, "benign": found.benign})
    else:
        for change in changes:
            for sign, rule in (("-", change.get("before")), ("+", change.get("after"))):
                if rule:
                    write(f"{sign} {rule}")
    if not found.empty:
        raise typer.Exit(1)


def lint(
    plan: PlanArgument,
    source: Annotated[list[str], typer.Option("--source", help="SIDE, or NAME=SIDE repeated.")],
    target: Annotated[str | None, typer.Option("--target", help="SIDE; default: the plan's frozen target.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    as_json: Json = False,
) -> None:
    """List what is odd about a plan on given sides; exit 1 where it cannot be right."""
    import msgspec

    from app import mapping
    from app.cli import work
    from app.services.documents import oddity

    found = work.load_plan(plan)
    sides = work.Sides.of(source, target, found)
    oddities = [oddity(each) for each in mapping.lint(found, sides.trees, sides.target.tree)]
    if as_json:
        print_json(msgspec.to_builtins(oddities))
    else:
        for each in oddities:
            place = "" if each.rule is None else f"rule {each.rule + 1}: "
            write(f"{each.severity:<8} {place}{each.text}")
    if any(each.severity == "error" or (strict and each.severity == "warning") for each in oddities):
        raise typer.Exit(1)


def bring(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)],
    source: Annotated[list[str], typer.Option("--source", help="SIDE, or NAME=SIDE repeated.")],
    target: Annotated[str, typer.Option("--target", help="SIDE.")],
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Write a plan from a JSON pair list, a `re.sub` list or transformers' conversion list; exit 1 where entries are left out."""
    from app import mapping
    from app.cli import work
    from app.mapping.importing import recognise
    from app.mapping.plan import Plan
    from app.services import documents

    sides = work.Sides.read(source, target)
    found = recognise(work.load_text(file), sides.trees, sides.target.tree)
    imported = found.imported
    plan = found.plan or Plan(imported.rules)
    skipped = [(each.entry, documents.why(each.reason)) for each in imported.skipped]
    if out is not None or not as_json:
        _deliver(work.frozen(plan, sides), out)
    if as_json:
        rules = [mapping.statement(rule) for rule in plan.rules]
        print_json({"kind": found.kind, "rules": rules, "skipped": [{"entry": entry, "why": why} for entry, why in skipped]})
    else:
        typer.echo(messages.text("cli-imported", kind=found.kind, rules=len(plan.rules), skipped=len(skipped)), err=True)
        for entry, why in skipped:
            typer.echo(f"{entry}: {why}", err=True)
    if skipped:
        raise typer.Exit(1)


def invert(
    plan: PlanArgument,
    source: Annotated[list[str], typer.Option("--source", help="SIDE, or NAME=SIDE repeated.")],
    target: Annotated[str | None, typer.Option("--target", help="SIDE; default: the plan's frozen target.")] = None,
    name: Annotated[str, typer.Option("--name", help="Which source to lead back to, where there are several.")] = "",
    out: Out = None,
) -> None:
    """Write the plan that leads from the target back to a source; what cannot be had back is listed. Exit 1 where something is lost."""
    from app.cli import work

    found = work.load_plan(plan)
    back, inverted, lost = work.Sides.of(source, target, found).inverted(found, name)
    _deliver(work.frozen(inverted, back), out)
    for loss in lost:
        typer.echo(f"{loss.key}: {work.said(loss.reason)}", err=True)
    if lost:
        raise typer.Exit(1)


def rebase(
    plan: PlanArgument,
    source: Annotated[list[str], typer.Option("--source", help="The sources that it was made for.")],
    new_source: Annotated[list[str] | None, typer.Option("--new-source", help="The new sources; default: the same.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The target that it was made for; default: the frozen one.")] = None,
    new_target: Annotated[str | None, typer.Option("--new-target", help="The new target; default: the same.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Write rules for keys that only have another name there.")] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Carry a plan over to new versions of its sides; exit 1 where something no longer fits."""
    from app.cli import work
    from app.mapping.algebra import rebase as carry

    found = work.load_plan(plan)
    old = work.Sides.of(source, target, found)
    new = work.Sides.of(new_source or source, new_target or target, found)
    if follow:
        found = _followed(found, old, new)
    carried = carry(found, (old.trees, old.target.tree), (new.trees, new.target.tree))
    if out is not None or not as_json:
        _deliver(work.frozen(carried.plan, new), out)
    misfits = [(each.rule, work.said(each.reason), each.keys) for each in carried.misfits]
    if as_json:
        print_json([{"rule": rule, "reason": reason, "keys": keys} for rule, reason, keys in misfits])
    else:
        for _, reason, keys in misfits:
            typer.echo(f"{reason} {', '.join(keys)}", err=True)
    if misfits:
        raise typer.Exit(1)


def _followed(plan: "Plan", old: "Sides", new: "Sides") -> "Plan":
    """The plan with rules for what has another name on the new sides."""
    from app.mapping.algebra import Moves
    from app.mapping.algebra import follow as found_again
    from app.services.successors import successors

    sources = {name: successors(tree, new.trees[name]) for name, tree in old.trees.items() if name in new.trees}
    moves = Moves(sources, successors(old.target.tree, new.target.tree))
    return found_again(plan, (old.trees, old.target.tree), (new.trees, new.target.tree), moves).plan


def merge(base: PlanArgument, ours: PlanArgument, theirs: PlanArgument, out: Out = None) -> None:
    """Merge two plans that began as one; where both changed a rule, ours stands, and exit is 1."""
    from app import mapping
    from app.cli import work
    from app.mapping.algebra import merge as three_way

    found = three_way(*(work.load_plan(path) for path in (base, ours, theirs)))
    _deliver(found.plan, out)
    for clash in found.clashes:
        typer.echo(mapping.statement(clash.base), err=True)
    if found.clashes:
        raise typer.Exit(1)


def _deliver(plan: "Plan", out: Path | None) -> None:
    from app import mapping
    from app.cli import work

    if out is not None:
        work.save_plan(out, plan)
    else:
        write_exactly(mapping.print_plan(plan).encode("utf-8", "surrogatepass"))


def schema() -> None:
    """Print the JSON schema of a plan."""
    from app import mapping

    print_json(mapping.plan_schema())
