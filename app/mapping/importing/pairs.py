"""A pair list in JSON: which source key goes to which target key."""

import json
from collections.abc import Iterator, Mapping

from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.errors import PlanError
from app.mapping.importing.imported import LONGEST, Imported, Skipped, carried
from app.mapping.induction.inducing import induce
from app.mapping.outcomes import Reason
from app.mapping.patterns import escape
from app.mapping.plan import Bind, Ref


def import_pairs(text: str, sources: Mapping[str, KeyTree] | None = None, target: KeyTree | None = None) -> Imported:
    """Read `[["source", "target"], ...]`, `[{"source": ..., "target": ...}, ...]` or `{"source": "target", ...}`.

    With trees the pairs are folded into few rules, pairs that stand the other way round are turned, and those whose keys are not there are left out.
    """
    if len(text) > LONGEST:
        raise PlanError("plan_long", most=LONGEST)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
        raise PlanError("import_unreadable", line=line, column=column) from error
    pairs = list(_pairs(document))
    if sources is None or target is None:
        return Imported(tuple(Bind(escape(wanted), Ref(escape(key))) for key, wanted in pairs if key and wanted))
    return _folded(pairs, sources, target)


def _pairs(document: object) -> Iterator[tuple[str, str]]:
    entries = list(document.items()) if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise PlanError("import_pairs")
    for entry in entries:
        if isinstance(entry, dict):
            pair = (entry.get("source"), entry.get("target"))
        elif isinstance(entry, list | tuple) and len(entry) == 2:
            pair = (entry[0], entry[1])
        else:
            raise PlanError("import_pairs")
        left, right = pair
        if isinstance(left, list) and len(left) == 1:
            left = left[0]
        if not isinstance(left, str) or not isinstance(right, str):
            raise PlanError("import_pairs")
        yield left, right


def _folded(pairs: list[tuple[str, str]], sources: Mapping[str, KeyTree], target: KeyTree) -> Imported:
    owner = {key: name for name, tree in reversed(list(sources.items())) for key in tree.tensors}
    straight = sum(left in owner and right in target.tensors for left, right in pairs)
    turned = sum(right in owner and left in target.tensors for left, right in pairs)
    claims: dict[str, Claim] = {}
    skipped: list[Skipped] = []
    for left, right in pairs:
        key, wanted = (right, left) if turned > straight else (left, right)
        if key not in owner or wanted not in target.tensors:
            skipped.append(Skipped(f"{left} -> {right}", Reason("import_absent", {"key": wanted if key in owner else key})))
        elif wanted in claims:
            skipped.append(Skipped(f"{left} -> {right}", Reason("import_twice", {"key": wanted})))
        else:
            claims[wanted] = Claim((key,), names=(owner[key],) if owner[key] else ())
    return Imported(carried(induce(claims, sources, target)), tuple(skipped))
