"""Asks torch, in the process of a job."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from app import mapping
from app.definitions import BuildError
from app.sandbox import SandboxError, SandboxUnavailableError
from app.services import sidebook
from app.services.checking import Checked, definition_of, examine, in_this_process, refuse
from app.services.house import House
from app.services.jobs.cards import Result, Spec
from app.services.jobs.child import Outline
from app.store import jobs

_FILE = "check.json"
_LOOK_SECONDS = 0.3
_checked = msgspec.json.Decoder(Checked)
_result = msgspec.json.Decoder(Result)


class CheckMaker:
    """Checks in one part; what came of it lies in the job's folder until the job is done."""

    def __init__(self, house: House, spec: Spec, folder: Path) -> None:
        self._house = house
        self._spec = spec
        self._folder = folder

    def prepare(self) -> Outline:
        """One part, of which nothing can be foretold."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Outline((0,), ((self._folder / _FILE).is_file(),))

    def part(self, number: int, tell: Callable[[int], None]) -> None:
        """Ask."""
        del number, tell
        beside = self._folder / f".{_FILE}.partial"
        beside.write_bytes(msgspec.json.encode(asked(self._house, self._spec)))
        beside.replace(self._folder / _FILE)

    def finish(self) -> Result:
        """Hand the answer over."""
        return Result(document=msgspec.Raw((self._folder / _FILE).read_bytes()))


def asked(house: House, spec: Spec) -> Checked:
    """What torch says of a job's plan: in the sandbox where the model's code is here, of a stand-in in this process otherwise."""
    trees = {name: sidebook.tree_of(house, digest) for name, (_, digest) in spec.sources.items()}
    target = sidebook.tree_of(house, spec.target[1])
    evaluation = mapping.evaluate(mapping.plan_from_json(spec.plan.encode("utf-8", "surrogatepass")), trees, target)
    with house.database.read() as tx:
        given = sidebook.given_of(sidebook.row_of(tx, spec.target[0]))
    _, why = definition_of(house, given)
    return examine(house, given, evaluation, trees, target) if why is None else in_this_process(evaluation, trees, target, why)


def ask_first(house: House, spec: Spec) -> None:
    """Have torch asked before weights are written, where the model's code is here; a check that runs already is waited for.

    Raises DisagreementError; that a model no longer builds is no reason to hold its weights back.
    """
    with house.database.read() as tx:
        given = sidebook.given_of(sidebook.row_of(tx, spec.target[0]))
    if definition_of(house, given)[1] is not None:
        return
    found = _told(house, msgspec.structs.replace(spec, kind="check", what="", options={}, filename=""))
    if found is None:
        with contextlib.suppress(BuildError, SandboxError, SandboxUnavailableError):
            found = asked(house, spec)
    if found is not None:
        refuse(found)


def _told(house: House, spec: Spec) -> Checked | None:
    """What a check of the same says, once it has ended; None where there is none."""
    while True:
        with house.database.read() as tx:
            rows = [row for row in jobs.of_kind(tx, "check") if row.state in {"running", "done"} and row.spec == msgspec.json.encode(spec)]
        done = next((row for row in rows if row.state == "done" and row.result), None)
        if done is not None and done.result is not None:
            return _checked.decode(_result.decode(done.result).document)
        if not rows:
            return None
        time.sleep(_LOOK_SECONDS)
