"""Building a definition in the sandbox: the ladder of ways, from the cheapest to the plainest."""

import time
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, NoReturn

import msgspec

from app.definitions.calls import Call
from app.definitions.decoding import runnable
from app.definitions.definition import Definition
from app.definitions.errors import BuildError
from app.definitions.failures import Answer, Failure
from app.definitions.live import live_tree
from app.definitions.scanning import module_name, scan
from app.definitions.scans import Candidate
from app.keys import KeyTree
from app.sandbox import Limits, Outcome, Sandbox, SandboxError

RUNGS = ("meta", "register", "bare", "plain")
_MOST_TRIES = 8


def build(definition: Definition, *, sandbox: Sandbox, limits: Limits | None = None) -> KeyTree:
    """Build a model and return its key tree, with modules, kinds, ties and the versions it came from.

    Each try is a job of its own; all together stay within the limits' seconds.
    Raises BuildError (it carries the log and a traceback), SandboxError for a limit that was hit, SandboxUnavailableError, SpecError.
    """
    answer = climb("model", definition, sandbox=sandbox, limits=limits)
    return live_tree(answer.model) if answer.model is not None else _invalid("")


def climb(program: str, definition: Definition, *, sandbox: Sandbox, limits: Limits | None = None, **more: Any) -> Answer:
    """Run a program that builds the definition on the first rung that bears it; `more` goes beside the model into its payload.

    Raises as `build` does.
    """
    ready = resolved(definition)
    model, files = _payload(ready), runnable(ready.files)
    limits = limits or sandbox.limits
    deadline = time.monotonic() + limits.seconds
    rung, previous = 0, Failure("")
    for _ in range(_MOST_TRIES):
        left = msgspec.structs.replace(limits, seconds=max(1.0, deadline - time.monotonic()))
        model["rung"] = RUNGS[rung]
        outcome = sandbox.run(program, {"model": model, **more} if more else model, files, limits=left)
        answer = _answer(outcome)
        failed = answer.failure
        if failed is None:
            return answer
        if failed.want and not model.get(failed.want):
            model[failed.want] = True
        elif failed.retry and rung + 1 < len(RUNGS) and failed != previous:
            rung += 1
        else:
            raise failed.error(outcome.log)
        previous = failed
    raise previous.error(outcome.log)


def _payload(definition: Definition) -> dict[str, Any]:
    return {
        "door": definition.door,
        "file": definition.file,
        "module": definition.module,
        "name": definition.name,
        "args": definition.call.args,
        "kwargs": definition.call.kwargs,
        "edits": definition.edits,
        "config": definition.config,
        "inputs": definition.inputs,
    }


def _answer(outcome: Outcome) -> Answer:
    try:
        answer = msgspec.json.decode(outcome.result, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _invalid(outcome.log)
    return answer if answer.model or answer.failure or answer.load else _invalid(outcome.log)


def _invalid(log: str) -> NoReturn:
    raise SandboxError("sandbox_answer_invalid").with_log(log)


def resolved(definition: Definition) -> Definition:
    """Name the module and the class that a definition leaves open.

    Raises BuildError where no class or several could be meant.
    """
    if definition.door != "python" or not definition.files:
        return definition
    if definition.name and (definition.file or definition.module):
        return _placed(definition)
    found = scan(_entry_sources(definition))
    if definition.name:
        match = next((candidate for candidate in found.candidates if candidate.name == definition.name.partition(".")[0]), None)
        if match is None:
            names = ", ".join(candidate.name for candidate in found.candidates[:10])
            raise BuildError("build_name", name=definition.name[:200], names=names)
        return _placed(msgspec.structs.replace(definition, module=match.module or definition.module))
    if found.problems and not found.candidates:
        problem = found.problems[0]
        raise BuildError("build_syntax", file=problem.file, line=problem.line, detail=problem.text)
    roots = [candidate for candidate in found.candidates if candidate.root and candidate.kind == "class"]
    roots = [candidate for candidate in roots if candidate.sure] or roots or list(found.candidates[:1])
    if not roots:
        raise BuildError("build_no_model")
    if len(configured := [candidate for candidate in roots if candidate.given]) == 1:
        roots = configured
    if len(roots) == 1 and not (roots[0].ready or roots[0].given):
        roots = _ways_to_make(roots[0], found.candidates)
    if len(roots) > 1:
        raise BuildError(
            "build_several", names=", ".join(candidate.written for candidate in roots[:10]), example=_spelt(definition, roots[0])
        )
    chosen = roots[0]
    if chosen.others and not chosen.ready and definition.call == Call():
        places = ", ".join(dict.fromkeys([chosen.place, *chosen.others][:10]))
        raise BuildError(
            "build_several_configs",
            name=chosen.name,
            places=places,
            example=f"{_spelt(definition, chosen)}",
            first=str(Call(kwargs=chosen.given))[:400],
        )
    call = definition.call if definition.call != Call() or chosen.ready else Call(kwargs=chosen.given)
    return _placed(msgspec.structs.replace(definition, name=chosen.name, module=chosen.module or definition.module, call=call))


def _spelt(definition: Definition, candidate: Candidate) -> str:
    """How one of several is asked for, as it follows the file or folder."""
    words = ", ".join(f"{each.name}=…" for each in candidate.parameters if each.required)
    module = f"{candidate.module}:" if candidate.module and not definition.file else ""
    return f":{module}{candidate.name}({words})" if words else f":{module}{candidate.name}"


def _ways_to_make(wanted: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The factories that make a class which wants arguments, and need none themselves; the class behind them where they are several."""
    made = {wanted.name}
    ways: list[Candidate] = []
    for _ in candidates:
        ways = [each for each in candidates if each.kind == "factory" and made.intersection(each.uses)]
        made |= {each.name for each in ways}
    ready = [each for each in ways if each.ready]
    return ready if len(ready) == 1 else [*ready, wanted]


def _entry_sources(definition: Definition) -> dict[str, str]:
    """Sources among which the class is looked for: the named file or module where there is one."""
    sources, readable = definition.sources, definition.readable
    configs = {path: text for path, text in readable.items() if path not in sources}
    if definition.file:
        return {definition.file: sources.get(definition.file, "")} | configs
    named = {path: text for path, text in sources.items() if module_name(path) == definition.module}
    return named | configs if named else readable


def _placed(definition: Definition) -> Definition:
    """Import a file that lies alone by its path; one in a package, or with others beside it, by its dotted name."""
    file = definition.file
    if not file and definition.module:
        stem = definition.module.replace(".", "/")
        src = [
            path for path in (f"{stem}.py", f"{stem}/__init__.py", f"src/{stem}.py", f"src/{stem}/__init__.py") if path in definition.files
        ]
        if not src:
            raise BuildError("build_no_module", module=definition.module[:200])
        return definition
    if "/" in file and all(part.isidentifier() for part in PurePosixPath(file).with_suffix("").parts):
        return msgspec.structs.replace(definition, file="", module=module_name(file))
    return definition
