"""Which walls of the sandbox hold here, as tried from inside: the values behind the status page."""

import msgspec

from app.sandbox.server import Facts

Scalar = str | int | float

_HOME = frozenset({"HOME", "TMPDIR", "LANG", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "LC_CTYPE"})


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wall. `name` is a message `sandbox-layer-<name>`; `detail` says what was seen, in technical words."""

    name: str
    holds: bool
    detail: str = ""


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """All walls; `reason` is an error code where not even the worker ran."""

    layers: tuple[Layer, ...]
    reason: str = ""
    params: dict[str, Scalar] = {}
    python: str = ""
    torch: str = ""

    @property
    def holds(self) -> bool:
        """Whether foreign code may run."""
        return bool(self.layers) and all(layer.holds for layer in self.layers)

    @property
    def missing(self) -> str:
        """Names of the walls that do not hold."""
        return ", ".join(layer.name for layer in self.layers if not layer.holds) or self.reason


class _Probe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    attempts: dict[str, str]
    environment: list[str]
    descriptors: list[int]
    uid: int
    memory_limit: int


_WALLS = {
    "files": ("read", "list", "proc", "write", "source", "truncate", "symlink"),
    "attributes": ("chmod", "utime"),
    "network": ("tcp", "udp", "unix"),
    "processes": ("fork", "exec", "memfd"),
    "signals": ("kill", "parent", "ipc"),
    "limits": ("raise_limit", "memory"),
}


def judge(facts: Facts, answer: bytes) -> Status:
    """Turn the probe's answer into layers."""
    probe = msgspec.json.decode(answer, type=_Probe)
    layers = [
        Layer("server", facts.threads == 1, f"threads={facts.threads}"),
        Layer("landlock", facts.landlock >= 1, f"abi={facts.landlock}"),
        Layer("descriptors", not probe.descriptors, ",".join(map(str, probe.descriptors))),
        Layer("environment", set(probe.environment) <= _HOME, ",".join(sorted(set(probe.environment) - _HOME))),
        Layer("user", probe.uid != 0, f"uid={probe.uid}" + (" +read" if facts.keep_reading else "")),
    ]
    for name, attempts in _WALLS.items():
        opened = [attempt for attempt in attempts if probe.attempts.get(attempt, "open") == "open"]
        layers.append(Layer(name, not opened, ",".join(opened) or ",".join(f"{key}={probe.attempts[key]}" for key in attempts)))
    layers.append(Layer("libraries", probe.attempts.get("library") == "open", probe.attempts.get("library", "")))
    layers.append(Layer("scratch", probe.attempts.get("scratch") == "open"))
    return Status(tuple(layers), python=facts.python, torch=facts.torch)
