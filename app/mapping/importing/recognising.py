"""What a text is that somebody brings along: a plan, or another program's mapping."""

import json
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from app.keys import KeyTree
from app.mapping.documents import plan_from_json
from app.mapping.errors import PlanError
from app.mapping.importing.imported import LONGEST, Imported
from app.mapping.importing.pairs import import_pairs
from app.mapping.importing.substitutions import import_substitutions
from app.mapping.importing.transformers import import_transformers
from app.mapping.plan import Plan
from app.mapping.text import parse_plan

Kind = Literal["plan", "pairs", "substitutions", "transformers"]
_CONVERSION = re.compile(r"\bWeight(?:Renaming|Converter)\s*\(")
_CALL = re.compile(r"\b(?:sub|replace|removeprefix)\s*\(")
_EXPRESSION = re.compile(r"[\\^$*+?|()\[\]]")


class Recognised(msgspec.Struct, frozen=True):
    """What a text was taken for, and its rules; `plan` where it is one whole."""

    kind: Kind
    imported: Imported
    plan: Plan | None = None


def kind_of(text: str) -> Kind:
    """Recognise a text by what is in it; what looks like nothing else is read as a plan, whose errors name line and column."""
    if _CONVERSION.search(text):
        return "transformers"
    bare = text.strip()
    if bare[:1] in {"{", "["} and len(bare) <= LONGEST:
        return _bracketed(bare)
    return "substitutions" if not bare.startswith("keygraft_plan") and _CALL.search(bare) else "plan"


def _bracketed(text: str) -> Kind:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # Python's own brackets hold tuples, raw texts and single quotes; a broken plan or pair list is told as what it began as
        if re.search(r"[\[{,(]\s*(?:\(|r?'|r\")", text):
            return "substitutions"
        return "plan" if '"rules"' in text else "pairs"
    if isinstance(document, dict) and ("rules" in document or "keygraft_plan" in document):
        return "plan"
    return "substitutions" if _patterns(document) else "pairs"


def _patterns(document: object) -> bool:
    """Whether the first halves of pairs are regular expressions: a key holds none of their signs."""
    entries = list(document.items()) if isinstance(document, dict) else document
    if not isinstance(entries, list):
        return False
    firsts = [entry[0] for entry in entries if isinstance(entry, list | tuple) and len(entry) == 2]
    return any(isinstance(first, str) and _EXPRESSION.search(first) for first in firsts)


def recognise(text: str, sources: Mapping[str, KeyTree], target: KeyTree) -> Recognised:
    """Read a text as what it is, for given trees. Raises KeygraftError, with line and column where there are any."""
    if len(text) > LONGEST:
        raise PlanError("plan_long", most=LONGEST)
    kind = kind_of(text)
    match kind:
        case "plan":
            plan = plan_from_json(text.encode("utf-8", "surrogatepass")) if text.lstrip().startswith("{") else parse_plan(text)
            return Recognised(kind, Imported(plan.rules), plan)
        case "pairs":
            return Recognised(kind, import_pairs(text, sources, target))
        case "substitutions":
            return Recognised(kind, import_substitutions(text))
        case "transformers":
            return Recognised(kind, import_transformers(text, sources, target))
