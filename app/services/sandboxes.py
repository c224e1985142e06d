"""Who builds models from code: the sandbox, where it may run."""

from typing import Any

import msgspec

from app import definitions
from app.definitions import Definition
from app.keys import KeyTree
from app.sandbox import Limits, Sandbox
from app.settings import Settings


def sandbox_of(settings: Settings) -> Sandbox | None:
    """Return the sandbox; None where code is switched off, or others than this machine could send some."""
    if not settings.code or not settings.loopback:
        return None
    return Sandbox(limits=msgspec.structs.replace(Limits(), seconds=settings.build_seconds, memory=settings.build_memory))


def doors(sandbox: Sandbox | None) -> dict[str, Any]:
    """What a house needs of a sandbox: how to build, to warm up, to close."""
    if sandbox is None:
        return {}

    def build(definition: Definition) -> KeyTree:
        return definitions.build(definition, sandbox=sandbox)

    return {"builder": build, "warm": sandbox.start, "closing": (sandbox.close,)}
