"""A model definition with everything that is needed to build it: what the sandbox gets, and what a cached tree is filed under."""

import hashlib
from collections.abc import Mapping

import msgspec

from app.definitions.calls import Call
from app.definitions.decoding import source_text
from app.definitions.specs import Door

PASTED = "definition.py"
CONFIGS = (".json", ".yaml", ".yml")
"""Endings of configurations."""


class Definition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Code or the name of a library model, ready to be built.

    files  -- the project's own files, by relative path with forward slashes
    file   -- entry file, where the definition is a single file
    module -- dotted module to import otherwise: of the project, or of an installed package
    name   -- class, factory or library model; empty: the only root class
    config -- text of a config.json, for transformers and diffusers
    inputs -- shapes of one forward pass that gives lazy parameters their shape
    """

    door: Door = "python"
    files: dict[str, bytes] = {}
    file: str = ""
    module: str = ""
    name: str = ""
    call: Call = Call()
    edits: tuple[str, ...] = ()
    config: str | None = None
    inputs: tuple[tuple[int, ...], ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        """Python sources by path; undecodable bytes are replaced."""
        return {path: source_text(content) for path, content in self.files.items() if path.endswith(".py")}

    @property
    def readable(self) -> dict[str, str]:
        """What a scan reads: the sources, and configurations that may say how a model is made."""
        beside = {path: source_text(content) for path, content in self.files.items() if path.lower().endswith(CONFIGS)}
        return self.sources | beside


def digest(definition: Definition, versions: Mapping[str, str]) -> str:
    """Name of the tree that a definition gives with these library versions: equal exactly where all inputs are equal."""
    hashed = hashlib.sha256(b"keygraft definition 1\n")
    stripped = msgspec.structs.replace(definition, files={})
    hashed.update(msgspec.json.encode([stripped, sorted(versions.items())], order="deterministic"))
    for path, content in sorted(definition.files.items()):
        hashed.update(f"\n{len(path)} {path} {len(content)}\n".encode("utf-8", "surrogatepass"))
        hashed.update(content)
    return hashed.hexdigest()
