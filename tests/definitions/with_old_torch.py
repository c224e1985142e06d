"""Builds single-file models in an environment of another Python and an older torch, without Keygraft: `make test-old-torch`.

Each is built there behind the walls by the one worker file, and made there live for the snippet, whose print is pasted back: both trees must
say the same. Takes the interpreter of that environment; exits with 1 where something disagrees or a wall does not hold.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from app.definitions import SNIPPET, Definition, build, from_code, from_text
from app.definitions.building import resolved
from app.errors import KeygraftError
from app.keys import KeyTree
from app.sandbox import Sandbox
from tests.definitions.architectures import ARCHITECTURES
from tests.definitions.test_snippet import NET


def told(tree: KeyTree) -> dict[str, object]:
    """What both ways know of each key, and of each module."""
    keys = {key: (info.shape, info.dtype, info.kind, info.alias, info.requires_grad) for key, info in tree.tensors.items()}
    return {**keys, **{f"module {path}": (each.cls, each.base) for path, each in tree.modules.items()}}


def pasted(python: Path, definition: Definition, source: str, folder: Path) -> KeyTree:
    """The tree of what the snippet prints there of the live model."""
    folder.joinpath("definition.py").write_text(source, "utf-8")
    script = folder / "run.py"
    script.write_text(f"import definition\nmodel = definition.{definition.name}()\n{SNIPPET}", "utf-8")
    ran = subprocess.run([str(python), str(script)], capture_output=True, text=True, check=True, timeout=120)
    return from_text(ran.stdout)


def main() -> int:
    """Compare all, tell."""
    python = Path(sys.argv[1]).absolute()
    models, wrong = {**ARCHITECTURES, "tied and lazy": NET}, 0
    del models["unknown"]  # of a package that is nowhere
    with Sandbox(python=python) as sandbox, tempfile.TemporaryDirectory() as made:
        status = sandbox.status()
        print(f"Python {status.python}, torch {status.torch}: {'every wall holds' if status.holds else status.missing}")
        wrong += not status.holds
        for name, source in models.items():
            definition = resolved(from_code(source))
            try:
                there, live = told(build(definition, sandbox=sandbox)), told(pasted(python, definition, source, Path(made)))
            except (KeygraftError, subprocess.SubprocessError) as error:
                print(f"{name}: {error} {getattr(error, 'stderr', '')}"[:600])
                wrong += 1
                continue
            if there != live or list(there) != list(live):
                print(f"{name}: {[(key, there.get(key), live.get(key)) for key in {*there, *live} if there.get(key) != live.get(key)][:3]}")
                wrong += 1
    print(f"{len(models)} models, {wrong} disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
