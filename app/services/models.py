"""Models from code: scanned first, built in the sandbox when the person has chosen a class, or foretold where nothing may run."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from app import definitions
from app.definitions import Definition, Preview, Scan
from app.errors import KeygraftError, NotFoundError, RefusedError
from app.keys import KeyTree
from app.services import browse, projects, sidebook
from app.services.cards import Candidate, FormField, MissingPackage, SideCard
from app.services.house import LOCAL, House
from app.services.sidebook import Given


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which class or factory is the model, and how it is made.

    module    -- dotted module in a project where two have the name; empty: the first
    arguments -- Python expressions as in a call
    edits     -- statements on `net` after building, one a line: `net.fc = nn.Linear(512, 10)`
    python    -- interpreter of the person's own environment; empty: the usual one
    """

    candidate: str
    arguments: str = ""
    edits: str = ""
    module: str = ""
    python: str = ""


def from_source(house: House, source: str, label: str, *, by: str = LOCAL) -> SideCard:
    """Scan Python source: a card that lists what may be the model. Nothing runs. Raises KeygraftError."""
    return _keep(house, Given("code", label, text=source), by)


def from_archive(house: House, path: Path, label: str, *, by: str = LOCAL) -> SideCard:
    """Scan a zip of Python files: a card that lists what may be the model. Nothing runs. Raises KeygraftError."""
    return _keep(house, Given("code", label, path=str(path)), by)


def from_files(house: House, files: Mapping[str, bytes], label: str, *, by: str = LOCAL) -> SideCard:
    """Scan a folder of Python files, relative path -> content: a card that lists what may be the model. Raises KeygraftError."""
    path = projects.keep(house, files)
    try:
        return from_archive(house, path, label, by=by)
    except KeygraftError:
        projects.drop(path)
        raise


def from_config(house: House, text: str, label: str, *, by: str = LOCAL) -> SideCard:
    """Build what a config.json of transformers or diffusers describes. Raises KeygraftError."""
    return sidebook.keep_tree(house, Given("model", label or "config.json", text=text), _run(house, definitions.from_config(text)), by=by)


def _keep(house: House, given: Given, by: str) -> SideCard:
    scan = _scan(projects.sources(given))
    if house.warm is not None:
        house.background.submit(house.warm)
    found = tuple(map(_candidate, scan.candidates))
    given = given if given.label else msgspec.structs.replace(given, label=found[0].name)
    elsewhere = house.settings.python is not None  # what is installed there is not known here
    missing = () if elsewhere else tuple(MissingPackage(each.package, each.file, each.line) for each in scan.missing if each.package)
    return sidebook.keep_open(house, given, candidates=found, missing=missing, by=by)


def _scan(sources: Mapping[str, str]) -> Scan:
    """Look for models. Raises KeygraftError where there is none."""
    scan = definitions.scan(sources)
    if scan.problems and not scan.candidates:
        problem = scan.problems[0]
        raise KeygraftError("source_unparsable", line=problem.line, why=problem.text[:200])
    if not scan.candidates:
        raise KeygraftError("no_model")
    return scan


def _candidate(found: definitions.Candidate) -> Candidate:
    named = [each for each in found.parameters if each.kind not in {"args", "kwargs"}]
    fields = [FormField(each.name, each.default or "", each.required, each.annotation, found.given.get(each.name, "")) for each in named]
    more = found.given.keys() - {each.name for each in named}
    fields += [FormField(word, given=value) for word, value in found.given.items() if word in more]
    base = found.bases[0] if found.bases else ""
    return Candidate(
        found.name,
        found.kind,
        found.line,
        tuple(fields),
        base,
        found.module,
        found.root,
        found.uses[:_PARTS],
        found.place,
        len(found.others),
    )


_PARTS = 6
"""Classes that are named as parts of another."""


def build(house: House, side: str, choice: Choice, *, by: str = LOCAL) -> SideCard:
    """Build the class or factory that was chosen; the side becomes ready. Raises KeygraftError, with what went wrong in the code."""
    given, definition = _chosen(house, side, choice)
    return _ready(house, side, given, _run(house, definition, choice.python), by)


def preview(house: House, side: str, choice: Choice) -> Preview:
    """Tell the keys of what was chosen without running it; it says where it is not certain. Raises KeygraftError."""
    return definitions.preview(_chosen(house, side, choice)[1])


def take_preview(house: House, side: str, choice: Choice, *, by: str = LOCAL) -> SideCard:
    """Take the keys that were told without running anything; the side becomes ready. Raises KeygraftError where they are not certain."""
    given, definition = _chosen(house, side, choice)
    found = definitions.preview(definition)
    if found.tree is None or not found.complete:
        raise KeygraftError("preview_incomplete", name=choice.candidate[:100])
    return _ready(house, side, msgspec.structs.replace(given, foretold=True), found.tree, by)


def _chosen(house: House, side: str, choice: Choice) -> tuple[Given, Definition]:
    """What was given, with what was chosen of it noted, and the definition that follows. Raises KeygraftError."""
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    given = sidebook.given_of(row)
    if given.kind != "code":
        raise KeygraftError("not_code", label=row.label)
    found = next((each for each in _scan(projects.sources(given)).candidates if _is(each, choice)), None)
    if found is None:
        raise NotFoundError("candidate_not_found", name=choice.candidate[:100])
    call, edits = definitions.parse_call(choice.arguments), definitions.parse_edits(choice.edits)
    definition = projects.definition(given, found.name, found.module, call, edits)
    noted = msgspec.structs.replace(
        given,
        candidate=found.name,
        arguments=choice.arguments,
        edits=choice.edits,
        module=found.module,
        python=choice.python,
        foretold=False,
    )
    return noted, definition


def _is(found: definitions.Candidate, choice: Choice) -> bool:
    return found.name == choice.candidate and choice.module in ("", found.module)


def _ready(house: House, side: str, given: Given, tree: KeyTree, by: str) -> SideCard:
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    file = given.label.partition(": ")[0]
    label = f"{file}: {given.candidate}" if given.path or file.endswith(".py") else given.candidate
    waiting = side if row.state == "choose" else ""  # what was built may be in use: another build is another side
    return sidebook.keep_tree(house, msgspec.structs.replace(given, label=label), tree, side=waiting, by=by)


def from_spec(house: House, spec: str, *, python: str = "", by: str = LOCAL) -> SideCard:
    """Build a library model by name, `timm:resnet18(num_classes=10)`. Raises KeygraftError."""
    tree = _run(house, definition_of_spec(house, spec), python)
    return sidebook.keep_tree(house, Given("model", spec[:200], spec=spec, python=python), tree, by=by)


def definition_of_spec(house: House, spec: str) -> Definition:
    """How a library model is built. Raises KeygraftError."""
    parsed = definitions.parse_spec(spec)
    return definitions.from_spec(parsed, folder=_folder_of(house, parsed.path))


def _folder_of(house: House, path: str) -> Path | None:
    """Where a specification's relative path starts: the first root that has it. Raises RefusedError, NotFoundError."""
    if not path:
        return None
    root = next((root for root in house.settings.roots if (root / path).exists()), None)
    browse.allowed(house, str(root / path) if root else path)
    return root


def _run(house: House, definition: Definition, python: str = "") -> KeyTree:
    if house.builder is None:
        raise RefusedError("code_refused")
    if python.strip() and not house.settings.pythons and not house.alone:  # any interpreter of this machine is for its own person alone
        raise RefusedError("python_refused", path=python[:200])
    return house.builder(definition, python)
