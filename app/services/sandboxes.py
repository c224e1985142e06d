"""Who builds models from code: a sandbox for our own environment, and one for each of the person's that is named."""

import importlib.metadata
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from app import definitions
from app.definitions import Definition, Offered
from app.errors import KeygraftError, RefusedError
from app.keys import KeyTree
from app.sandbox import Limits, Sandbox, Status
from app.services.recent import Recent
from app.settings import Settings

_INTERPRETER = re.compile(r"python[0-9.]*(?:\.exe)?\Z", re.IGNORECASE)
_LIBRARIES = ("timm", "transformers", "diffusers", "torchvision")
_TREES = 32
_ENVIRONMENTS = 2


class Workshop:
    """Builds models where they may be built, and remembers what it built.

    A tree is filed under the digest of its definition, the interpreter and what is installed for it, with versions. Where that has changed, the
    worker is started anew: it holds libraries as they were. Installed packages named by import are built each time: their files are not part of
    the definition.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._sandboxes: OrderedDict[str, Sandbox] = OrderedDict()
        self._built: Recent[str, KeyTree] = Recent(_TREES)
        self._offered: Recent[str, tuple[Offered, ...]] = Recent(1)
        self._seen: dict[Path, frozenset[str]] = {}

    def build(self, definition: Definition, python: str = "") -> KeyTree:
        """Build a model. `python` is an interpreter of the person's own; empty: the one of the settings. Raises KeygraftError."""
        sandbox = self.sandbox(python)
        versions = self._versions(sandbox)
        if definition.door == "python" and not definition.files:
            return definitions.build(definition, sandbox=sandbox)
        name = definitions.digest(definition, versions)
        return self._built.get_or_make(name, lambda: definitions.build(definition, sandbox=sandbox))

    def _versions(self, sandbox: Sandbox) -> Mapping[str, str]:
        """What a tree built there depends on beside its definition. A worker from before something was installed is ended."""
        found = installed(sandbox.start().paths)
        if self._seen.setdefault(sandbox.python, found) != found:
            self._seen[sandbox.python] = found
            self._offered.forget(lambda _: True)
            sandbox.close()
        facts = sandbox.start()
        known = {"python": facts.python, "torch": facts.torch, "interpreter": str(sandbox.python)}
        return known | dict.fromkeys(found, "installed")

    def sandbox(self, python: str = "") -> Sandbox:
        """The sandbox of an interpreter; the one that was asked for longest ago is closed. Raises RefusedError."""
        path = self._settings.python if not python else interpreter(self._settings, python)
        with self._lock:
            name = str(path or "")
            if name not in self._sandboxes:
                limits = msgspec.structs.replace(Limits(), seconds=self._settings.build_seconds, memory=self._settings.build_memory)
                self._sandboxes[name] = Sandbox(python=path, limits=limits)
            self._sandboxes.move_to_end(name)
            while len(self._sandboxes) > _ENVIRONMENTS:
                self._sandboxes.popitem(last=False)[1].close()
            return self._sandboxes[name]

    def start(self) -> None:
        """Make the usual sandbox ready before it is asked to build; what stands in the way is said when it is."""
        try:
            self.sandbox().start()
        except KeygraftError:
            return

    @property
    def warm(self) -> bool:
        """Whether the usual sandbox answers without being started first."""
        with self._lock:
            usual = self._sandboxes.get(str(self._settings.python or ""))
        return usual is not None and usual.warm

    def status(self) -> Status:
        """Which walls hold."""
        return self.sandbox().status()

    def offered(self) -> tuple[Offered, ...]:
        """Library models that are installed, listed once. Raises KeygraftError."""
        return self._offered.get_or_make("", lambda: definitions.offered(self.sandbox()))

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for sandbox in self._sandboxes.values():
                sandbox.close()
            self._sandboxes.clear()


def installed(paths: Iterable[str]) -> frozenset[str]:
    """Names and versions of what is installed in these folders, as pip leaves them there: `timm-1.0.dist-info`."""
    found: set[str] = set()
    for path in paths:
        try:
            found.update(name for name in os.listdir(path) if name.endswith((".dist-info", ".egg-info")))  # noqa: PTH208 -- names alone
        except OSError:  # gone since, or a zip
            continue
    return frozenset(found)


def library_versions() -> dict[str, str]:
    """Versions of the model libraries that are installed here."""
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def interpreter(settings: Settings, text: str) -> Path:
    """The interpreter that a person names: the program, or the folder of a virtual environment.

    Where the settings list interpreters, only these; otherwise any, for only this machine reaches the server. Raises RefusedError.
    """
    path = _path(text.strip() if text.isprintable() else "")
    listed = settings.pythons
    if not _INTERPRETER.match(path.name) or not path.is_absolute() or ((listed or not settings.loopback) and path not in listed):
        raise RefusedError("python_refused", path=text[:200])
    return path


def _path(text: str) -> Path:
    try:
        path = Path(text).expanduser()
        path = path / "bin" / "python" if path.is_dir() else path
        path.is_file()
    except (OSError, RuntimeError, ValueError):  # a name that no file can have, the home of nobody
        raise RefusedError("python_refused", path=text[:200]) from None
    return path


def workshop_of(settings: Settings) -> Workshop | None:
    """Return the workshop; None where code is switched off."""
    return Workshop(settings) if settings.code else None


def doors(workshop: Workshop | None) -> dict[str, Any]:
    """What a house needs of a workshop: how to build, to warm up, to close."""
    if workshop is None:
        return {}
    return {"builder": workshop.build, "warm": workshop.start, "closing": (workshop.close,), "workshop": workshop}
