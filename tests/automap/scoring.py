"""The corpus' own scorer, and proposals in its words."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from app.automap import propose, to_json
from app.keys import KeyTree
from app.keys.tree import from_shapes


def scorer(shared: Path) -> ModuleType:
    """Load `score.py` of the corpus."""
    spec = importlib.util.spec_from_file_location("corpus_score", shared / "corpus" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tree(entries: dict[str, Any]) -> KeyTree:
    """Make a tree of a case's side."""
    return from_shapes({key: (tuple(entry["shape"]), entry["dtype"]) for key, entry in entries.items()})


def scored(score: ModuleType, case: dict[str, Any], order: str = "listed", **options: Any) -> dict[str, Any]:
    """Propose for a case in one listing order and score it."""
    source, target = (tree(score.listed(case[side], order)) for side in ("source", "target"))
    return score.score_case(case, to_json(propose({"": source}, target, **options)))
