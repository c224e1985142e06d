"""Models from code: scanned first, built in the sandbox when the person has chosen a class."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from app import definitions
from app.definitions import Definition
from app.errors import KeygraftError, NotFoundError, RefusedError
from app.keys import KeyTree
from app.services import browse, sidebook
from app.services.cards import Candidate, FormField, SideCard
from app.services.house import LOCAL, House
from app.services.sidebook import Given


def from_source(house: House, source: str, label: str, *, by: str = LOCAL) -> SideCard:
    """Scan Python source: a card that lists what may be the model. Nothing runs. Raises KeygraftError."""
    return _keep(house, Given("code", label, text=source), _candidates(source), by)


def from_archive(house: House, path: Path, label: str, *, by: str = LOCAL) -> SideCard:
    """Scan a zip of Python files: a card that lists what may be the model. Nothing runs. Raises KeygraftError."""
    return _keep(house, Given("code", label, path=str(path)), _candidates(_sources(path)), by)


def _sources(path: Path) -> dict[str, str]:
    """The Python files of a zip, by their place in it. Raises KeygraftError."""
    files = definitions.from_upload(path.name, path.read_bytes()).files
    return {name: content.decode("utf-8", errors="replace") for name, content in files.items() if name.endswith(".py")}


def _keep(house: House, given: Given, candidates: tuple[Candidate, ...], by: str) -> SideCard:
    if house.warm is not None:
        house.background.submit(house.warm)
    given = given if given.label else msgspec.structs.replace(given, label=candidates[0].name)
    return sidebook.keep_open(house, given, candidates=candidates, by=by)


def _candidates(source: str | Mapping[str, str]) -> tuple[Candidate, ...]:
    scan = definitions.scan(source)
    if scan.problems and not scan.candidates:
        problem = scan.problems[0]
        raise KeygraftError("source_unparsable", line=problem.line, why=problem.text[:200])
    if not scan.candidates:
        raise KeygraftError("no_model")
    return tuple(map(_candidate, scan.candidates))


def _candidate(found: definitions.Candidate) -> Candidate:
    fields = tuple(
        FormField(each.name, each.default or "", each.required, each.annotation)
        for each in found.parameters
        if each.kind not in {"args", "kwargs"}
    )
    return Candidate(found.name, found.kind, found.line, fields, found.bases[0] if found.bases else "", found.module)


def build(house: House, side: str, candidate: str, arguments: str = "") -> SideCard:
    """Build the class or factory that was chosen; the side becomes ready. Raises KeygraftError, with what went wrong in the code."""
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    given = sidebook.given_of(row)
    if given.kind != "code":
        raise KeygraftError("not_code", label=row.label)
    known = _candidates(_sources(Path(given.path)) if given.path else given.text)
    chosen = next((each for each in known if each.name == candidate), None)
    if chosen is None:
        raise NotFoundError("candidate_not_found", name=candidate[:100])
    call = definitions.parse_call(arguments)
    if given.path:
        path = Path(given.path)
        definition = definitions.from_upload(path.name, path.read_bytes(), module=chosen.module, name=candidate, call=call)
    else:
        definition = definitions.from_code(given.text, name=candidate, call=call)
    tree = _run(house, definition)
    file = given.label.partition(": ")[0]
    label = f"{file}: {candidate}" if file.endswith((".py", ".zip")) else candidate
    done = msgspec.structs.replace(given, label=label, candidate=candidate, arguments=arguments)
    waiting = side if row.state == "choose" else ""  # what was built may be in use: another build is another side
    return sidebook.keep_tree(house, done, tree, side=waiting, by=row.author)


def from_spec(house: House, spec: str, *, by: str = LOCAL) -> SideCard:
    """Build a library model by name, `timm:resnet18(num_classes=10)`. Raises KeygraftError."""
    parsed = definitions.parse_spec(spec)
    folder = _folder_of(house, parsed.path)
    tree = _run(house, definitions.from_spec(parsed, folder=folder))
    return sidebook.keep_tree(house, Given("model", spec[:200], spec=spec), tree, by=by)


def _folder_of(house: House, path: str) -> Path | None:
    """Where a specification's relative path starts: the first root that has it. Raises RefusedError, NotFoundError."""
    if not path:
        return None
    root = next((root for root in house.settings.roots if (root / path).exists()), None)
    browse.allowed(house, str(root / path) if root else path)
    return root


def _run(house: House, definition: Definition) -> KeyTree:
    if house.builder is None:
        raise RefusedError("code_refused")
    return house.builder(definition)
