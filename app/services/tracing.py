"""The history of one key: the steps whose rules speak of it, who did them and when."""

from app.keys import KeyTree
from app.mapping.errors import PatternError, PlanError
from app.mapping.matching import matcher
from app.mapping.plan import Bind, Ignore, Init, Rename, Rule
from app.mapping.validation import refs, rule_kinds
from app.mapping.working import renamer
from app.services import edits
from app.services.cards import HistoryEntry
from app.services.house import House
from app.services.workspaces import Workspace

_LOOKED_AT = 400
_SHOWN = 8


def of_key(house: House, workspace: Workspace, side: str, key: str, source: str = "") -> tuple[HistoryEntry, ...]:
    """The newest steps that brought or took a rule about a key of the target (`side` t) or of a source (s). Raises NotFoundError."""
    tree = workspace.target if side == "t" else workspace.sources[source]
    found = []
    for entry in edits.history(house, workspace.id, limit=_LOOKED_AT):
        if any(speaks_of(rule, side, key, tree, source) for rule in (*entry.added, *entry.removed)):
            found.append(entry)
            if len(found) == _SHOWN:
                break
    return tuple(found)


def speaks_of(rule: Rule, side: str, key: str, tree: KeyTree, source: str = "") -> bool:
    """Whether a rule is about a key, by its name in the file: patterns over working names are read as they are written."""
    try:
        return _speaks_of(rule, side, key, tree, source)
    except (PatternError, PlanError):
        return False


def _speaks_of(rule: Rule, side: str, key: str, tree: KeyTree, source: str) -> bool:
    match rule:
        case Bind() if side == "t":
            return matcher(rule.target, tree.separator, rule_kinds(rule)).match(key) is not None
        case Bind():
            kinds = rule_kinds(rule)
            return any(
                matcher(ref.pattern, tree.separator, kinds).match(key) is not None for ref in refs(rule.value) if ref.source == source
            )
        case Init():
            return side == "t" and matcher(rule.pattern, tree.separator).match(key) is not None
        case Ignore():
            return side == "s" and rule.source in {None, source} and matcher(rule.pattern, tree.separator).match(key) is not None
        case Rename():
            return side == "s" and rule.source in {None, source} and renamer(rule)(key) != key
