"""Ways out: the loader script, the idioms of other frameworks, remapped files where the bytes are here, the plan, reports."""

from collections.abc import Callable, Mapping

import msgspec

from app import exporting, mapping
from app.dialects import DIALECTS, write_dialect
from app.errors import ConflictError, NotFoundError
from app.exporting import Check, ScriptOptions
from app.exporting.literals import quoted
from app.exporting.options import UNREAD
from app.mapping.algebra import Loss
from app.mapping.plan import Plan
from app.services import approval, checks, documents, export_options, files_out, jobs, library, reports, taking, workspaces, writing
from app.services.cards import Exported, ExportKind
from app.services.checking import Checked, refuse
from app.services.house import LOCAL, House
from app.services.jobs import Job
from app.services.naming import checkpoint_of, module_of, stem_of
from app.services.ways_out import WAYS, Way
from app.services.workspaces import Workspace
from app.viewing.checked import summary


class Remaining(msgspec.Struct, frozen=True):
    """A key that an export does not reach: why, in words, and what code remains to be written; "" where none can."""

    key: str
    why: str
    code: str = ""


class Preview(msgspec.Struct, frozen=True):
    """An export before it is taken.

    left -- target keys that the kind cannot express
    lost -- source keys that the way back does not give back
    """

    text: str
    left: tuple[Remaining, ...] = ()
    lost: tuple[Remaining, ...] = ()


def kinds(house: House, transfer: str, *, inverse: bool = False) -> tuple[ExportKind, ...]:
    """List the ways out, and what stands in the way of those that are closed. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_subject(house, transfer, inverse=inverse)
    return tuple(_kind(workspace, way) for way in WAYS.values())


def _kind(workspace: Workspace, way: Way) -> ExportKind:
    closed = files_out.why_no_file(workspace) if way.group == "weights" else None
    return ExportKind(
        way.kind,
        way.title,
        way.filename(workspace.title),
        way.media,
        closed is None,
        closed,
        previewed=way.group != "weights",
        group=way.group,
        about=way.about,
        use=way.use(
            workspace.title,
            checkpoint_of(workspace.source_cards),
            unread=any(tree.format in UNREAD for tree in workspace.sources.values()),
        ),
    )


def script(house: House, transfer: str, *, taken: bool = False, by: str = LOCAL) -> str:
    """The loader script; `taken` says that it leaves the house. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer)
    text = writing.script(house, workspace, _named(workspace))
    if taken:
        known = checks.known_of(house, workspace)
        if known is not None:
            refuse(known)
        exporting.refuse_conflicts(workspace.evaluation)
        library.remember(house, workspace)
        taking.note(house, workspace, "script", by)
    return text


def grown(house: House, transfer: str) -> str | None:
    """The loader script as it stands, for a look; None: it is being written, the event `loader` tells when it is there."""
    workspace = workspaces.open_workspace(house, transfer)
    return writing.grown(house, workspace, _named(workspace))


def preview(house: House, transfer: str, kind: str, options: Mapping[str, str] | None = None) -> str:
    """The text of an export, before it is taken. Raises NotFoundError, KeygraftError."""
    return shown(house, transfer, kind, options).text


def shown(house: House, transfer: str, kind: str, options: Mapping[str, str] | None = None) -> Preview:
    """An export, before it is taken, and what it does not reach. Raises NotFoundError, KeygraftError."""
    given = options or {}
    workspace, lost = _subject(house, transfer, given)
    if kind in files_out.SUFFIXES:
        made = Preview(reports.contents(files_out.pieces_of(house, workspace, kind, given)))
    else:
        made = _made(house, workspace, kind, given)
    return msgspec.structs.replace(made, lost=tuple(Remaining(loss.key, documents.why(loss.reason)) for loss in lost))


def _subject(house: House, transfer: str, options: Mapping[str, str]) -> tuple[Workspace, tuple[Loss, ...]]:
    workspace = workspaces.open_workspace(house, transfer)
    return workspaces.turned(workspace) if export_options.is_inverse(options) else (workspace, ())


def export(house: House, transfer: str, kind: str, options: Mapping[str, str] | None = None, *, by: str = LOCAL) -> Exported:
    """Make an export that takes no time.

    Raises NotFoundError, KeygraftError; ConflictError where a source file was changed meanwhile, or where a job is needed: see `files_out.start`;
    DisagreementError where torch says something else than we do.
    """
    given = options or {}
    if kind in files_out.SUFFIXES:
        return _file(house, files_out.start(house, transfer, kind, given, by=by))
    workspace, _ = _subject(house, transfer, given)
    made = _made(house, workspace, kind, given)
    way = WAYS[kind]
    if way.group not in {"plan", "report"}:
        checks.require(house, workspace)
        exporting.refuse_conflicts(workspace.evaluation)
    if way.group != "report" and not export_options.is_inverse(given):
        library.remember(house, workspace)
    taking.note(house, workspace, kind, by)
    return Exported(way.filename(workspace.title), way.media, made.text.encode("utf-8", "surrogatepass"))


def _file(house: House, job: Job) -> Exported:
    if job.active:
        raise ConflictError("export_is_job", job=job.id)
    if len(job.files) > 1:
        raise ConflictError("export_is_several", job=job.id, count=len(job.files))
    name = job.files[0].name
    return Exported(name, "application/octet-stream", path=str(jobs.path_of(house, job.id, name)))


def _made(house: House, workspace: Workspace, kind: str, options: Mapping[str, str]) -> Preview:
    if kind in DIALECTS:
        written = write_dialect(kind, workspace.plan, workspace.sources, workspace.target, workspace.evaluation)
        return Preview(written.text, tuple(Remaining(left.target, documents.why(left.reason), left.code) for left in written.left))
    makers: dict[str, Callable[[], str]] = {
        "script": lambda: _script(workspace, options) if options else writing.script(house, workspace, _named(workspace)),
        "plan": lambda: mapping.plan_to_json(frozen(workspace)).decode("utf-8", "surrogatepass"),
        "plan-text": lambda: mapping.print_plan(frozen(workspace)),
        "report": lambda: reports.report(workspace.title, workspace.plan, workspace.evaluation, workspace.sources),
        "approval": lambda: approval.document(house, workspace),
        "report-markdown": lambda: exporting.report_markdown(_report(house, workspace, options)),
        "report-html": lambda: exporting.report_html(
            _report(house, workspace, options), exporting.treemap(workspace.evaluation, workspace.target)
        ),
    }
    if kind not in makers:
        raise NotFoundError("export_kind_unknown", kind=kind[:40])
    return Preview(makers[kind]())


def frozen(workspace: Workspace) -> Plan:
    """The plan as it travels: with what it expects of its sources, and its target."""
    return mapping.freeze(workspace.plan, workspace.sources, workspace.target)


def _report(house: House, workspace: Workspace, options: Mapping[str, str]) -> exporting.Report:
    known = checks.known_of(house, workspace)
    made: tuple[Check, ...] = () if known is None else (_check(known),)
    made += approval.lines(house, workspace) if export_options.is_approved(options) else ()
    return exporting.report(workspace.plan, workspace.sources, workspace.target, workspace.evaluation, title=workspace.title, checks=made)


def _check(known: Checked) -> Check:
    return Check("load_state_dict(strict=True)", known.passed, summary(known.passed, known.built, known.tensors, known.fresh, known.spared))


def _script(workspace: Workspace, options: Mapping[str, str]) -> str:
    own = _named(workspace)
    wanted = export_options.read(ScriptOptions, {"module": own.module, "checkpoint": own.checkpoint, **options})
    return exporting.loader_script(workspace.plan, workspace.sources, workspace.target, workspace.evaluation, wanted)


def _named(workspace: Workspace) -> ScriptOptions:
    """What a loader script is called, and the file that it loads."""
    return ScriptOptions(module=module_of(stem_of(workspace.title)), checkpoint=checkpoint_of(workspace.source_cards))


def apply_line(house: House, transfer: str) -> str:
    """What to run where the file is. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer)
    stem = stem_of(workspace.title)
    files = " ".join(quoted(card.path if card.kind == "remote" else card.label) for card in workspace.source_cards.values())
    return f"keygraft apply {stem}.plan.json {files} {stem}.safetensors"
