"""Who builds models from code: the sandbox, where it may run."""

import msgspec

from app import definitions
from app.definitions import Definition
from app.keys import KeyTree
from app.sandbox import Limits, Sandbox
from app.services.house import Builder
from app.settings import Settings


def builder(settings: Settings, sandbox: Sandbox | None = None) -> Builder | None:
    """Return what builds models; None where code is switched off, or others than this machine could send some."""
    if not settings.code or not settings.loopback:
        return None
    limits = msgspec.structs.replace(Limits(), seconds=settings.build_seconds, memory=settings.build_memory)
    box = sandbox or Sandbox(limits=limits)

    def build(definition: Definition) -> KeyTree:
        return definitions.build(definition, sandbox=box)

    return build
