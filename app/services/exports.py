"""Ways out: the loader script, remapped files where the bytes are here, the plan, a report."""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import msgspec

from app import exporting, mapping, messages
from app.errors import ConflictError, KeygraftError, NotFoundError
from app.exporting import FileOptions, ScriptOptions
from app.keys import KeyTree
from app.mapping.plan import Plan
from app.services import library, remapping, remote, reports, sidebook, sides, workspaces
from app.services.cards import Exported, ExportKind, Said, SideCard
from app.services.house import House
from app.services.remapping import Held
from app.services.workspaces import Workspace
from app.sources import LocalFiles

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FILES = {"safetensors": ".safetensors", "torch": ".pt"}
_TEXTS = {
    "script": (".py", "text/x-python; charset=utf-8"),
    "plan": (".plan.json", "application/json"),
    "plan-text": (".plan.txt", "text/plain; charset=utf-8"),
    "report": (".report.txt", "text/plain; charset=utf-8"),
}


def kinds(house: House, transfer: str) -> tuple[ExportKind, ...]:
    """List the ways out, and what stands in the way of those that are closed. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer)
    stem = _stem(workspace)
    texts = [ExportKind(kind, messages.text(f"export-{kind}"), _filename(kind, stem), media) for kind, (_, media) in _TEXTS.items()]
    closed = _why_no_file(workspace)
    files = [
        ExportKind(
            kind, messages.text(f"export-{kind}"), stem + suffix, "application/octet-stream", closed is None, closed, previewed=False
        )
        for kind, suffix in _FILES.items()
    ]
    return (texts[0], *files, *texts[1:])


def _why_no_file(workspace: Workspace) -> Said | None:
    cards = workspace.source_cards.values()
    if any(card.kind == "lent" for card in cards):
        return Said("export-why-lent")
    if not all(card.holds for card in cards):
        return Said("export-why-not-held")
    return None


def script(house: House, transfer: str, *, taken: bool = False) -> str:
    """The loader script; `taken` says that it leaves the house. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer)
    text = _script(workspace, {})
    if taken:
        library.remember(house, workspace)
    return text


def preview(house: House, transfer: str, kind: str, options: Mapping[str, str] | None = None) -> str:
    """The text of an export, before it is taken. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer)
    if kind in _FILES:
        return reports.contents(
            exporting.pieces(workspace.evaluation, workspace.sources, workspace.target, _file_options(kind, options or {}))
        )
    return _text(workspace, kind, options or {})


def export(house: House, transfer: str, kind: str, options: Mapping[str, str] | None = None) -> Exported:
    """Make an export. Raises NotFoundError, KeygraftError; ConflictError where a source file was changed meanwhile."""
    workspace = workspaces.open_workspace(house, transfer)
    stem = _stem(workspace)
    if kind in _FILES:
        path = _remapped(house, workspace, kind, options or {})
        library.remember(house, workspace)
        return Exported(stem + path.suffix, "application/octet-stream", path=str(path))
    text = _text(workspace, kind, options or {})
    if kind != "report":
        library.remember(house, workspace)
    _, media = _TEXTS[kind]
    return Exported(_filename(kind, stem), media, text.encode("utf-8", "surrogatepass"))


def _text(workspace: Workspace, kind: str, options: Mapping[str, str]) -> str:
    makers: dict[str, Callable[[], str]] = {
        "script": lambda: _script(workspace, options),
        "plan": lambda: mapping.plan_to_json(frozen(workspace)).decode("utf-8", "surrogatepass"),
        "plan-text": lambda: mapping.print_plan(frozen(workspace)),
        "report": lambda: reports.report(workspace.title, workspace.plan, workspace.evaluation, workspace.sources),
    }
    if kind not in makers:
        raise NotFoundError("export_kind_unknown", kind=kind[:40])
    return makers[kind]()


def frozen(workspace: Workspace) -> Plan:
    """The plan as it travels: with what it expects of its sources, and its target."""
    return mapping.freeze(workspace.plan, workspace.sources, workspace.target)


def _script(workspace: Workspace, options: Mapping[str, str]) -> str:
    wanted = _options(ScriptOptions, {"module": _module(_stem(workspace)), **options})
    return exporting.loader_script(workspace.plan, workspace.sources, workspace.target, workspace.evaluation, wanted)


def _file_options(kind: str, options: Mapping[str, str]) -> FileOptions:
    return msgspec.structs.replace(_options(FileOptions, options), container=kind)


OptionsT = TypeVar("OptionsT", ScriptOptions, FileOptions)


def _options(form: type[OptionsT], given: Mapping[str, str]) -> OptionsT:
    try:
        return msgspec.convert({name: value for name, value in given.items() if value}, form, strict=False)
    except msgspec.ValidationError as error:
        name, value = next(iter(given.items()))
        raise KeygraftError("export_option", name=name[:40], value=value[:40]) from error


def _remapped(house: House, workspace: Workspace, kind: str, options: Mapping[str, str]) -> Path:
    if _why_no_file(workspace) is not None:
        label = next(card.label for card in workspace.source_cards.values() if card.kind == "lent" or not card.holds)
        raise KeygraftError("export_not_held", label=label)
    chosen = _file_options(kind, options)
    digest = hashlib.blake2b(msgspec.json.encode(chosen), digest_size=6).hexdigest()
    out = house.folder("exports", workspace.id) / f"v{workspace.version}-{digest}{_FILES[kind]}"
    with ExitStack() as open_ones:
        held = {name: _held(house, card, workspace.sources[name], open_ones) for name, card in workspace.source_cards.items()}
        return remapping.write(house, workspace, held, out, chosen)


def _held(house: House, card: SideCard, tree: KeyTree, open_ones: ExitStack) -> Held:
    """A source's bytes. Raises ConflictError where they are no longer those that were read."""
    with house.database.read() as tx:
        given = sidebook.given_of(sidebook.row_of(tx, card.id))
    if given.kind == "remote":
        address = remote.address_of(house, card.id, given)
        files = open_ones.enter_context(remote.opened(house.settings, address))
        remote.unchanged(house, files, given, tree)
        return Held(files, address, remote=True)
    path = Path(given.path)
    if not path.exists() or (given.stamp is not None and sides.stamp_of(path) != given.stamp):
        raise ConflictError("source_changed", file=card.label)
    return Held(LocalFiles(path), str(path))


def apply_line(house: House, transfer: str) -> str:
    """What to run where the file is. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer)
    stem = _stem(workspace)
    files = " ".join(_quoted(card.path if card.kind == "remote" else card.label) for card in workspace.source_cards.values())
    return f"keygraft apply {stem}.plan.json {files} {stem}.safetensors"


def _quoted(name: str) -> str:
    return name if not _UNSAFE.search(name) else "'" + name.replace("'", "'\\''") + "'"


def _filename(kind: str, stem: str) -> str:
    suffix, _ = _TEXTS[kind]
    return (_module(stem) if kind == "script" else stem) + suffix


def _module(stem: str) -> str:
    """A name that Python can import: a loader is used as `from load_x import load_into`."""
    return "load_" + re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_").lower()


def _stem(workspace: Workspace) -> str:
    return _UNSAFE.sub("-", workspace.title.replace("→", "to")).strip("-.")[:60] or "transfer"
