"""Does it load? Torch is asked, in the model itself where its code is here, and its words are set beside ours."""

from collections.abc import Mapping

import msgspec

from app import checking, definitions, messages
from app.checking import Disagreement, TorchWords, Verdict
from app.definitions import Definition
from app.errors import KeygraftError
from app.exporting.names import plain_name
from app.keys import KeyTree
from app.mapping import Evaluation
from app.sandbox import Limits, Sandbox
from app.services import models, projects
from app.services.cards import Said
from app.services.house import House
from app.services.sidebook import Given

_SHOWN = 200


class Checked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a check.

    passed        -- strict loading passes, but for keys that are meant to be absent
    message       -- torch's own words, "" where it took all without a word
    built         -- the model itself was built; otherwise a stand-in of the target's keys, and `why` says why
    counts        -- how many keys torch called missing, unexpected, mismatched
    missing, unexpected, mismatched -- the first of them
    spared        -- keys torch misses that may be missing: tied to a loaded one, or counted and computed by the model
    disagreements -- the first keys of which torch says something else than we do; `differing` counts all
    """

    passed: bool
    tensors: int
    message: str = ""
    built: bool = False
    why: Said | None = None
    counts: dict[str, int] = {}
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    differing: int = 0
    fresh: int = 0
    spared: int = 0


def checked(found: Verdict, evaluation: Evaluation, tensors: int, why: Said | None) -> Checked:
    """Put a verdict into the form in which it is kept and shown."""
    words = found.words
    return Checked(
        found.passed,
        tensors,
        words.message[:20_000],
        why is None,
        why,
        {"missing": len(words.missing), "unexpected": len(words.unexpected), "mismatched": len(words.mismatched)},
        words.missing[:_SHOWN],
        words.unexpected[:_SHOWN],
        words.mismatched[:_SHOWN],
        found.disagreements[:_SHOWN],
        len(found.disagreements),
        sum(outcome.state == "initialised" for outcome in evaluation.targets.values()),
        len(set(words.missing) & {plain_name(key) for key, outcome in evaluation.targets.items() if outcome.benign}),
    )


def in_sandbox(
    sandbox: Sandbox, definition: Definition | None, evaluation: Evaluation, sources: Mapping[str, KeyTree], target: KeyTree, limits: Limits
) -> Verdict:
    """Ask torch behind the walls; without a definition, of a stand-in. Raises KeygraftError where the model cannot be built."""
    state = checking.outlines(evaluation, sources)
    told = definitions.try_load(definition or checking.definition_of(target), state, sandbox=sandbox, limits=limits)
    words = TorchWords(told.message, tuple(told.missing), tuple(told.unexpected), tuple(told.mismatched))
    return checking.verdict(evaluation, words)


def definition_of(house: House, given: Given) -> tuple[Definition | None, Said | None]:
    """How the model is built, or why it is not. Raises KeygraftError."""
    if given.kind not in {"code", "model"}:
        return None, Said("check-no-code")
    if given.foretold:
        return None, Said("check-foretold")
    if house.workshop is None:
        return None, Said("check-code-off")
    if given.kind == "model":
        return (models.definition_of_spec(house, given.spec) if given.spec else definitions.from_config(given.text)), None
    call, edits = definitions.parse_call(given.arguments), definitions.parse_edits(given.edits)
    return projects.definition(given, given.candidate, given.module, call, edits), None


def examine(
    house: House, given: Given, evaluation: Evaluation, sources: Mapping[str, KeyTree], target: KeyTree, *, seconds: float | None = None
) -> Checked:
    """Ask torch in the sandbox. A model that cannot be built any more is stood in for. Raises KeygraftError where nothing can be asked.

    seconds -- of wall clock for each model that is built; None: as the settings say
    """
    assert house.workshop is not None  # noqa: S101 -- the caller looked
    definition, why = definition_of(house, given)
    sandbox = house.workshop.sandbox(given.python)
    limits = sandbox.limits if seconds is None else msgspec.structs.replace(sandbox.limits, seconds=seconds)
    try:
        found = in_sandbox(sandbox, definition, evaluation, sources, target, limits)
    except definitions.BuildError as error:
        why = Said("check-not-built", {"why": messages.error_text(error)})
        found = in_sandbox(house.workshop.sandbox(), None, evaluation, sources, target, limits)
    return checked(found, evaluation, len(checking.outlines(evaluation, sources)), why)


def in_this_process(evaluation: Evaluation, sources: Mapping[str, KeyTree], target: KeyTree, why: Said) -> Checked:
    """Ask torch of a stand-in, here: for processes that may import it. No code but ours runs."""
    from app.checking.trying import check  # noqa: PLC0415 -- torch is loaded where this is asked for

    return checked(check(evaluation, sources, target), evaluation, len(checking.outlines(evaluation, sources)), why)


class DisagreementError(KeygraftError):
    """Torch says something else of a key than we do: a defect of ours, and nothing leaves the house with it."""

    status = 409
    exit_code = 1


def refuse(found: Checked) -> None:
    """Raises DisagreementError where torch says something else of a key."""
    if found.differing:
        first = found.disagreements[0]
        raise DisagreementError("check_disagrees", count=found.differing, key=first.key, ours=first.ours, torch=first.torch)
