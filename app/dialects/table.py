"""The dialects by name."""

from collections.abc import Mapping

import msgspec

from app.dialects import converters, hooks, listings, mmengine, transformers
from app.dialects.dialect import Dialect, Dialected, Subject
from app.dialects.remaining import attributed, with_rest
from app.errors import NotFoundError
from app.exporting.transfer import transfer_of
from app.keys import KeyTree
from app.mapping import Evaluation, Plan

_ALL = (
    Dialect("transformers", ".py", transformers.write, listed=True),
    Dialect("transformers-converters", ".py", converters.write, listed=True),
    Dialect("timm", ".py", hooks.write_timm),
    Dialect("mmengine", ".py", mmengine.write, listed=True),
    Dialect("lightning", ".py", hooks.write_lightning),
    Dialect("pre-hook", ".py", hooks.write_pre_hook),
    Dialect("pairs", ".json", listings.write_json),
    Dialect("csv", ".csv", listings.write_csv),
)

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in _ALL}
"""Every dialect by name."""


def write_dialect(name: str, plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, evaluation: Evaluation) -> Dialected:
    """Write a transfer in a dialect, with what it cannot say; NotFoundError `dialect_unknown`."""
    found = DIALECTS.get(name)
    if found is None:
        raise NotFoundError("dialect_unknown", name=name[:40])
    subject = Subject(plan, sources, target, evaluation, transfer_of(plan, sources, target, evaluation))
    made = found.write(subject)
    made = msgspec.structs.replace(made, left=attributed(made.left, subject))
    return with_rest(made, subject) if found.listed else made
