"""Who builds models from code: the sandbox, where it may run."""

from app import definitions
from app.keys import KeyTree
from app.sandbox import Limits, Sandbox
from app.services.house import Builder
from app.settings import Settings


def builder(settings: Settings, sandbox: Sandbox | None = None) -> Builder | None:
    """Return what builds models; None where code is switched off, or others than this machine could send some."""
    if not settings.code or not settings.loopback:
        return None
    box = sandbox or Sandbox()

    def build(spec: object) -> KeyTree:
        return definitions.build(spec, box)

    return build


_ = Limits
