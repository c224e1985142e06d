"""What the commands over a source, a target and a plan share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from app import mapping, messages
from app.cli import given
from app.cli.given import Side
from app.errors import KeygraftError, NotFoundError
from app.keys import KeyTree
from app.mapping.claims import Proposal
from app.mapping.outcomes import Evaluation, Reason
from app.mapping.plan import Init, Plan

if TYPE_CHECKING:
    from app.exporting.options import Container, FileOptions
    from app.mapping.algebra import Change, Loss

FILES = frozenset({"safetensors", "torch", "torch-legacy"})


class UnfinishedError(KeygraftError):
    """A plan leaves keys open."""

    exit_code = 1


inside = given.inside


class Sides(msgspec.Struct, frozen=True):
    """Sources by name, and the target."""

    sources: dict[str, Side]
    target: Side

    @classmethod
    def read(cls, sources: Sequence[str], target: str, python: Path | None = None) -> "Sides":
        """Read all sides; a target that is an error message is read against the only source."""
        found = given.sources(sources, python=python)
        return cls(found, given.read(target, source=_only(found), python=python))

    @classmethod
    def of(
        cls,
        sources: Sequence[str],
        target: str | None,
        plan: Plan,
        *,
        nestings: Mapping[str, tuple[str, ...]] | None = None,
        python: Path | None = None,
    ) -> "Sides":
        """Read all sides; where no target is named, the one that is frozen in the plan. Raises KeygraftError.

        nestings -- source name -> which tree of its file is meant, tokens as spelt
        """
        if target is None and not plan.target:
            raise KeygraftError("plan_without_target")
        found = given.sources(sources, nestings=nestings, python=python)
        return cls(found, Side("plan", mapping.thaw(plan)) if target is None else given.read(target, source=_only(found), python=python))

    @property
    def trees(self) -> dict[str, KeyTree]:
        """The sources' trees."""
        return {name: side.tree for name, side in self.sources.items()}

    def evaluate(self, plan: Plan) -> Evaluation:
        """What the plan does."""
        return mapping.evaluate(plan, self.trees, self.target.tree)

    def propose(self, *, values: bool = False) -> dict[str, Proposal]:
        """What the automatic mapper suggests.

        values -- compare the tensors of both sides too: what is found by value is a fact for the rest
        Raises KeygraftError where a side's values are asked for and not here.
        """
        from app.automap import propose

        if not values:
            return propose(self.trees, self.target.tree)
        from app.exporting.fingerprints import compare

        files = {name: side.held for name, side in self.sources.items()}
        found = compare(self.trees, files, self.target.tree, self.target.held)
        return propose(self.trees, self.target.tree, fixed={key: each.claim for key, each in found.items()}) | found

    def plan_of(self, proposals: Mapping[str, Proposal]) -> Plan:
        """Rules that do what was accepted, frozen. What was not is left open: it does not silently start fresh."""
        claims = {key: each.claim for key, each in proposals.items() if each.accepted and each.claim is not None}
        rules = [rule for rule in mapping.induce(claims, self.trees, self.target.tree) if not isinstance(rule, Init)]
        return mapping.freeze(Plan(tuple(rules)), self.trees, self.target.tree)

    def inverted(self, plan: Plan, name: str = "") -> tuple["Sides", Plan, "tuple[Loss, ...]"]:
        """The way back from the target to one source: sides, plan, and what cannot be had back. Raises KeygraftError."""
        from app.mapping.algebra import inverse

        if name not in self.sources:
            if len(self.sources) > 1:
                raise KeygraftError("source_name_unknown", name=name or "(unnamed)")
            name = next(iter(self.sources))
        found = inverse(plan, self.trees, self.target.tree, source=name)
        return Sides({"": self.target}, self.sources[name]), found.plan, found.lost


def _only(sources: Mapping[str, Side]) -> KeyTree | None:
    """The one source that an error message may be read against."""
    return next(iter(sources.values())).tree if len(sources) == 1 else None


def proposals_document(proposals: Mapping[str, Proposal]) -> bytes:
    """P.json."""
    from app.automap import to_json

    return msgspec.json.format(msgspec.json.encode(to_json(proposals)), indent=1) + b"\n"


def frozen(plan: Plan, sides: Sides) -> Plan:
    """The plan as it travels."""
    return mapping.freeze(plan, sides.trees, sides.target.tree)


def change_of(change: "Change") -> dict[str, str]:
    """A difference between two plans: its kind, and the rules as text."""
    ends = {"before": change.before, "after": change.after}
    return {"kind": change.kind} | {name: mapping.print_rule(end[1]) for name, end in ends.items() if end is not None}


def load_plan(path: Path) -> Plan:
    """Read a plan file, text or JSON. Raises KeygraftError."""
    content = _content(path)
    if content.lstrip().startswith(b"{"):
        return mapping.plan_from_json(content)
    return mapping.parse_plan(content.decode("utf-8", errors="replace"))


def load_text(path: Path) -> str:
    """Read a text file. Raises KeygraftError."""
    return _content(path).decode("utf-8", errors="replace")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError("file_not_found", file=str(path)[:200]) from error
    except OSError as error:
        raise KeygraftError("file_unreadable", file=path.name, reason=error.strerror or "") from error


def save(path: Path, content: bytes) -> None:
    """Write a file. Raises KeygraftError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise KeygraftError("file_unwritable", file=str(path)[:200], reason=error.strerror or "") from error


def save_plan(path: Path, plan: Plan) -> None:
    """Write a plan, as JSON where the suffix says so."""
    save(path, mapping.plan_to_json(plan) if path.suffix == ".json" else mapping.print_plan(plan).encode("utf-8", "surrogatepass"))


class Written(msgspec.Struct, frozen=True):
    """The text of an export, and a line for each key that its kind cannot express: the key, why, the code that remains."""

    text: str
    left: tuple[str, ...] = ()


def script(sides: Sides, plan: Plan, out: Path, *, only: str = "*", min_coverage: float | None = None) -> str:
    """The loader script, which calls itself as its file is called. Raises KeygraftError."""
    from app.exporting import ScriptOptions, loader_script, refuse_conflicts

    module = out.stem if out.stem.isidentifier() else "loader"
    options = ScriptOptions(only=only, min_coverage=min_coverage, module=module, checkpoint=_checkpoint(sides))
    evaluation = sides.evaluate(plan)
    refuse_conflicts(evaluation)
    return loader_script(plan, sides.trees, sides.target.tree, evaluation, options)


def _checkpoint(sides: Sides) -> str:
    from app.exporting.options import EXAMPLE
    from app.services.naming import LISTS

    held = [side.files.names() for side in sides.sources.values() if side.files is not None and side.tree.format not in LISTS]
    return held[0][0].rpartition("/")[2] if len(sides.sources) == len(held) == 1 and len(held[0]) == 1 else EXAMPLE


def text_of(kind: str, sides: Sides, plan: Plan) -> Written:
    """The text of an export. Raises KeygraftError."""
    from app import exporting
    from app.services import reports

    title = f"{', '.join(side.text for side in sides.sources.values())} → {sides.target.text}"
    match kind:
        case "plan":
            return Written(mapping.plan_to_json(frozen(plan, sides)).decode("utf-8", "surrogatepass"))
        case "plan-text":
            return Written(mapping.print_plan(frozen(plan, sides)))
        case "report":
            return Written(reports.report(sides.target.text, plan, sides.evaluate(plan), sides.trees))
        case "report-markdown" | "report-html":
            evaluation = sides.evaluate(plan)
            made = exporting.report(plan, sides.trees, sides.target.tree, evaluation, title=title)
            if kind == "report-markdown":
                return Written(exporting.report_markdown(made))
            return Written(exporting.report_html(made, exporting.treemap(evaluation, sides.target.tree)))
        case _:
            return _dialect(kind, sides, plan)


def _dialect(kind: str, sides: Sides, plan: Plan) -> Written:
    from app.dialects import DIALECTS, write_dialect
    from app.exporting import refuse_conflicts
    from app.services import documents

    if kind not in DIALECTS:
        raise NotFoundError("export_kind_unknown", kind=kind[:40])
    evaluation = sides.evaluate(plan)
    refuse_conflicts(evaluation)
    found = write_dialect(kind, plan, sides.trees, sides.target.tree, evaluation)
    lines = (f"{left.target}: {documents.why(left.reason)}{'  ' + left.code if left.code else ''}" for left in found.left)
    return Written(found.text, tuple(lines))


def remap(sides: Sides, plan: Plan, out: Path, options: "FileOptions", *, partial: bool = True, signed: bool = False) -> None:
    """Write remapped weights; `signed` puts their provenance into the metadata.

    Raises KeygraftError; UnfinishedError where keys are open and `partial` is false.
    """
    from app.cli.progress import progress
    from app.exporting import computing, pieces, provenance, write

    if str(out) == "-":
        raise KeygraftError("weights_to_terminal")
    evaluation = sides.evaluate(plan)
    if not partial and not evaluation.clean:
        raise _open(evaluation)
    files = {name: side.held for name, side in sides.sources.items()}
    if signed:
        origin = provenance(plan, sides.trees, sides.target.tree, files)
        options = msgspec.structs.replace(options, metadata={**options.metadata, **origin})
    listed = pieces(evaluation, sides.trees, sides.target.tree, options, plan)
    with progress(listed.size) as tell:
        write(listed, files, out, compute=computing(sides.trees, files), progress=tell)


def _open(evaluation: Evaluation) -> UnfinishedError:
    states = [outcome.state for outcome in evaluation.targets.values() if not outcome.benign]
    counts = {state: states.count(state) for state in ("missing", "mismatched", "conflicting")}
    return UnfinishedError("plan_unfinished", **counts)


def apply(
    plan: Plan, inputs: Sequence[str], out: Path, *, target: str | None, options: "FileOptions", partial: bool, signed: bool = False
) -> None:
    """Remap with a plan that carries its target. Raises KeygraftError."""
    nestings = {name: expected.nesting for name, expected in plan.sources.items()}
    try:
        sides = Sides.of(inputs, target, plan, nestings=nestings)
        unlike = mapping.unmet(plan, sides.trees)
    except KeygraftError as error:
        if error.code != "no_such_nesting":
            raise
        unlike = list(nestings)
    if unlike:  # the same weights may be saved at another place of the file
        sides = Sides.of(inputs, target, plan)
        unlike = mapping.unmet(plan, sides.trees)
    if unlike:
        raise KeygraftError("source_unexpected", name=unlike[0] or inputs[0][:200])
    remap(sides, plan, out, options, partial=partial, signed=signed)


def container_of(out: Path) -> "Container":
    """Take the format from the output's name: torch by its usual suffixes, safetensors where there is none, as of a folder. Raises KeygraftError."""
    suffix = out.suffix.lower()
    if out.is_dir() or suffix in {"", ".safetensors"}:
        return "safetensors"
    if suffix not in _TORCH_SUFFIXES:
        raise KeygraftError("container_unknown", suffix=suffix[:40], file=out.stem[:200])
    return "torch"


_TORCH_SUFFIXES = frozenset({".pt", ".pth", ".bin", ".ckpt", ".pkl", ".tar", ".th", ".model"})


def size_of(text: str) -> int:
    """Bytes of a size as people write it, `5GB`; 0 where nothing is written. Raises KeygraftError."""
    from app.services.export_options import size_of as bytes_of

    return bytes_of(text) if text else 0


def said(reason: Reason) -> str:
    """A reason in words."""
    params: dict[str, Any] = dict(reason.params)
    return messages.text("reason-" + reason.code.replace("_", "-"), **params)
