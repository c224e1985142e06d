"""Models from code: scanned first, built in the sandbox when the person has chosen a class."""

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
    scan = definitions.scan(source)
    if scan.problems and not scan.candidates:
        problem = scan.problems[0]
        raise KeygraftError("source_unparsable", line=problem.line, why=problem.text[:200])
    candidates = tuple(_candidate(each) for each in scan.candidates)
    if not candidates:
        raise KeygraftError("no_model")
    given = Given("code", label or candidates[0].name, text=source)
    return sidebook.keep_open(house, given, candidates=candidates, by=by)


def _candidate(found: definitions.Candidate) -> Candidate:
    fields = tuple(
        FormField(each.name, each.default or "", each.required, each.annotation)
        for each in found.parameters
        if each.kind not in {"args", "kwargs"}
    )
    return Candidate(found.name, found.kind, found.line, fields, found.bases[0] if found.bases else "")


def build(house: House, side: str, candidate: str, arguments: str = "") -> SideCard:
    """Build the class or factory that was chosen; the side becomes ready. Raises KeygraftError, with what went wrong in the code."""
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    given, card = sidebook.given_of(row), sidebook.card_of(row)
    if given.kind != "code":
        raise KeygraftError("not_code", label=row.label)
    if candidate not in {each.name for each in card.candidates}:
        raise NotFoundError("candidate_not_found", name=candidate[:100])
    tree = _run(house, definitions.from_code(given.text, name=candidate, call=definitions.parse_call(arguments)))
    label = candidate if given.label == candidate else f"{given.label}: {candidate}"
    done = Given("code", label, text=given.text, candidate=candidate, arguments=arguments)
    return sidebook.keep_tree(house, done, tree, side=side, by=row.author)


def from_spec(house: House, spec: str, *, by: str = LOCAL) -> SideCard:
    """Build a library model by name, `timm:resnet18(num_classes=10)`. Raises KeygraftError."""
    parsed = definitions.parse_spec(spec)
    if parsed.path:
        browse.allowed(house, parsed.path)
    tree = _run(house, definitions.from_spec(parsed))
    return sidebook.keep_tree(house, Given("model", spec[:200], spec=spec), tree, by=by)


def _run(house: House, definition: Definition) -> KeyTree:
    if house.builder is None:
        raise RefusedError("code_refused")
    return house.builder(definition)
